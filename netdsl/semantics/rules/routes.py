"""Rules on routes."""

from netdsl.diagnostics.catalogue import (
    DUPLICATE_ROUTE,
    NEXT_HOP_DOES_NOT_FORWARD,
    NEXT_HOP_NOBODY,
    NO_ROUTE,
    ROUTE_TO_CONNECTED,
    TWO_DEFAULT_ROUTES,
)
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NodeId
from netdsl.ir.node import NodeKind
from netdsl.semantics.bindings import BoundInterface, BoundNode, BoundRoute
from netdsl.semantics.rules.blocks import Block, block_of
from netdsl.semantics.rules.facts import Facts, SegmentId
from netdsl.semantics.rules.ways import EVERYWHERE, Ways, route_block
from netdsl.source import Place


def check_routes(facts: Facts, ways: Ways, diagnostics: Diagnostics) -> None:
    leading = _leading(facts)
    for node in facts.nodes:
        if node.routes:
            _repeated_routes(node, diagnostics)
            _routes_to_connected(node, diagnostics)
            _hops_that_do_not_forward(node, facts, ways, diagnostics)
            _hops_that_nobody_is(node, facts, diagnostics)
        else:
            _no_route(node, leading, facts, diagnostics)


def _repeated_routes(node: BoundNode, diagnostics: Diagnostics) -> None:
    first_to: dict[Block, BoundRoute] = {}
    for route in node.routes:
        block = route_block(route)
        first = first_to.setdefault(block, route)
        if first is route:
            continue
        related = () if first.place == route.place else (Label(first.place, f"the first, via {first.next_hop}"),)
        if block == EVERYWHERE[block.version]:
            diagnostics.report(
                TWO_DEFAULT_ROUTES,
                f"`{node.id}` has two default routes for IPv{block.version}: "
                f"via {first.next_hop} and via {route.next_hop}",
                route.place,
                related=related,
                help="keep one; `route PREFIX via …` sends a part of the traffic elsewhere",
            )
        else:
            diagnostics.report(
                DUPLICATE_ROUTE,
                f"`{node.id}` has two routes to {route.prefix}: via {first.next_hop} and via {route.next_hop}",
                route.place,
                related=related,
                help="keep one",
            )


def _routes_to_connected(node: BoundNode, diagnostics: Diagnostics) -> None:
    connected = {
        block_of(entry.address.network): interface for interface in node.interfaces for entry in interface.addresses
    }
    for route in node.routes:
        if route.prefix is None or (interface := connected.get(block_of(route.prefix))) is None:
            continue
        diagnostics.report(
            ROUTE_TO_CONNECTED,
            f"`{node.id}` is on {route.prefix} itself, by `{interface.name}`",
            route.place,
            "never used",
            related=(Label(interface.place, f"on `{interface.network}`"),),
            help="leave the route out",
        )


def _hops_that_do_not_forward(node: BoundNode, facts: Facts, ways: Ways, diagnostics: Diagnostics) -> None:
    told: set[tuple[NodeId, Place]] = set()
    for route in node.routes:
        hop = ways.hop(node, route)
        if hop is None or facts.is_router(hop) or hop == node.id or (hop, route.place) in told:
            continue
        told.add((hop, route.place))
        other = facts.bindings.nodes[hop]
        does = "bridges and forwards no packets" if other.kind is NodeKind.SWITCH else "forwards nothing"
        diagnostics.report(
            NEXT_HOP_DOES_NOT_FORWARD,
            f"the next hop {route.next_hop} of `{node.id}` is `{hop}`, which {does}",
            route.place,
            related=(Label(other.place, f"a {other.kind}"),),
            help=f"make `{hop}` a `router`, or name one that is",
        )


def _hops_that_nobody_is(node: BoundNode, facts: Facts, diagnostics: Diagnostics) -> None:
    """A next hop written as an address that no node on the segment has. A line to many prefixes is told once."""
    known = {address for address, _ in node.neighbours}
    told: set[Place] = set()
    for route in node.routes:
        interface = node.interface(route.interface)
        if interface is None or route.next_hop in known or route.place in told:
            continue
        segment = facts.segment_of[interface.network]
        if facts.owner_on(segment, route.next_hop) is not None:
            continue
        told.add(route.place)
        others = [one for one in facts.interfaces_on[segment] if one.node != node.id and facts.is_router(one.node)]
        diagnostics.report(
            NEXT_HOP_NOBODY,
            f"nobody on `{interface.network}` has the address {route.next_hop}, the next hop of `{node.id}`",
            route.place,
            related=tuple(Label(one.place, f"`{one.node}` is a router there") for one in others[:1]),
            help=f"`via {others[0].node}`" if others else None,
        )


def _no_route(
    node: BoundNode, leading: dict[SegmentId, BoundInterface], facts: Facts, diagnostics: Diagnostics
) -> None:
    """A host with no line that leads off its networks, where a router stands that could. In a tunnel, the tunnel's
    routes are what it needs."""
    is_led = node.has_auto_routing or node.uplink is not None or node.id in facts.tunnels_of
    if node.kind is not NodeKind.HOST or is_led:
        return
    for interface in node.interfaces:
        router = leading.get(facts.segment_of[interface.network])
        if router is not None and interface.addresses:
            diagnostics.report(
                NO_ROUTE,
                f"`{node.id}` has no route: it reaches nothing beyond `{interface.network}`",
                node.place,
                related=(Label(router.place, f"`{router.node}` leads on from there"),),
                help=f"`default via {router.node}`",
            )
            return


def _leading(facts: Facts) -> dict[SegmentId, BoundInterface]:
    """For each segment the first router's interface on it that is on another segment too, or has an uplink."""
    leading: dict[SegmentId, BoundInterface] = {}
    for segment, interfaces in facts.interfaces_on.items():
        for interface in interfaces:
            node = facts.bindings.nodes[interface.node]
            if node.kind is not NodeKind.ROUTER or not interface.addresses:
                continue
            leaves = any(facts.segment_of[leg.network] != segment for leg in node.interfaces)
            if leaves or node.uplink is not None:
                leading.setdefault(segment, interface)
    return leading

"""Rules on routes."""

from netdsl.diagnostics.catalogue import (
    DUPLICATE_ROUTE,
    ROUTE_TO_CONNECTED,
    TWO_DEFAULT_ROUTES,
)
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.semantics.bindings import BoundNode, BoundRoute, BoundTunnel
from netdsl.semantics.rules.blocks import EVERYWHERE, Block, block_of, route_block
from netdsl.semantics.rules.facts import Facts, legs_of


def check_routes(facts: Facts, diagnostics: Diagnostics) -> None:
    for node in facts.nodes:
        _repeated_routes(node, diagnostics)
        _routes_to_connected(node, facts.tunnels_of.get(node.id, ()), diagnostics)


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


def _routes_to_connected(node: BoundNode, tunnels: tuple[BoundTunnel, ...], diagnostics: Diagnostics) -> None:
    connected = {block_of(leg.address.network): leg for leg in legs_of(node, tunnels)}
    for route in node.routes:
        if route.prefix is None or (leg := connected.get(block_of(route.prefix))) is None:
            continue
        diagnostics.report(
            ROUTE_TO_CONNECTED,
            f"`{node.id}` is on {route.prefix} itself, by `{leg.interface}`",
            route.place,
            "never used",
            related=(Label(leg.place, leg.where),),
            help="leave the route out",
        )

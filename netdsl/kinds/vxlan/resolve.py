"""`tunnel … vxlan`: its ends, the network that it carries, its settings."""

from dataclasses import replace

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import TunnelId
from netdsl.ir.service import Protocol, port
from netdsl.kinds.vxlan.ir import HIGHEST_VNI, KIND, PORT, TTL, VxlanSettings
from netdsl.semantics.bindings import BoundTunnel, Inside, Placed
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.devices import outer_ttl
from netdsl.semantics.resolve.ends import Side, TunnelDraft, bound_ends, family_over, mesh_of, name_place
from netdsl.semantics.resolve.networks import mtu_line
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import NetworkDraft, Work

_HIGHEST_PORT = 65535


def sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """The ends with their interfaces on the network."""
    network = _network(id_, block, item, work)
    if network is not None:
        work.carried.add(network.id)
    found = mesh_of(id_, block, item, work)
    if found is None or network is None or not _are_members(network, found, item, work):
        return None
    own = {interface.node: interface for interface in network.interfaces}
    for side in found:
        interface = own[side.named.node.id]
        side.inside = Inside(interface.name, tuple(bound.address for bound in interface.addresses))
    return found


def tunnel(draft: TunnelDraft, work: Work) -> BoundTunnel | None:
    id_, block, item = draft.id, draft.block, draft.item
    vni = attributes.integer_within(block.attribute("vni"), 1, HIGHEST_VNI, work.diagnostics)
    number = attributes.integer_within(block.attribute("port"), 1, _HIGHEST_PORT, work.diagnostics)
    ttl = outer_ttl(block, TTL, work)
    network = None if draft.sides is None else _network(id_, block, item, work)
    if draft.sides is None or network is None:
        return None
    sides = [_outside(side, network) for side in draft.sides]
    family = family_over(sides, block, item, work)
    ends = None if family is None else bound_ends(sides, family, work)
    if family is None or ends is None:
        return None
    settings = VxlanSettings(network.id, vni or _number(id_, work), number or PORT, ttl)
    size = _mtu(block, network, work)
    taken = {end.node: (port(Protocol.UDP, settings.port),) for end in ends}
    return BoundTunnel(id_, KIND, ends, {}, {}, (), family, settings, item.place, size, network.id, listening=taken)


def _mtu(block: Block, network: NetworkDraft, work: Work) -> Placed[int] | None:
    """The attribute `mtu`, which the network may say in its place; repeated-statement for both."""
    size, other = mtu_line(block, network.prefixes, work.diagnostics), network.block.attribute("mtu")
    if size is not None and other is not None:
        work.diagnostics.report(
            catalogue.REPEATED_STATEMENT,
            f"the `mtu` of `{network.id}` is said by the network and by the tunnel that carries it",
            size.place,
            related=(Label(other[1].place, "the first one"),),
            help="it takes one value: remove one of the two",
        )
    return size


def _outside(side: Side, network: NetworkDraft) -> Side:
    """The end without its interface on the network that is carried and the routes by it: outer packets do not go there."""
    node = side.named.node
    interfaces = {name: one for name, one in node.interfaces.items() if one not in network.interfaces}
    segments = {
        segment: kept
        for segment, found in node.segments.items()
        if (kept := [one for one in found if one not in network.interfaces])
    }
    routes = [route for route in node.routes if route.interface in interfaces]
    draft = replace(node, interfaces=interfaces, segments=segments, routes=routes)
    return Side(replace(side.named, node=draft), side.role, side.protecting, side.item, side.inside)


def _number(id_: TunnelId, work: Work) -> int:
    """The VNI of a tunnel that names none: its place among those of this kind, in the order of the source."""
    return 1 + sum(other.kind == KIND for other in work.tunnels.values())


def _network(id_: TunnelId, block: Block, item: Item, work: Work) -> NetworkDraft | None:
    line = block.attribute("carries")
    if line is None:
        message = f"the tunnel `{id_}` carries no network"
        work.diagnostics.report(catalogue.MISSING_STATEMENT, message, name_place(item), help="`carries NETWORK`")
        return None
    placed = attributes.only_value(line, work.diagnostics)
    network = None if placed is None else work.network(placed)
    if network is None or network.is_broken:
        return None
    driver = network.block.attribute("driver")
    if driver is not None:
        work.diagnostics.report(
            catalogue.MISPLACED_STATEMENT,
            f"`{network.id}` has no `driver`: the tunnel `{id_}` carries it",
            driver[1].place,
            related=(Label(line[1].place, "here"),),
            help="the runtime makes no network for it; its frames go where the outer packets go",
        )
        return None
    switch = next((one for one in network.interfaces if work.nodes[one.node].kind.bridges), None)
    if switch is not None:
        work.diagnostics.report(
            catalogue.WRONG_ELEMENT,
            f"`{network.id}` is carried by `{id_}`, and the switch `{switch.node}` is on it",
            line[1].place,
            related=(Label(switch.place, "here"),),
            help="a switch has no address for the tunnel's packets: a router on both networks joins them",
        )
        return None
    return network


def _are_members(network: NetworkDraft, sides: list[Side], item: Item, work: Work) -> bool:
    """Whether the ends of the tunnel are the nodes on the network, with one interface each; else reported."""
    ends = {side.named.node.id: side.named.place for side in sides}
    seen: set[str] = set()
    for interface in network.interfaces:
        if interface.node not in ends:
            work.diagnostics.report(
                catalogue.WRONG_ELEMENT,
                f"`{interface.node}` is on `{network.id}` and no end of the tunnel that carries it",
                interface.place,
                related=(Label(item.place, "the tunnel"),),
                help=f"`{interface.node}` in the tunnel's `between`",
            )
            return False
        if interface.node in seen:
            message = f"`{interface.node}` has two interfaces on `{network.id}`, which a tunnel carries"
            work.diagnostics.report(catalogue.DUPLICATE_INTERFACE, message, interface.place)
            return False
        seen.add(interface.node)
    missing = next((node for node in ends if node not in seen), None)
    if missing is None or work.nodes[missing].is_broken:
        return missing is None
    work.diagnostics.report(
        catalogue.TUNNEL_ENDS_DO_NOT_MEET,
        f"`{missing}` is an end of the tunnel and has no interface on `{network.id}`, which it carries",
        ends[missing],
        help=f"`interface on {network.id}` in `{missing}`",
    )
    return False

"""`at ADDRESS for NODE` as a remedy: a tunnel comes up if an end sends to an address that is translated to the other's."""

from collections.abc import Iterator
from dataclasses import replace

from netdsl.ir.ids import Address, TunnelId
from netdsl.ir.tunnel import Selectors, Start, TunnelEnd
from netdsl.packets.passage import Delivered
from netdsl.packets.tracking import Tracker
from netdsl.packets.tunnels import packets_of
from netdsl.packets.types import Packet
from netdsl.packets.walk import Walk
from netdsl.packets.world import World

_MOST_TRIED = 8


def advice_at(world: World, tunnel: TunnelId) -> str | None:
    """The line with which the tunnel comes up, tried in the lab as it would be then."""
    ends = world.lab.tunnel_ends(tunnel)
    tried = 0
    for sender in ends:
        target = next((one for one in ends if one.node == sender.peer and one.peer in (None, sender.node)), None)
        is_to_open = any(child.start is not Start.NONE or child.is_initiator for child in sender.children)
        if target is None or not is_to_open:
            continue
        for address in dict.fromkeys(_translated(world, target)):
            tried += 1
            if tried > _MOST_TRIED:
                return None
            if _comes_up(world, sender, target, address):
                return f"`at {address} for {target.node}`"
    return None


def _translated(world: World, target: TunnelEnd) -> Iterator[Address]:
    """Addresses of which a node translates some packets to the end's own."""
    for view in world.fabric.views.values():
        for rule in view.node.nat.destination:
            if rule.address != target.local:
                continue
            named = [one.network_address for one in rule.match.destinations if one.num_addresses == 1]
            yield from named or (
                given.ip for interface in view.node.interfaces for given in interface.addresses
                if given.version == rule.address.version
            )  # fmt: skip


def _comes_up(world: World, sender: TunnelEnd, target: TunnelEnd, address: Address) -> bool:
    """Whether what carries the tunnel gets to the other end by the address, and the tunnel is up then."""
    kind = packets_of(sender.kind)
    view = world.view(sender.node)
    source = sender.local or view.source_towards(address)
    if source is None or source.version != address.version:
        return False
    seen: set[Address] = set()
    for need in kind.needs(sender):
        ports = [(one.protocol, one.first or 0) for one in need.packets]
        packets = [Packet(source, address, protocol, number, number) for protocol, number in ports]
        found = [Walk(world.fabric, Tracker({}), is_daemon=kind.IS_EXEMPT).run(view, packet) for packet in packets]
        arrived = [one for one in found if isinstance(one, Delivered) and one.view.id == target.node]
        if not arrived:
            return False
        if not isinstance(sender.steering, Selectors) and kind.refuses(target, arrived[0].packet) is not None:
            return False
        seen.add(arrived[0].packet.source)
    is_known = not isinstance(sender.steering, Selectors) or seen <= set(target.peer_addresses)
    ends = (_opening(sender, address), target if is_known else _waiting(target))
    return _with(world, ends).is_up(sender.tunnel)


def _opening(end: TunnelEnd, address: Address) -> TunnelEnd:
    children = tuple(
        replace(child, start=Start.BOOT if child.start is Start.NONE and child.is_initiator else child.start)
        for child in end.children
    )
    return replace(end, peer_addresses=(address,), children=children)


def _waiting(end: TunnelEnd) -> TunnelEnd:
    """As an end is whose peer is behind source NAT."""
    children = tuple(replace(child, start=Start.NONE) for child in end.children)
    return replace(end, peer_addresses=(), children=children)


def _with(world: World, ends: tuple[TunnelEnd, ...]) -> World:
    """The lab with these ends in place of those that it has."""
    mended = {(end.node, end.connection): end for end in ends}
    nodes = tuple(
        replace(node, tunnels=tuple(mended.get((one.node, one.connection), one) for one in node.tunnels))
        for node in world.lab.nodes
    )
    lab = replace(world.lab, nodes=nodes)
    return World(lab, world.esp, held=world.held, forced=world.forced, cut=world.cut)

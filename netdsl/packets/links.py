"""How a packet leaves a node by a route: over which networks, to whom; or why it does not."""

from dataclasses import replace

from netdsl.ir.ids import Address
from netdsl.ir.node import Interface
from netdsl.packets.doubts import advertisers, possible_owners
from netdsl.packets.fabric import Fabric
from netdsl.packets.neighbours import answering, unheard_request
from netdsl.packets.passage import DeadEnd, Exit
from netdsl.packets.routes import Hop
from netdsl.packets.types import Hook, Outcome, Packet
from netdsl.packets.view import UPLINK, View
from netdsl.source import Place

WIDEST = 65535  # bytes: no IP packet is larger


def mtu_of(view: View, route: Hop) -> int:
    interface = view.interfaces.get(route.interface)
    link = WIDEST if interface is None else interface.mtu
    return link if route.mtu is None else min(link, route.mtu)


def no_route(fabric: Fabric, view: View, destination: Address) -> DeadEnd:
    text = f"`{view.id}` has no route to {destination}"
    doubts = advertisers(fabric, view) if destination.version == 6 else ()
    return DeadEnd(Outcome.NO_ROUTE, Hook.ROUTE, text, doubts=doubts)


def onward(fabric: Fabric, view: View, interface: str, packet: Packet) -> Hop | DeadEnd:
    """The route of what came in by the interface and is not the node's own. An error about it is told to the source,
    whether that is believed or not (ip_route_input_slow)."""
    destination = packet.destination
    if not view.is_unicast(packet):
        text = f"{destination} is a broadcast address on `{view.id}`"
        return DeadEnd(Outcome.UNREACHABLE, Hook.ROUTE, text)
    if not view.sysctls.forwards(destination.version, interface):
        text = f"`{view.id}` does not forward, and {destination} is not its own"
        return DeadEnd(Outcome.UNREACHABLE, Hook.ROUTE, text)
    return view.route_to(packet) or no_route(fabric, view, destination)


def way_out(fabric: Fabric, view: View, route: Hop, packet: Packet, *, may_split: bool = False) -> Exit | DeadEnd:
    """Of a packet, which the node itself may split or not."""
    destination, size = packet.destination, packet.size
    if route.interface == UPLINK:
        return _uplink(fabric, view, destination)
    interface = view.interfaces.get(route.interface)
    if interface is None:
        text = f"`{view.id}` has no interface `{route.interface}`"
        return DeadEnd(Outcome.UNREACHABLE, Hook.LINK, text, route.origin)
    if size > (mtu := mtu_of(view, route)) and not may_split:
        text = f"{size} bytes are too big for `{interface.network}` at `{view.id}`, which takes {mtu}"
        return _too_big(packet, Outcome.TOO_BIG, text, route.origin or interface.origin)
    if route.gateway is None:
        packet.is_for_one((destination,))
    key = (view.id, interface.name, route.gateway or destination)
    found = fabric.exits.get(key) or _exit(fabric, view, interface, route, destination)
    if fabric.proxies:
        found = _by_proxy(fabric, view, interface, route.gateway or destination, packet, found)
    if isinstance(found, DeadEnd):
        return found
    if not fabric.proxies:  # whose answers depend on who asks
        fabric.exits[key] = found
    if size > found.narrow:
        text = f"{size} bytes are too big for a segment behind a switch, which takes {found.narrow}"
        return _too_big(packet, Outcome.DROPPED, text, interface.origin)
    return found


def _too_big(packet: Packet, outcome: Outcome, text: str, origin: Place | None) -> DeadEnd:
    """Of a connection's parts TCP makes smaller ones, if it hears of that (RFC 1191 §3)."""
    if packet.is_stream:
        return DeadEnd(Outcome.NOT_VERIFIED, Hook.LINK, f"whether TCP cuts smaller is not known: {text}", origin)
    return DeadEnd(outcome, Hook.LINK, text, origin)


def fitted(packet: Packet, room: int) -> Packet:
    """A packet as the node sends it: of a connection no part is larger than there is room."""
    return replace(packet, size=room) if packet.is_stream and packet.size > room else packet


def _exit(fabric: Fabric, view: View, interface: Interface, route: Hop, destination: Address) -> Exit | DeadEnd:
    next_hop = route.gateway or destination
    found = fabric.neighbour(view, interface.name, next_hop)
    if found is None:
        what = f"{route.gateway}, the next hop of `{view.id}`," if route.gateway else str(destination)
        text = f"nobody on `{interface.network}` answers for {what}"
        doubts = possible_owners(fabric, view, interface.network)
        return DeadEnd(Outcome.UNREACHABLE, Hook.NEIGHBOUR, text, route.origin, doubts)
    other, there = found
    unheard = unheard_request(fabric, view, interface.name, next_hop, other, there.name)
    return _exit_to(fabric, interface, next_hop, other, there, unheard)


def _exit_to(
    fabric: Fabric, interface: Interface, next_hop: Address, other: View, there: Interface, unheard: DeadEnd | None
) -> Exit | DeadEnd:
    networks = fabric.crossed(interface.network, there.network)
    if networks is None:
        return DeadEnd(Outcome.DROPPED, Hook.LINK, f"the link `{interface.network}` is down", interface.origin)
    narrow = min((fabric.networks[name].mtu for name in networks[1:]), default=WIDEST)
    return Exit(interface.name, networks, narrow, other, there.name, next_hop, unheard)


def _by_proxy(
    fabric: Fabric, view: View, interface: Interface, next_hop: Address, packet: Packet, own: Exit | DeadEnd
) -> Exit | DeadEnd:
    """`own`: what comes of the answer of the next hop itself. Another node may answer in its place, or as well."""
    found = answering(fabric, view, interface, next_hop, packet)
    if isinstance(found, DeadEnd):
        return found
    others = [one for one in found if not (isinstance(own, Exit) and one[0] is own.other)]
    if not others:
        return own
    if fabric.neighbour(view, interface.name, next_hop) is None and len(others) == 1:
        return _exit_to(fabric, interface, next_hop, *others[0], None)
    answers = [f"`{one.id}`" for one, _ in others] + ([f"`{own.other.id}`"] if isinstance(own, Exit) else [])
    text = f"{' and '.join(answers)} answer ARP for {next_hop} on `{interface.network}`"
    return DeadEnd(Outcome.NOT_VERIFIED, Hook.NEIGHBOUR, text, interface.origin)


def _uplink(fabric: Fabric, view: View, destination: Address) -> DeadEnd:
    text = f"it leaves the lab by the uplink of `{view.id}`"
    if destination in fabric.addresses:
        return DeadEnd(Outcome.UNREACHABLE, Hook.ROUTE, f"{text}, and nobody of the lab is there")
    return DeadEnd(Outcome.NOT_VERIFIED, Hook.ROUTE, text)

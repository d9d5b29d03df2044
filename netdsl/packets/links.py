"""How a packet leaves a node by a route: over which networks, to whom; or why it does not."""

from netdsl.ir.ids import Address
from netdsl.ir.node import Interface
from netdsl.packets.doubts import advertisers, possible_owners
from netdsl.packets.fabric import Fabric
from netdsl.packets.neighbours import unheard_request
from netdsl.packets.passage import DeadEnd, Exit
from netdsl.packets.routes import Hop
from netdsl.packets.types import Hook, Outcome, Packet
from netdsl.packets.view import UPLINK, View

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
        return DeadEnd(Outcome.TOO_BIG, Hook.LINK, text, route.origin or interface.origin)
    if route.gateway is None:
        packet.is_for_one((destination,))
    key = (view.id, interface.name, route.gateway or destination)
    found = fabric.exits.get(key) or _exit(fabric, view, interface, route, destination)
    if isinstance(found, DeadEnd):
        return found
    fabric.exits[key] = found
    if size > found.narrow:
        text = f"{size} bytes are too big for a segment behind a switch, which takes {found.narrow}"
        return DeadEnd(Outcome.DROPPED, Hook.LINK, text, interface.origin)
    return found


def _exit(fabric: Fabric, view: View, interface: Interface, route: Hop, destination: Address) -> Exit | DeadEnd:
    next_hop = route.gateway or destination
    found = fabric.neighbour(view, interface.name, next_hop)
    if found is None:
        what = f"{route.gateway}, the next hop of `{view.id}`," if route.gateway else str(destination)
        text = f"nobody on `{interface.network}` answers for {what}"
        doubts = possible_owners(fabric, view, interface.network)
        return DeadEnd(Outcome.UNREACHABLE, Hook.NEIGHBOUR, text, route.origin, doubts)
    other, there = found
    networks = fabric.crossed(interface.network, there.network)
    if networks is None:
        return DeadEnd(Outcome.DROPPED, Hook.LINK, f"the link `{interface.network}` is down", interface.origin)
    narrow = min((fabric.networks[name].mtu for name in networks[1:]), default=WIDEST)
    unheard = unheard_request(fabric, view, interface.name, next_hop, other, there.name)
    return Exit(interface.name, networks, narrow, other, there.name, next_hop, unheard)


def _uplink(fabric: Fabric, view: View, destination: Address) -> DeadEnd:
    text = f"it leaves the lab by the uplink of `{view.id}`"
    if destination in fabric.addresses:
        return DeadEnd(Outcome.UNREACHABLE, Hook.ROUTE, f"{text}, and nobody of the lab is there")
    return DeadEnd(Outcome.NOT_VERIFIED, Hook.ROUTE, text)

"""How a packet leaves a node by a route: over which networks, to whom; or why it does not."""

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address
from netdsl.packets.fabric import Fabric
from netdsl.packets.routes import Hop
from netdsl.packets.types import Hook, Outcome
from netdsl.packets.view import UPLINK, Exit, View, is_unicast
from netdsl.source import Place

WIDEST = 65535  # bytes: no IP packet is larger


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Nothing for this address goes further at the node. No `origin`: the node's own statement."""

    outcome: Outcome
    hook: Hook
    text: str
    origin: Place | None = None


def mtu_of(view: View, route: Hop) -> int:
    interface = view.interfaces.get(route.interface)
    link = WIDEST if interface is None else interface.mtu
    return link if route.mtu is None else min(link, route.mtu)


def no_route(view: View, destination: Address) -> DeadEnd:
    return DeadEnd(Outcome.NO_ROUTE, Hook.ROUTE, f"`{view.id}` has no route to {destination}")


def onward(view: View, interface: str, destination: Address) -> Hop | DeadEnd:
    """The route of what came in by the interface and is not the node's own. An error about it is told to the source,
    whether that is believed or not (ip_route_input_slow)."""
    if not is_unicast(destination, view):
        text = f"{destination} is a broadcast address on `{view.id}`"
        return DeadEnd(Outcome.UNREACHABLE, Hook.ROUTE, text)
    if not view.sysctls.forwards(destination.version, interface):
        text = f"`{view.id}` does not forward, and {destination} is not its own"
        return DeadEnd(Outcome.UNREACHABLE, Hook.ROUTE, text)
    return view.route(destination) or no_route(view, destination)


def way_out(
    fabric: Fabric, view: View, route: Hop, destination: Address, size: int, *, may_split: bool = False
) -> Exit | DeadEnd:
    """Of a packet of `size` bytes, which the node itself may split or not."""
    if route.interface == UPLINK:
        return _uplink(fabric, view, destination)
    interface = view.interfaces.get(route.interface)
    if interface is None:
        text = f"`{view.id}` has no interface `{route.interface}`"
        return DeadEnd(Outcome.UNREACHABLE, Hook.LINK, text, route.origin)
    if size > (mtu := mtu_of(view, route)) and not may_split:
        text = f"{size} bytes are too big for `{interface.network}` at `{view.id}`, which takes {mtu}"
        return DeadEnd(Outcome.TOO_BIG, Hook.LINK, text, route.origin or interface.origin)
    found = fabric.neighbour(view, interface.name, route.gateway or destination)
    if found is None:
        what = f"{route.gateway}, the next hop of `{view.id}`," if route.gateway else str(destination)
        text = f"nobody on `{interface.network}` answers for {what}"
        return DeadEnd(Outcome.UNREACHABLE, Hook.NEIGHBOUR, text, route.origin)
    other, there = found
    networks = fabric.crossed(interface.network, there.network)
    if networks is None:
        return DeadEnd(Outcome.DROPPED, Hook.LINK, f"the link `{interface.network}` is down", interface.origin)
    narrow = min((fabric.networks[name].mtu for name in networks[1:]), default=WIDEST)
    if size > narrow:
        text = f"{size} bytes are too big for a segment behind a switch, which takes {narrow}"
        return DeadEnd(Outcome.DROPPED, Hook.LINK, text, interface.origin)
    return Exit(interface.name, networks, min(narrow, mtu), other, there.name)


def _uplink(fabric: Fabric, view: View, destination: Address) -> DeadEnd:
    text = f"it leaves the lab by the uplink of `{view.id}`"
    if destination in fabric.addresses:
        return DeadEnd(Outcome.UNREACHABLE, Hook.ROUTE, f"{text}, and nobody of the lab is there")
    return DeadEnd(Outcome.NOT_VERIFIED, Hook.ROUTE, text)

"""MTUs inside tunnels that are too small for IPv6, or larger than the ways of the outer packets take."""

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NetworkId, TunnelId
from netdsl.ir.network import Network
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Device, Segment, Selectors, TunnelEnd, is_streamed
from netdsl.lower.defaults import IPV6_MINIMUM_MTU
from netdsl.packets.world import World
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class _Led:
    """The interface that leads into a tunnel: its MTU, where the source says that, and the families that go there."""

    mtu: int | None
    origin: Place | None
    versions: frozenset[int]


def check_mtus(world: World, diagnostics: Diagnostics) -> None:
    """Each tunnel is told once, its smallest way. Linear in the ends and the routes of their nodes."""
    networks = {network.id: network for network in world.lab.networks}
    small: set[TunnelId] = set()
    large: dict[TunnelId, tuple[TunnelEnd, _Led]] = {}
    for node in world.lab.nodes:
        for end in node.tunnels:
            led = _led(node, end, networks)
            if led is None or led.mtu is None:
                continue
            if 6 in led.versions and led.mtu < IPV6_MINIMUM_MTU and end.tunnel not in small:
                small.add(end.tunnel)
                _report_small(node, end, led.mtu, diagnostics)
            if end.room is not None and led.mtu > end.room and not is_streamed(end):
                before = large.setdefault(end.tunnel, (end, led))
                if before[0].room is not None and end.room < before[0].room:
                    large[end.tunnel] = (end, led)
    for end, led in large.values():
        _report_large(end, led, diagnostics)


def _led(node: Node, end: TunnelEnd, networks: dict[NetworkId, Network]) -> _Led | None:
    match end.steering:
        case Device(name, addresses):
            mtu, origin, versions = end.mtu, end.mtu_origin, {given.version for given in addresses}
        case Segment(name):
            interface = next(each for each in node.interfaces if each.name == name)
            network = networks[interface.network]
            mtu, versions = interface.mtu, {given.version for given in interface.addresses}
            of_network = end.mtu_origin if network.mtu == end.mtu and end.mtu_origin is not None else network.origin
            origin = of_network if mtu == network.mtu else interface.origin
        case Selectors():
            return None
    versions |= {route.prefix.version for route in node.routes if route.interface == name}
    return _Led(mtu, origin, frozenset(versions))


def _report_small(node: Node, end: TunnelEnd, mtu: int, diagnostics: Diagnostics) -> None:
    """The kernel takes no IPv6 address on such a device (addrconf_notify)."""
    if end.origin is None:
        return
    diagnostics.report(
        catalogue.MTU_OUT_OF_RANGE,
        f"packets inside `{end.tunnel}` have at most {mtu} bytes, and IPv6 needs {IPV6_MINIMUM_MTU}",
        end.origin,
        related=() if end.end_origin is None else (Label(end.end_origin, f"IPv6 is inside, at `{node.id}`"),),
        help="a larger `mtu` of the links between the ends, or IPv4 alone inside",
    )


def _report_large(end: TunnelEnd, led: _Led, diagnostics: Diagnostics) -> None:
    if led.mtu is None or end.room is None or led.origin is None:
        return
    outside, taken = led.mtu + end.overhead, end.room + end.overhead
    way = f"the way from `{end.node}` to `{end.peer}`"
    diagnostics.report(
        catalogue.MTU_ABOVE_WAY,
        f"{led.mtu} bytes inside `{end.tunnel}` are {outside} outside, and {way} takes {taken}",
        led.origin,
        related=() if end.end_origin is None else (Label(end.end_origin, "the outer packets leave here"),),
        help=f"`mtu {end.room}`, which it is without the line; or a larger `mtu` of the links between the ends",
    )

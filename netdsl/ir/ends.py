"""The tunnels of a node as its filters see them: the verifier and the engine of filters read the same."""

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, Prefix, TunnelId
from netdsl.ir.node import Node
from netdsl.ir.prefixes import holds
from netdsl.ir.tunnel import Device, Segment, Selectors, TunnelEnd, own_devices

Pairs = tuple[tuple[tuple[Prefix, ...], tuple[Prefix, ...]], ...]


@dataclass(frozen=True, slots=True)
class Ends:
    """A tunnel as filters see it: pairs of (local, remote) prefixes, its outer interface; `stand_in`: the device that
    carries what policies of the kernel would take; `device`: the interface by which what is inside comes."""

    kind: str
    pairs: Pairs
    outer: str | None
    stand_in: str | None = None
    device: str | None = None


def ends_of(node: Node) -> dict[TunnelId, Ends]:
    """The tunnels that end in a node, by name."""
    found: dict[TunnelId, Ends] = {}
    for end in node.tunnels:
        pairs = tuple((child.local, child.remote) for child in end.children)
        before = found.get(end.tunnel)
        found[end.tunnel] = _seen(end, before.pairs + pairs if before else pairs, outer_interface(node, end))
    return found


def _seen(end: TunnelEnd, pairs: Pairs, outer: str | None) -> Ends:
    match end.steering:
        case Selectors(stand_in):
            return Ends(end.kind, pairs, outer, stand_in=stand_in)
        case Device(name) | Segment(name):
            return Ends(end.kind, pairs, outer, device=name)


def outer_interface(node: Node, end: TunnelEnd) -> str | None:
    """By which the outer packets of an end leave its node: the device of another tunnel whose routes lead to the other end,
    else the interface that has the end's address; None where neither is known."""
    devices = {device.name for device in own_devices(other for other in node.tunnels if other.tunnel != end.tunnel)}
    leading = (_leading(node, peer) for peer in end.peer_addresses if devices)
    led = next((name for name in leading if name in devices), None)
    if led is not None:
        return led
    names = (interface.name for interface in node.interfaces for given in interface.addresses if given.ip == end.local)
    return next(names, None)


def _leading(node: Node, address: Address) -> str | None:
    """The interface or device of the most specific route, connected ones included; of equal ones the last one."""
    known = [
        *((given.network, interface.name) for interface in node.interfaces for given in interface.addresses),
        *((given.network, device.name) for device in own_devices(node.tunnels) for given in device.addresses),
        *((route.prefix, route.interface) for route in node.routes),
    ]
    holding = [
        (prefix.prefixlen, number, name) for number, (prefix, name) in enumerate(known) if holds(prefix, address)
    ]
    return max(holding)[2] if holding else None

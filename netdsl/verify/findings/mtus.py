"""Devices of tunnels that are too small for IPv6: the kernel takes no IPv6 address on them (addrconf_notify)."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import TunnelId
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Device, Segment, Selectors, TunnelEnd
from netdsl.lower.defaults import IPV6_MINIMUM_MTU
from netdsl.packets.world import World


def check_mtus(world: World, diagnostics: Diagnostics) -> None:
    """Each tunnel is told once. Linear in the ends and the routes of their nodes."""
    told: set[TunnelId] = set()
    for node in world.lab.nodes:
        for end in node.tunnels:
            mtu = _device_mtu(node, end)
            if mtu is None or mtu >= IPV6_MINIMUM_MTU or end.origin is None or end.tunnel in told:
                continue
            told.add(end.tunnel)
            diagnostics.report(
                catalogue.MTU_OUT_OF_RANGE,
                f"packets inside `{end.tunnel}` have at most {mtu} bytes, and IPv6 needs {IPV6_MINIMUM_MTU}",
                end.origin,
                related=() if end.end_origin is None else (Label(end.end_origin, f"IPv6 is inside, at `{node.id}`"),),
                help="a larger `mtu` of the links between the ends, or IPv4 alone inside",
            )


def _device_mtu(node: Node, end: TunnelEnd) -> int | None:
    """The MTU of the interface that leads into a tunnel, if IPv6 goes there."""
    match end.steering:
        case Device(name, addresses):
            mtu, versions = end.mtu, {given.version for given in addresses}
        case Segment(name):
            interface = next(each for each in node.interfaces if each.name == name)
            mtu, versions = interface.mtu, {given.version for given in interface.addresses}
        case Selectors():
            return None
    versions |= {route.prefix.version for route in node.routes if route.interface == name}
    return mtu if 6 in versions else None

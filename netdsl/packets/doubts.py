"""Which raw nodes may make a packet's way another one: those on it, and those that could answer where nobody does.

A command, a file or a sysctl of a node that is not modelled may give it any address (`ip address add`, VRRP, proxy_arp),
any route or rule, and make it send router advertisements. So where a segment has such a node, it is not known that nobody
on it answers for an address. That it takes an address which another node has is not looked for.
"""

from collections.abc import Iterable

from netdsl.ir.ids import NetworkId, NodeId
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Delivered, Frame, Stop
from netdsl.packets.types import Hop
from netdsl.packets.view import View


def doubts(fabric: Fabric, hops: Iterable[Hop], end: Frame | Delivered | Stop) -> tuple[NodeId, ...]:
    """The raw nodes that may change a way and its end, and nodes of which it is not known which tunnels are up."""
    if not fabric.raw_on and not fabric.unsure:
        return ()
    found: dict[NodeId, None] = {}
    for hop in hops:
        view = fabric.views[hop.node]
        found.update(dict.fromkeys(own_doubts(view)))
        for wire in hop.wires:
            found.update(dict.fromkeys(fabric.raw_switches(wire.network)))
    if isinstance(end, Stop):
        found.update(dict.fromkeys(end.doubts))
    return tuple(found)


def own_doubts(view: View) -> tuple[NodeId, ...]:
    """The raw nodes that may change what a node itself does: itself, and those that decide its tunnels and routes."""
    return (view.id, *view.doubts) if view.raw else view.doubts


def possible_owners(fabric: Fabric, view: View, network: NetworkId) -> tuple[NodeId, ...]:
    """Who may answer there for an address that nobody has. A raw switch may let others answer."""
    return tuple(node for node in fabric.raw_on.get(fabric.segment_of[network], ()) if node != view.id)


def advertisers(fabric: Fabric, view: View) -> tuple[NodeId, ...]:
    """Who may give a node an IPv6 route by router advertisements: a router takes none (ipv6_accept_ra)."""
    if view.sysctls.is_ipv6_router:
        return ()
    asked = (one for one in view.node.interfaces if view.sysctls.on("ipv6", one.name, "accept_ra", default=1))
    return tuple(dict.fromkeys(node for one in asked for node in possible_owners(fabric, view, one.network)))

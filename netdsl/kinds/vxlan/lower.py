"""VXLAN from each of its ends: one connection to each of the others."""

from collections.abc import Iterator, Sequence
from itertools import permutations

from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Carrier, Child, Segment, Start, TunnelEnd
from netdsl.kinds.vxlan.ir import HEADERS, KIND, VxlanSettings
from netdsl.lower.defaults import IP_HEADER
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets
from netdsl.lower.pki import EndEntities
from netdsl.semantics.bindings import BoundEnd, BoundTunnel


def ends(
    directory: Directory, outer: OuterPackets, entities: EndEntities, tunnels: Sequence[BoundTunnel]
) -> Iterator[TunnelEnd]:
    """Each node has as many as there are others."""
    for tunnel in tunnels:
        for end, other in permutations(tunnel.ends, 2):
            yield _end(directory, tunnel, end, other)


def inside(end: TunnelEnd, link_mtu: int) -> int:
    """What the link leaves after the headers."""
    return link_mtu - end.overhead


def _end(directory: Directory, tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> TunnelEnd:
    settings = tunnel.inside
    assert isinstance(settings, VxlanSettings), "a tunnel of another kind"
    interfaces = directory.nodes[end.node].interfaces
    interface = next(each for each in interfaces if each.network == settings.network)
    name = tunnel.id.rpartition(".")[2]
    is_only = len(tunnel.ends) == 2
    return TunnelEnd(
        tunnel=tunnel.id,
        kind=KIND,
        connection=tunnel.id if is_only else f"{tunnel.id}.{directory.nodes[other.node].host_name}",
        node=end.node,
        peer=other.node,
        local=end.outer,
        peer_addresses=(other.reached,),
        steering=Segment(interface.name),
        carriers=(Carrier(Protocol.UDP, (settings.port,)),),
        children=(Child(name, (), (), Start.BOOT, is_hiding=False),),
        inside=settings,
        ttl=settings.ttl,
        overhead=IP_HEADER[tunnel.family] + HEADERS,
        origin=tunnel.place,
        end_origin=end.place,
    )

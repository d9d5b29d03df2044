"""IPIP from each of its ends."""

from collections.abc import Iterator, Sequence

from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipip.ir import IpipSettings, carriers
from netdsl.lower.defaults import IP_HEADER
from netdsl.lower.devices import device_ends
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets
from netdsl.lower.pki import EndEntities
from netdsl.semantics.bindings import BoundTunnel


def ends(
    directory: Directory, outer: OuterPackets, entities: EndEntities, tunnels: Sequence[BoundTunnel]
) -> Iterator[TunnelEnd]:
    """Two ends of each."""
    for tunnel in tunnels:
        settings = tunnel.inside
        assert isinstance(settings, IpipSettings), "a tunnel of another kind"
        header = IP_HEADER[tunnel.family]
        yield from device_ends(tunnel, carriers(settings.families), settings, settings.ttl, header)


def inside(end: TunnelEnd, link_mtu: int) -> int:
    """What the link leaves after the header."""
    return link_mtu - end.overhead

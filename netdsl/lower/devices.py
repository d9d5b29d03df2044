"""Tunnels that have a device at each end and no daemon: what lowering kinds of this form have in common."""

from collections.abc import Iterator

from netdsl.ir.tunnel import Carrier, Child, Device, Start, TunnelEnd
from netdsl.semantics.bindings import BoundTunnel


def device_ends(
    tunnel: BoundTunnel, carriers: tuple[Carrier, ...], inside: object, ttl: int, overhead: int
) -> Iterator[TunnelEnd]:
    """Both ends of a tunnel between two nodes. `ttl`: of outer packets; `overhead`: the headers before a packet inside, in
    bytes."""
    name = tunnel.id.rpartition(".")[2]
    for end, other in (tunnel.ends, tuple(reversed(tunnel.ends))):
        assert end.inside is not None, "an end with a device"
        yield TunnelEnd(
            tunnel=tunnel.id,
            kind=tunnel.kind,
            connection=tunnel.id,
            node=end.node,
            peer=other.node,
            local=end.outer,
            peer_addresses=(other.reached,),
            steering=Device(end.inside.interface, end.inside.addresses),
            carriers=carriers,
            children=(Child(name, end.protected, other.protected, Start.BOOT, is_hiding=False),),
            inside=inside,
            ttl=ttl,
            overhead=overhead,
            origin=tunnel.place,
            end_origin=end.place,
        )

"""tinc from each of its ends: one peer for each other end whose daemon may be connected to its own."""

from collections.abc import Iterator, Sequence

from netdsl.ir.ids import NodeId
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Carrier, Child, Device, SharedSecret, Start, TunnelEnd
from netdsl.kinds.tinc.bindings import bound, taken_by
from netdsl.kinds.tinc.ir import KEY, KIND, LARGEST, TincSettings, settings_of
from netdsl.lower.defaults import IP_HEADER
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets
from netdsl.lower.pki import EndEntities
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.peers import peers_of

_PROTOCOLS = (Protocol.TCP, Protocol.UDP)


def ends(
    directory: Directory, outer: OuterPackets, entities: EndEntities, tunnels: Sequence[BoundTunnel]
) -> Iterator[TunnelEnd]:
    """A gateway has as many as it has clients, a client one, an end of a mesh as many as there are others."""
    for tunnel in tunnels:
        for end in tunnel.ends:
            for peer in peers_of(tunnel, end):
                yield _end(directory, outer, tunnel, end, peer)


def inside(end: TunnelEnd, link_mtu: int) -> int:
    """What the link leaves after the headers, the padding and the digest; the daemon takes no more than `LARGEST`."""
    assert end.local is not None, "a daemon has a local address"
    return min(settings_of(end).protection.room(link_mtu - IP_HEADER[end.local.version]), LARGEST)


def _end(directory: Directory, outer: OuterPackets, tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> TunnelEnd:
    assert end.inside is not None, "an end with a device"
    settings, name, peers = bound(tunnel), tunnel.id.rpartition(".")[2], peers_of(tunnel, end)
    taken = taken_by(tunnel, end, peer)
    own = frozenset(prefix for one in tunnel.ends for prefix in one.protected)
    key, peer_key = (_key(directory, tunnel, one.node) for one in (end, peer))
    begins, is_tcp = _begins(outer, tunnel, end, peer), _is_translated(outer, tunnel, end, peer)
    ports = tuple(dict.fromkeys((settings.ports[end.node], *(settings.ports[one.node] for one in peers))))
    child = Child(
        name,
        end.protected,
        tuple(prefix for prefix in taken if prefix in own),
        Start.BOOT if begins else Start.NONE,
        is_hiding=is_tcp or settings.protection.cipher != "none",  # a connection is always encrypted (setup_myself)
        keeps_lengths=not is_tcp,
    )
    return TunnelEnd(
        tunnel=tunnel.id,
        kind=KIND,
        connection=tunnel.id if len(peers) == 1 else f"{tunnel.id}.{directory.nodes[peer.node].host_name}",
        node=end.node,
        peer=peer.node,
        local=end.outer,
        peer_addresses=outer.known(_carrier(tunnel, end), end, peer),
        steering=Device(end.inside.interface, end.inside.addresses, taken),
        carriers=tuple(Carrier(protocol, ports) for protocol in _PROTOCOLS),
        children=(child,),
        inside=TincSettings(
            name=_name(directory, end),
            peer_name=_name(directory, peer),
            key=key,
            peer_key=peer_key,
            port=settings.ports[end.node],
            peer_port=settings.ports[peer.node],
            endpoint=peer.reached if begins else None,
            is_tcp=is_tcp,
            protection=settings.protection,
        ),
        secrets=(key, peer_key),
        overhead=IP_HEADER[tunnel.family] + settings.protection.overhead,
        origin=tunnel.place,
        end_origin=end.place,
    )


def _carrier(tunnel: BoundTunnel, end: BoundEnd) -> Carrier:
    return Carrier(Protocol.TCP, (bound(tunnel).ports[end.node],))


def _begins(outer: OuterPackets, tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> bool:
    """Whether the end's daemon connects to the peer's. One of two does: of two connections between them each end closes
    the one that was there first (src/protocol_auth.c, ack_h), and that may be another one at each."""
    can, may_other = (bool(outer.known(_carrier(tunnel, one), one, other)) for one, other in ((end, peer), (peer, end)))
    is_first = end.role == "client" or (end.role == "peer" and tunnel.ends.index(end) < tunnel.ends.index(peer))
    return can and (is_first or not may_other)


def _is_translated(outer: OuterPackets, tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> bool:
    """Whether packets between the two have another source on the way: then the data go over the connection. What keeps a
    NAT's flow of UDP are probes of the MTU, whose sizes are drawn by lot (src/net_packet.c, send_mtu_probe)."""
    pairs = ((end, peer), (peer, end))
    return any(outer.between(_carrier(tunnel, one), one, other).is_translated for one, other in pairs)


def _key(directory: Directory, tunnel: BoundTunnel, node: NodeId) -> SharedSecret:
    name = directory.nodes[node].host_name
    return SharedSecret(f"{KIND}@{tunnel.id}@{name}", "key", (name,), algorithm=KEY)


def _name(directory: Directory, end: BoundEnd) -> str:
    """What a daemon calls itself: letters, digits and `_` alone (src/protocol.c, check_id). No host name has a `_`."""
    return directory.nodes[end.node].host_name.replace("-", "_")

"""WireGuard from each of its ends: one peer for each other end that its device knows."""

from collections.abc import Iterator, Sequence

from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.prefixes import contains
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Carrier, Child, Device, SharedSecret, Start, TunnelEnd
from netdsl.kinds.wireguard.bindings import bound, taken_by
from netdsl.kinds.wireguard.ir import HEADERS, KIND, WireguardSettings
from netdsl.lower.defaults import IP_HEADER
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets
from netdsl.lower.pki import EndEntities
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.peers import peers_of

_Nested = tuple[tuple[tuple[Prefix], bool], ...]


def ends(
    directory: Directory, outer: OuterPackets, entities: EndEntities, tunnels: Sequence[BoundTunnel]
) -> Iterator[TunnelEnd]:
    """A gateway has as many as it has clients, a client one, an end of a mesh as many as there are others."""
    for tunnel in tunnels:
        for end in tunnel.ends:
            for peer in peers_of(tunnel, end):
                yield _end(directory, outer, tunnel, end, peer)


def inside(end: TunnelEnd, link_mtu: int) -> int:
    """What the link leaves after the headers: padding does not go over the MTU of the device."""
    return link_mtu - end.overhead


def _end(directory: Directory, outer: OuterPackets, tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> TunnelEnd:
    assert end.inside is not None, "an end with a device"
    settings, name = bound(tunnel), tunnel.id.rpartition(".")[2]
    known = _known(outer, tunnel, end, peer)
    peers = peers_of(tunnel, end)
    taken = taken_by(tunnel, end, peer)
    protected = tuple(prefix for prefix in taken if prefix in _protected(tunnel))
    key, peer_key = (_key(directory, tunnel, one.node) for one in (end, peer))
    psk = _psk(directory, tunnel, end, peer) if settings.has_psk else None
    start = Start.BOOT if known else Start.NONE
    ports = dict.fromkeys((settings.ports[end.node], *(settings.ports[one.node] for one in peers)))
    return TunnelEnd(
        tunnel=tunnel.id,
        kind=KIND,
        connection=tunnel.id if len(peers) == 1 else f"{tunnel.id}.{directory.nodes[peer.node].host_name}",
        node=end.node,
        peer=peer.node,
        local=end.outer,
        peer_addresses=known,
        steering=Device(end.inside.interface, end.inside.addresses, taken),
        carriers=(Carrier(Protocol.UDP, tuple(ports)),),
        children=(Child(name, end.protected, protected, start, is_hiding=True),),
        inside=WireguardSettings(
            key=key,
            peer_key=peer_key,
            psk=psk,
            port=settings.ports[end.node],
            peer_port=settings.ports[peer.node],
            endpoint=peer.reached if known else None,
            keepalive=settings.keepalives.get(end.node),
            memory=settings.memory,
            is_first=_is_first(tunnel, end, peer),
            nested=_nested(
                taken, [prefix for one in peers if one is not peer for prefix in taken_by(tunnel, end, one)]
            ),
        ),
        secrets=(key, peer_key, *(() if psk is None else (psk,))),
        keepalive=settings.keepalives.get(end.node),
        overhead=IP_HEADER[tunnel.family] + HEADERS,
        origin=tunnel.place,
        end_origin=end.place,
    )


def _protected(tunnel: BoundTunnel) -> frozenset[Prefix]:
    return frozenset(prefix for end in tunnel.ends for prefix in end.protected)


def _known(outer: OuterPackets, tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> tuple[Address, ...]:
    """Where an end sends to, then what else the peer may come from; empty where the peer is behind address translation: it
    has to begin. Of two that both are, the one that should begin does: its packets may find the way."""
    ports = bound(tunnel).ports
    known = outer.known(Carrier(Protocol.UDP, (ports[end.node],)), end, peer)
    if known:
        return known
    there = outer.between(Carrier(Protocol.UDP, (ports[peer.node],)), end, peer)
    is_first = _is_first(tunnel, end, peer)
    return (peer.reached,) if there.is_translated and there.is_complete and is_first else ()


def _is_first(tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> bool:
    return end.role == "client" or (end.role == "peer" and tunnel.ends.index(end) < tunnel.ends.index(peer))


def _key(directory: Directory, tunnel: BoundTunnel, node: NodeId) -> SharedSecret:
    """What the key of an end's device is made of."""
    name = directory.nodes[node].host_name
    return SharedSecret(f"{KIND}@{tunnel.id}@{name}", "key", (name,))


def _psk(directory: Directory, tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> SharedSecret:
    """Of each pair of ends another one."""
    order = sorted((end, peer), key=tunnel.ends.index)
    names = tuple(directory.nodes[one.node].host_name for one in order)
    return SharedSecret(f"{KIND}-psk@{tunnel.id}@{names[0]}@{names[1]}", "psk", names)


def _nested(own: Sequence[Prefix], others: Sequence[Prefix]) -> _Nested:
    """As `WireguardSettings.nested`."""
    if not any(contains(one, other) or contains(other, one) for one in own for other in others):
        return ()
    found = {**dict.fromkeys(others, False), **dict.fromkeys(own, True)}
    return tuple(((prefix,), is_own) for prefix, is_own in sorted(found.items(), key=lambda one: -one[0].prefixlen))

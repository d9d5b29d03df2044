"""OpenVPN from each of its ends: of a server one for each client."""

from collections.abc import Iterator, Sequence

from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.prefixes import contains
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Carrier, Child, Device, SharedSecret, Start, TunnelEnd
from netdsl.kinds.openvpn.bindings import bound, led_to, peers_of
from netdsl.kinds.openvpn.ir import (
    KIND,
    LENGTH,
    LOST,
    STREAM_MTU,
    UDP_HEADER,
    OpenvpnSettings,
    Role,
    authenticated,
    cipher_of,
    is_tcp,
)
from netdsl.lower.defaults import IP_HEADER, TCP_HEADER
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets
from netdsl.lower.pki import EndEntities
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.peers import behind

_Nested = tuple[tuple[tuple[Prefix], bool], ...]
_ROLES = {"gateway": Role.SERVER, "client": Role.CLIENT, "peer": Role.PEER}


def ends(
    directory: Directory, outer: OuterPackets, entities: EndEntities, tunnels: Sequence[BoundTunnel]
) -> Iterator[TunnelEnd]:
    """A gateway has as many as it has clients, all others have one."""
    for tunnel in tunnels:
        for end in tunnel.ends:
            for peer in peers_of(tunnel, end):
                yield _end(directory, outer, entities, tunnel, end, peer)


def inside(end: TunnelEnd, link_mtu: int) -> int:
    """What the link leaves after the headers; over TCP a link cuts nothing inside."""
    if is_tcp(end):
        return STREAM_MTU
    cipher = cipher_of(end)
    return cipher.inside(link_mtu - (end.overhead - cipher.most))


def _end(
    directory: Directory,
    outer: OuterPackets,
    entities: EndEntities,
    tunnel: BoundTunnel,
    end: BoundEnd,
    peer: BoundEnd,
) -> TunnelEnd:
    assert end.inside is not None, "an end with a device"
    settings, name = bound(tunnel), tunnel.id.rpartition(".")[2]
    server, waits, role = tunnel.ends[0], end is tunnel.ends[0], _ROLES[end.role]
    carrier, is_stream = Carrier(settings.protocol, (settings.port,)), settings.protocol is Protocol.TCP
    takes = behind(peer) if role is Role.SERVER else None
    key = SharedSecret(f"{KIND}@{tunnel.id}", "tls-crypt", ())
    peers, cipher = peers_of(tunnel, end), authenticated(settings.cipher, settings.digest)
    return TunnelEnd(
        tunnel=tunnel.id,
        kind=KIND,
        connection=tunnel.id if len(peers) == 1 else f"{tunnel.id}.{directory.nodes[peer.node].host_name}",
        node=end.node,
        peer=peer.node,
        local=end.outer,
        peer_addresses=_known(outer, carrier, end, peer, waits=waits),
        steering=Device(end.inside.interface, end.inside.addresses, takes),
        carriers=(carrier,),
        children=(
            Child(
                name,
                end.protected,
                led_to(tunnel, end, peer),
                Start.NONE if waits else Start.BOOT,
                is_hiding=True,
                keeps_lengths=not is_stream,
            ),
        ),
        inside=OpenvpnSettings(
            role=role,
            waits=waits,
            cipher=cipher,
            protocol=settings.protocol,
            port=settings.port,
            endpoint=server.reached,
            keepalive=settings.keepalive_of(end.node),
            patience=settings.keepalive_of(peer.node) * LOST,
            pki=settings.pki,
            names=(_name(entities, tunnel, end.node), _name(entities, tunnel, peer.node)),
            key=key,
            pushed=led_to(tunnel, peer, end) if role is Role.SERVER else (),
            nested=_nested(takes or (), [prefix for one in peers if one is not peer for prefix in behind(one)]),
        ),
        secrets=(key,),
        profile=(settings.cipher, *(() if settings.digest is None else (settings.digest,))),
        keepalive=settings.keepalive_of(end.node),
        overhead=IP_HEADER[tunnel.family] + (TCP_HEADER + LENGTH if is_stream else UDP_HEADER) + cipher.most,
        origin=tunnel.place,
        end_origin=end.place,
    )


def _known(outer: OuterPackets, carrier: Carrier, end: BoundEnd, peer: BoundEnd, *, waits: bool) -> tuple[Address, ...]:
    """Where the other end's packets come from; empty where that is not known to the end that waits. The other one sends to
    where this one is reached, whether or not there is a way."""
    known = outer.known(carrier, end, peer)
    return known if waits or known else (peer.reached,)


def _name(entities: EndEntities, tunnel: BoundTunnel, node: NodeId) -> str | None:
    """The common name of a node's certificate, by which the other end knows it."""
    entity = entities[bound(tunnel).pki, node]
    return next((value for key, value in entity.subject if key == "CN"), None)


def _nested(own: Sequence[Prefix], others: Sequence[Prefix]) -> _Nested:
    """As `OpenvpnSettings.nested`."""
    if not any(contains(one, other) or contains(other, one) for one in own for other in others):
        return ()
    found = {**dict.fromkeys(others, False), **dict.fromkeys(own, True)}
    return tuple(((prefix,), is_own) for prefix, is_own in sorted(found.items(), key=lambda one: -one[0].prefixlen))

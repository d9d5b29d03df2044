"""IPsec from each of its ends: connections, identities, secrets, selectors, who opens what."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from ipaddress import IPv4Address

from netdsl.dataclass import dataclass
from netdsl.ir.dhcp import Reservation
from netdsl.ir.ids import Address, NodeId, host_name
from netdsl.ir.prefixes import host_prefix
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Carrier, Child, Device, Mode, Selectors, SharedSecret, Start, TunnelEnd
from netdsl.kinds.ipsec.algorithms import hides
from netdsl.kinds.ipsec.bindings import BoundAuth, bound_child, bound_tunnel, in_front_of, seen_by, sources_of
from netdsl.kinds.ipsec.identities import client_identifier
from netdsl.kinds.ipsec.ir import (
    CARRIERS,
    DEVICE,
    KIND,
    UNCOMPRESSED,
    Authentication,
    AuthMethod,
    IpsecChild,
    IpsecEnd,
    child_inside,
)
from netdsl.kinds.ipsec.resolve_radius import account
from netdsl.kinds.ipsec.sharing import sharing
from netdsl.kinds.ipsec.sizes import room, tunnel_overhead
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets
from netdsl.lower.pki import EndEntities, repeated_addresses
from netdsl.semantics.bindings import BoundChild, BoundEnd, BoundTunnel

_STARTS = {"at boot": Start.BOOT, "on traffic": Start.TRAFFIC, "by hand": Start.HAND}


@dataclass(slots=True)
class _Tunnels:
    directory: Directory
    outer: OuterPackets
    entities: EndEntities
    repeated: frozenset[Address]
    reqids: dict[NodeId, int] = field(default_factory=dict)

    def next_reqid(self, node: NodeId) -> int:
        self.reqids[node] = self.reqids.get(node, 0) + 1
        return self.reqids[node]


def ends(
    directory: Directory, outer: OuterPackets, entities: EndEntities, tunnels: Sequence[BoundTunnel]
) -> Iterable[TunnelEnd]:
    """A gateway has one connection for each client, whose identity no other one has, with its own reqids and, of a pool,
    its own address: user space finds what to send by the reqid alone (libipsec: ipsec_sa_mgr.c, checkout_by_reqid). Reqids
    count from 1 in each node."""
    drafts = _Tunnels(directory, outer, entities, repeated_addresses(tunnels))
    return sharing([end for tunnel in tunnels for end in _ends(drafts, tunnel)])


def inside(end: TunnelEnd, link_mtu: int) -> int:
    """The largest packet inside (bytes): that of the costliest child."""
    return room(end.children, 4 if end.local is None else end.local.version, link_mtu)


def _is_hidden(tunnels: _Tunnels, tunnel: BoundTunnel, peer: BoundEnd, end: BoundEnd) -> bool:
    """Whether `end` has to wait for a peer behind NAT. Of two that both are, the one that should open the tunnel does
    not: if its packets find the way to the peer's own address, somebody has to begin."""
    if tunnels.outer.known(CARRIERS[0], end, peer):
        return False
    there = tunnels.outer.between(CARRIERS[0], end, peer)
    return not (there.is_translated and there.is_complete and _should_open(tunnel, end))


def _known(tunnels: _Tunnels, end: BoundEnd, peer: BoundEnd) -> tuple[Address, ...]:
    """Where `end` sends to, then what else the peer may come from."""
    return tunnels.outer.known(CARRIERS[0], end, peer) or (peer.reached,)


def _should_open(tunnel: BoundTunnel, end: BoundEnd) -> bool:
    """Named by `by`; where nobody is, the client or the first end."""
    named = [node for children in tunnel.children_of.values() for child in children for node in child.start.by]
    if named:
        return end.node in named
    return end.role == "client" or (end.role == "peer" and end is tunnel.ends[0])


def _ends(tunnels: _Tunnels, tunnel: BoundTunnel) -> Iterable[TunnelEnd]:
    first, *others = tunnel.ends
    for other in others:
        yield _end(tunnels, seen_by(tunnel, first.node), first, other)
    for other in others:
        yield _end(tunnels, seen_by(tunnel, other.node), other, first)


def _end(tunnels: _Tunnels, tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> TunnelEnd:
    inside = bound_tunnel(tunnel)
    is_first = end is tunnel.ends[0]
    is_hidden = _is_hidden(tunnels, tunnel, other, end)
    is_anywhere = bool(other.virtual) or is_hidden
    client = other if is_first else end
    auth = _authentication(tunnels, tunnel, end)
    front = in_front_of(tunnel, tunnels.directory.tunnels)
    is_aware = all(end.node in one.nodes for one in front)  # a backup is opened by who knows that the others are down
    children = tuple(
        _child(tunnels, tunnel, child, end, client, may_open=is_aware and not is_anywhere)
        for child in tunnel.children_of[client.node]
    )
    if is_hidden:
        children = tuple(map(_of_hidden, children))
    is_only = not is_first or len(tunnel.ends) == 2
    return TunnelEnd(
        tunnel=tunnel.id,
        kind=KIND,
        connection=tunnel.id if is_only else f"{tunnel.id}.{tunnels.directory.nodes[other.node].host_name}",
        node=end.node,
        peer=other.node,
        local=end.outer,
        peer_addresses=() if is_anywhere else _known(tunnels, end, other),
        steering=Selectors(DEVICE) if end.inside is None else Device(end.inside.interface, end.inside.addresses),
        carriers=(*CARRIERS, *_uncompressed(children)),
        children=children,
        inside=IpsecEnd(
            own_auth=auth,
            peer_auth=_authentication(tunnels, tunnel, other),
            ike_proposals=inside.ike_proposals,
            dpd_seconds=inside.dpd_seconds,
            dpd_action=inside.dpd_action,
            mobike=inside.mobike,
            ike_rekey_seconds=inside.ike_rekey_seconds,
            ike_reauth_seconds=inside.ike_reauth_seconds,
            radius=inside.radius if is_first and _is_asked_about(tunnel, other) else None,
            leases=None if inside.leases is None or not is_first else inside.leases.value,
            bypass=inside.bypass.get(end.node, ()),
            encap=inside.encap,
            ike_origin=inside.ike_place,
        ),
        pools=tuple(map(host_prefix, other.virtual)),
        virtual=end.virtual,
        reservations=tuple(_reservations(tunnels, tunnel, other)),
        backup_of=tuple(one.id for one in front) if is_aware else (),
        answers_arp=end.node in inside.farp,
        secrets=tuple(_secrets(tunnels, tunnel, end, other if is_first else end)),
        profile=_profile(tunnel, children, auth),
        overhead=tunnel_overhead(children, tunnel.family),
        origin=tunnel.place,
        end_origin=end.place,
    )


def _reservations(tunnels: _Tunnels, tunnel: BoundTunnel, other: BoundEnd) -> Iterator[Reservation]:
    """What the gateway's DHCP server keeps for the other end, whose last proof's identity it is told (ike_sa.c,
    get_other_eap_id)."""
    server = bound_tunnel(tunnel).leases
    addresses = [address for address in other.virtual if isinstance(address, IPv4Address)]
    if server is None or not addresses:
        return
    proof = _authentication(tunnels, tunnel, other)[-1]
    known = client_identifier(proof.method, proof.identity)
    if known is not None:
        yield from (Reservation(server.value.node, server.value.service, known, address) for address in addresses)


def _uncompressed(children: tuple[Child, ...]) -> Iterator[Carrier]:
    compressing = [child for child in children if child.mode is Mode.TUNNEL and not child.keeps_lengths]
    return (UNCOMPRESSED[family] for family in sorted({one.version for child in compressing for one in child.local}))


def _profile(tunnel: BoundTunnel, children: tuple[Child, ...], auth: tuple[Authentication, ...]) -> tuple[str, ...]:
    made = (word for child in children for word in (child_inside(child).protocol, *child_inside(child).proposals))
    return (*(one.method.value for one in auth), *bound_tunnel(tunnel).ike_proposals, *made)


# --- children


def _child(
    tunnels: _Tunnels,
    tunnel: BoundTunnel,
    child: BoundChild,
    end: BoundEnd,
    client: BoundEnd,
    *,
    may_open: bool,
) -> Child:
    inside = bound_child(child)
    first = tunnel.ends[0]
    left = child.left or (host_prefix(first.outer),)
    right = child.right or tuple(map(host_prefix, client.virtual or (client.outer,)))
    if end.inside is not None:  # what routes lead to; the daemon negotiates everything
        left, right = (child.left if first.protected else ()), (child.right if client.protected else ())
    is_left = end is first
    is_served_left = _is_served_left(tunnels.directory, _said_only(tunnel, child, client), first, client)
    start, is_initiator = _start(tunnel, child, end, client, may_open=may_open)
    is_served = is_left is is_served_left
    here, there = (child.only, sources_of(child)) if is_served else (sources_of(child), child.only)
    return Child(
        name=child.name,
        local=left if is_left else right,
        remote=right if is_left else left,
        start=start,
        is_hiding=hides(inside.protocol, (word for each in inside.proposals for word in each.lower().split("-"))),
        mode=child.mode,
        only_local=here,
        only_remote=there,
        keeps_lengths=not inside.handling.is_compressed,
        is_initiator=is_initiator,
        inside=IpsecChild(
            inside.protocol,
            inside.proposals,
            tunnels.next_reqid(end.node),
            inside.rekey_seconds,
            inside.rekey_bytes,
            inside.handling,
            inside.place,
        ),
    )


def _of_hidden(child: Child) -> Child:
    """In transport mode the selector of a peer behind NAT is the address that its packets come from (RFC 7296 §2.23.1;
    child_create.c, get_transport_nat_ts): charon puts in what it sees."""
    return child if child.mode is Mode.TUNNEL else replace(child, remote=())


def _said_only(tunnel: BoundTunnel, child: BoundChild, client: BoundEnd) -> tuple[PortService, ...]:
    """The ports of the child as any of the ends has it: they are on one side for all of them."""
    views = [tunnel.children_of, *(own.children_of for own in bound_tunnel(tunnel).own.values())]
    found = (each.only for view in views for each in view[client.node] if each.name == child.name)
    return tuple(dict.fromkeys(service for only in found for service in only))


def _is_served_left(directory: Directory, only: Sequence[PortService], first: BoundEnd, other: BoundEnd) -> bool:
    """On which end the ports of `only` are: the one that serves them; if that does not tell, the gateway's, or the
    second's."""
    left, right = (_serves(directory, end.node, only) for end in (first, other))
    return left if left is not right else first.role == "gateway"


def _serves(directory: Directory, node: NodeId, only: Sequence[PortService]) -> bool:
    return any(
        service.protocol is served.service.protocol
        and service.first is not None
        and service.last is not None
        and served.service.first is not None
        and service.first <= served.service.first <= service.last
        for service in only
        for served in directory.nodes[node].services
    )


def _start(
    tunnel: BoundTunnel, child: BoundChild, end: BoundEnd, client: BoundEnd, *, may_open: bool
) -> tuple[Start, bool]:
    """When this end opens the child, and whether it is the one that should.

    Named nodes (`by`) and no other one; of both ends the one that is named first should. Without names the first end, or
    the client, should, and the other may as well: then either one's restart heals the tunnel. Who cannot find the other
    only answers. A virtual address comes with the tunnel, so that no packet from it could open it.
    """
    start = _STARTS[child.start.when]
    if start is Start.TRAFFIC and client.virtual and not child.right:
        start = Start.BOOT
    if child.start.by:
        named = [node for node in child.start.by if node in (tunnel.ends[0].node, client.node)]
        return (start if end.node in named and may_open else Start.NONE), end.node in named[:1]
    should = end.role == "client" or (end.role == "peer" and end is tunnel.ends[0])
    return (start if may_open else Start.NONE), should


# --- who is who


def _authentication(tunnels: _Tunnels, tunnel: BoundTunnel, end: BoundEnd) -> tuple[Authentication, ...]:
    """The rounds of an end."""
    return tuple(
        Authentication(auth.method, _identity(tunnels, end, auth), auth.pki, _key(end, auth), _server(tunnel, auth))
        for auth in bound_tunnel(tunnel).auth[end.node].rounds
    )


def _server(tunnel: BoundTunnel, auth: BoundAuth) -> str | None:
    """The identity in whose certificate a client believes inside of EAP, where it is not the gateway's."""
    if auth.method is not AuthMethod.EAP_TTLS or not tunnel.servers:
        return None
    server = tunnel.servers[0]
    return None if server.certificate is None else str(server.address)


def _is_asked_about(tunnel: BoundTunnel, client: BoundEnd) -> bool:
    return any(auth.method.is_eap for auth in bound_tunnel(tunnel).auth[client.node].rounds)


def _key(end: BoundEnd, auth: BoundAuth) -> str | None:
    return host_name(end.node) if auth.method is AuthMethod.PUBKEY else None


def _identity(tunnels: _Tunnels, end: BoundEnd, auth: BoundAuth) -> str:
    """Given, or the certificate's subject, or the outer address (a subject with a comma in a value cannot be written as an
    identity; the address is in the certificate too). A user name for EAP has to be a text: there it is the host name; so it
    is where a secret proves an address that another node has too."""
    if auth.identity is not None:
        return auth.identity
    if auth.method.has_password or (auth.pki is None and end.outer in tunnels.repeated):
        return host_name(end.node)
    if auth.pki is None:
        return str(end.outer)
    entity = tunnels.entities.get((auth.pki, end.node))
    subject = () if entity is None else entity.subject  # it has none where another end only takes it to have one
    if not subject or any(set(value) & set(',/="+\\') for _, value in subject):
        return str(end.outer)
    return ", ".join(f"{key}={value}" for key, value in subject)


def _secrets(tunnels: _Tunnels, tunnel: BoundTunnel, end: BoundEnd, second: BoundEnd) -> Iterable[SharedSecret]:
    """What `end` has to know for the connection between the tunnel's first end and `second` (one of both is `end`).

    Between two peers each holds what it was given: two that were given different ones do not agree.
    """
    proofs = [
        (one, auth, _identity(tunnels, one, auth))
        for one in (tunnel.ends[0], second)
        for auth in bound_tunnel(tunnel).auth[one.node].rounds
    ]
    has_psk = any(auth.method is AuthMethod.PSK for _, auth, _ in proofs)
    if has_psk:
        name = tunnel.id if end.role == "peer" else f"{tunnel.id}.{second.node}"
        identities = tuple(dict.fromkeys(identity for *_, identity in proofs))
        yield SharedSecret(name, AuthMethod.PSK, identities, _shared_value(tunnel, end, second))
    for one, auth, identity in proofs:
        if auth.method.has_password and tunnel.servers:  # between the client and the server
            if end.node == one.node:
                yield account(one.node, auth)
        elif auth.method.has_password:
            name = f"{tunnel.id}.{one.node}"
            yield SharedSecret(f"eap@{name}" if has_psk else name, auth.method, (identity,), auth.secret)
        elif auth.method is AuthMethod.PUBKEY:
            yield SharedSecret(f"key@{host_name(one.node)}", auth.method, (identity,))
    if tunnel.servers and end is tunnel.ends[0]:
        yield tunnel.servers[0].secrets[0]


def _shared_value(tunnel: BoundTunnel, end: BoundEnd, second: BoundEnd) -> str | None:
    """Of two peers what `end` was given, else the other; of a client what it was given, else its gateway."""
    first = tunnel.ends[0]
    order = (end, first, second) if end.role == "peer" else (second, first)
    given = [_psk(bound_tunnel(tunnel).auth[one.node]) for one in order]
    return next((auth.secret for auth in given if auth is not None and (end.role == "peer" or auth.secret)), None)


def _psk(auth: BoundAuth) -> BoundAuth | None:
    return next((one for one in auth.rounds if one.method is AuthMethod.PSK), None)

"""Bindings by hand: what the resolver would make of a short source, for tests of what comes after it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network

from netdsl.ir.ids import Address, NetworkId, NodeId, PkiId, TunnelId
from netdsl.ir.node import NodeKind
from netdsl.ir.tunnel import Mode
from netdsl.kinds.ipsec.bindings import BoundAuth, BoundIpsec, BoundIpsecChild
from netdsl.kinds.ipsec.ir import AuthMethod, DpdAction
from netdsl.semantics.bindings import (
    Bindings,
    BoundAddress,
    BoundCertificate,
    BoundChild,
    BoundEnd,
    BoundInterface,
    BoundMatch,
    BoundNetwork,
    BoundNode,
    BoundPki,
    BoundRoute,
    BoundSourceNat,
    BoundStart,
    BoundTunnel,
    Placed,
    Who,
)
from netdsl.source import Place, SourceFile, Span

PLACE = Place(Span(SourceFile("lab.net", "lab test\n"), 0, 3))


def placed(who: Who) -> Placed[Who]:
    return Placed(who, PLACE)


def network(name: str, *prefixes: str, mtu: int | None = None) -> BoundNetwork:
    return BoundNetwork(NetworkId(name), tuple(map(ip_network, prefixes)), None, mtu, None, False, PLACE)


def node(
    name: str,
    interfaces: Sequence[tuple[str, str, *tuple[str, ...]]],
    *,
    kind: NodeKind = NodeKind.ROUTER,
    routes: Sequence[tuple[str, str, str]] = (),
    auto: bool = False,
    loopbacks: Sequence[str] = (),
    masquerade: Sequence[str] = (),
    uplink: bool = False,
) -> BoundNode:
    """`interfaces`: (name, network, address/length…); `routes`: (prefix or "default", next hop, interface)."""
    id_ = NodeId(name)
    bound = tuple(
        BoundInterface(
            id_,
            interface,
            NetworkId(on),
            tuple(BoundAddress(ip_interface(address), PLACE) for address in addresses),
            None,
            None,
            PLACE,
        )
        for interface, on, *addresses in interfaces
    )
    lines = tuple(
        BoundRoute(None if prefix == "default" else ip_network(prefix), ip_address(hop), interface, PLACE)
        for prefix, hop, interface in routes
    )
    return BoundNode(
        id=id_,
        kind=kind,
        host_name=name.replace(".", "-"),
        interfaces=bound,
        loopbacks=tuple(ip_interface(address) for address in loopbacks),
        routes=lines,
        has_auto_routing=auto,
        uplink=PLACE if uplink else None,
        source_nat=tuple(masquerading(name) for name in masquerade),
        place=PLACE,
    )


def host(
    name: str,
    *interfaces: tuple[str, str, *tuple[str, ...]],
    default: tuple[str, str] | None = None,
    auto: bool = False,
) -> BoundNode:
    routes = () if default is None else (("default", *default),)
    return node(name, interfaces, kind=NodeKind.HOST, routes=routes, auto=auto)


def masquerading(out: str, match: BoundMatch | None = None) -> BoundSourceNat:
    wanted = replace(match or BoundMatch(), out_interfaces=(Placed(out, PLACE),))
    return BoundSourceNat(wanted, None, None, PLACE)


def end(
    name: str, outer: str, interface: str, *protected: str, role: str = "peer", virtual: Sequence[str] = ()
) -> BoundEnd:
    return BoundEnd(
        NodeId(name),
        role,
        ip_address(outer),
        interface,
        tuple(map(ip_network, protected)),
        PLACE,
        virtual=tuple(map(ip_address, virtual)),
    )


def child(
    name: str,
    left: Sequence[str] = (),
    right: Sequence[str] = (),
    *,
    when: str = "at boot",
    by: Sequence[str] = (),
    mode: Mode = Mode.TUNNEL,
    proposals: Sequence[str] = ("aes256gcm16-ecp384",),
) -> BoundChild:
    start = BoundStart(when, tuple(map(NodeId, by)))
    here, there = (tuple(map(ip_network, side)) for side in (left, right))
    inside = BoundIpsecChild("esp", tuple(proposals), None, None)
    return BoundChild(name, here, there, mode, (), start, inside, PLACE)


def auth(
    method: AuthMethod = AuthMethod.CERTIFICATE, *, secret: str | None = None, identity: str | None = None
) -> BoundAuth:
    pki = PkiId("default") if method in (AuthMethod.CERTIFICATE, AuthMethod.EAP_TLS) else None
    return BoundAuth(method, pki, secret, identity, PLACE)


def tunnel(
    name: str,
    ends: Sequence[BoundEnd],
    children: Mapping[str, Sequence[BoundChild]] | None = None,
    *,
    auths: Mapping[str, BoundAuth] | None = None,
    pool: Sequence[str] = (),
) -> BoundTunnel:
    """`children` by the node of the second end or client; one implied child between what is protected without it."""
    given = children or {}
    implied = {
        other.node: (
            child(
                name.rpartition(".")[2],
                [str(prefix) for prefix in ends[0].protected],
                [str(prefix) for prefix in other.protected],
            ),
        )
        for other in ends[1:]
    }
    proofs = {one.node: (auths or {}).get(one.node, auth()) for one in ends}
    return BoundTunnel(
        TunnelId(name),
        "ipsec",
        tuple(ends),
        {node: BoundCertificate(one.pki, one.identity) for node, one in proofs.items() if one.pki is not None},
        {other: tuple(given.get(other, found)) for other, found in implied.items()},
        tuple(map(ip_network, pool)),
        ends[0].outer.version,
        BoundIpsec(("aes256gcm16-prfsha384-ecp384",), 30, DpdAction.TRAP, False, None, proofs),
        PLACE,
    )


def bindings(
    networks: Sequence[BoundNetwork],
    nodes: Sequence[BoundNode],
    tunnels: Sequence[BoundTunnel] = (),
    pkis: Sequence[BoundPki] | None = None,
) -> Bindings:
    found = pkis if pkis is not None else (pki("default", ("O", "test"), ("CN", "$address")),)
    return Bindings(
        "test",
        None,
        {network.id: network for network in networks},
        {node.id: node for node in nodes},
        {tunnel.id: tunnel for tunnel in tunnels},
        {pki.id: pki for pki in found},
        {},
        (),
        (),
    )


def pki(name: str, *subject: tuple[str, str]) -> BoundPki:
    return BoundPki(PkiId(name), "ecdsa-p384", subject, 0, True, True, 3650, None)


def address(text: str) -> Address:
    return ip_address(text)

"""`swanctl.conf` of one node: nested sections of settings, printed by one writer with one quoting rule."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Prefix
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.prefixes import ANYWHERE, EVERYTHING
from netdsl.ir.service import PortService, Protocol
from netdsl.ir.tunnel import Child, TunnelEnd, device_of
from netdsl.kinds.ipsec.ir import Authentication, AuthMethod, DscpCopy, bypassed, child_inside, end_inside, ends_of
from netdsl.kinds.ipsec.known import connection_of
from netdsl.kinds.ipsec.selecting import type_range
from netdsl.payload.quoting import flat

from .keys import key_file
from .quoting import quoted
from .secrets import is_text

_AUTH = {
    AuthMethod.CERTIFICATE: "pubkey",
    AuthMethod.PSK: "psk",
    AuthMethod.PUBKEY: "pubkey",
    AuthMethod.EAP_MSCHAPV2: "eap-mschapv2",
    AuthMethod.EAP_MD5: "eap-md5",
    AuthMethod.EAP_TLS: "eap-tls",
    AuthMethod.EAP_TTLS: "eap-ttls",
}
_COPIES = {DscpCopy.OUT: "out", DscpCopy.IN: "in", DscpCopy.BOTH: "yes", DscpCopy.NONE: "no"}
IPPROTO_ICMPV6 = 58
_FROM_SERVER = "dhcp"  # dhcp_provider.c, acquire_address
_ANY = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - strongSwan's word for 'an address, please'


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a strongSwan file. Values are printed as they are: whoever makes one quotes it."""

    name: str
    settings: tuple[tuple[str, str], ...] = ()
    sections: tuple["Section", ...] = ()

    def lines(self, indent: str = "") -> Iterator[str]:
        yield f"{indent}{self.name} {{"
        for key, value in self.settings:
            yield f"{indent}  {key} = {value}"
        for section in self.sections:
            yield from section.lines(indent + "  ")
        yield f"{indent}}}"


def swanctl_conf(node: Node, lab: Lab) -> str:
    """The whole file. What starts, traps and tries again is not here but in `tunnels.tsv` (the payload's README)."""
    strict = {pki.id for pki in lab.pkis if pki.has_crl or pki.responder is not None}
    ends = ends_of(node.tunnels)
    heads = [end for end in ends if end_inside(end).shares is None]
    top = [Section("connections", sections=(*_connections(ends, heads, strict), *_bypass(node)))]
    pools = {name: str(prefix) for end in ends for name, prefix in _pools(end).items() if name != _FROM_SERVER}
    if pools:
        sections = tuple(Section(name, (("addrs", prefix),)) for name, prefix in pools.items())
        top.append(Section("pools", sections=sections))
    text = "".join(f"{line}\n" for section in top for line in section.lines())
    has_secrets = any(is_text(secret) for end in ends for secret in end.secrets)
    return text + ("include secrets.conf\n" if has_secrets else "")


def _bypass(node: Node) -> Iterator[Section]:
    """A child that lets pass in clear. It is no connection to any peer (hence the address): the script installs it, where
    the kernel has the policies (libipsec has none of this kind: ipsec_policy_mgr.c, add_policy)."""
    prefixes = bypassed(node.tunnels)
    if prefixes:
        name = bypass_name(node)
        everything = ", ".join(
            str(ANYWHERE[version]) for version in dict.fromkeys(prefix.version for prefix in prefixes)
        )
        selectors = (("local_ts", everything), ("remote_ts", ", ".join(map(str, prefixes))))
        child = Section(name, (*selectors, ("mode", "pass"), ("start_action", "none")))
        yield Section(name, (("remote_addrs", "127.0.0.1"),), (Section("children", sections=(child,)),))


def bypass_name(node: Node) -> str:
    """Of the connection and its child; no other one of the node has it."""
    ends = ends_of(node.tunnels)
    taken = {child_name(end, child) for end in ends for child in end.children} | {flat(end.connection) for end in ends}
    return next(name for name in ("bypass" + "-" * number for number in range(len(taken) + 1)) if name not in taken)


def _pools(end: TunnelEnd) -> dict[str, Prefix]:
    """By name. A connection has pools of its own, of one address each: a pool gives its addresses away in the order in
    which clients come, whatever they ask for (strongSwan, mem_pool.c: acquire_address). Those of a DHCP server are one."""
    has_server = end_inside(end).leases is not None
    return {
        _FROM_SERVER if has_server and prefix.version == 4 else f"{flat(end.connection)}-pool-{number}": prefix
        for number, prefix in enumerate(end.pools, start=1)
    }


def child_name(end: TunnelEnd, child: Child) -> str:
    """Unique in the node: the connection's name for its only child, else both names."""
    connection = flat(end.connection)
    return connection if len(end.children) == 1 else f"{connection}_{flat(child.name)}"


def _connections(ends: Sequence[TunnelEnd], heads: Sequence[TunnelEnd], strict: Set[str]) -> Iterator[Section]:
    """Of the heads, with the children of all ends of the node that share its IKE SA."""
    within: dict[str, list[TunnelEnd]] = {}
    for end in ends:
        within.setdefault(connection_of(end), []).append(end)
    shared = Counter(_identities(end) for end in heads)
    for end in heads:
        yield _connection(end, within[end.connection], strict, is_alone=shared[_identities(end)] == 1)


def _connection(end: TunnelEnd, within: Sequence[TunnelEnd], strict: Set[str], *, is_alone: bool) -> Section:
    """`within`: the ends in its IKE SA. `is_alone`: no other connection has its identities. A new IKE SA replaces those
    between the same identities (ike_sa_manager.c, check_uniqueness, asked by INITIAL_CONTACT whatever their connection):
    not where two connections have the same ones."""
    inside = end_inside(end)
    settings = [("version", "2"), ("mobike", "yes" if inside.mobike else "no")]
    if inside.encap:
        settings.append(("encap", "yes"))
    settings += [
        ("unique", "replace" if is_alone else "never"),
        ("keyingtries", "1"),
        ("dpd_delay", f"{inside.dpd_seconds}s"),
    ]
    if end.local is not None:
        settings.append(("local_addrs", str(end.local)))
    if end.peer_addresses:
        settings.append(("remote_addrs", ", ".join(map(str, end.peer_addresses))))
    settings.append(("proposals", ", ".join(inside.ike_proposals)))
    if inside.ike_rekey_seconds is not None:
        settings.append(("rekey_time", f"{inside.ike_rekey_seconds}s"))
    if inside.ike_reauth_seconds is not None:
        settings.append(("reauth_time", f"{inside.ike_reauth_seconds}s"))
    if end.pools:
        settings.append(("pools", ", ".join(_pools(end))))
    if end.virtual:
        settings.append(("vips", ", ".join(_ANY[address.version] for address in end.virtual)))
    if any(auth.method is AuthMethod.CERTIFICATE for auth in inside.own_auth):
        settings.append(("send_cert", "always"))
    sections = [_own(auth, number) for number, auth in enumerate(inside.own_auth, start=1)]
    is_asking = inside.radius is not None
    sections += [_peer(auth, number, strict, is_asking) for number, auth in enumerate(inside.peer_auth, start=1)]
    sections.append(Section("children", sections=tuple(_child(one, child) for one in within for child in one.children)))
    return Section(flat(end.connection), tuple(settings), tuple(sections))


def _identities(end: TunnelEnd) -> tuple[str, ...]:
    inside = end_inside(end)
    return tuple(auth.identity for auth in (*inside.own_auth, *inside.peer_auth))


def _own(auth: Authentication, number: int) -> Section:
    settings = [("auth", _AUTH[auth.method]), ("id", quoted(auth.identity))]
    if auth.method.is_eap:
        settings.append(("eap_id", quoted(auth.identity)))
    if auth.server is not None:
        settings.append(("aaa_id", quoted(auth.server)))
    if auth.method.has_certificate and auth.pki is not None:
        settings.append(("certs", f"{flat(auth.pki)}.pem"))
    if auth.key is not None:
        settings.append(("pubkeys", quoted(key_file(auth.key))))
    return Section(f"local-{number}", tuple(settings))


def _peer(auth: Authentication, number: int, strict: Set[str], is_asking: bool) -> Section:
    word = "eap-radius" if is_asking and auth.method.is_eap else _AUTH[auth.method]
    settings = [("auth", word), ("id", quoted(auth.identity))]
    if auth.method.is_eap:
        settings.append(("eap_id", quoted("%any")))
    if auth.method.has_certificate and auth.pki is not None:
        settings.append(("cacerts", f"{flat(auth.pki)}-root.pem"))
        if auth.pki in strict:
            settings.append(("revocation", "strict"))
    if auth.key is not None:
        settings.append(("pubkeys", quoted(key_file(auth.key))))
    return Section(f"remote-{number}", tuple(settings))


def _child(end: TunnelEnd, child: Child) -> Section:
    inside = child_inside(child)
    local, remote = (child.local, child.remote) if device_of(end) is None else (EVERYTHING, EVERYTHING)
    settings = [
        ("local_ts", _selectors(local, child.only_local, child.only_remote)),
        ("remote_ts", _selectors(remote, child.only_remote, child.only_local)),
        (f"{inside.protocol}_proposals", ", ".join(inside.proposals)),
        ("mode", child.mode.value),
        ("reqid", str(inside.reqid)),
        ("updown", "sh /netdsl/lab/strongswan/updown.sh"),
        ("start_action", "none"),
        ("close_action", "none"),
        ("dpd_action", "clear"),
    ]
    if inside.handling.is_compressed:
        settings.append(("ipcomp", "yes"))
    if inside.handling.copy_dscp is not None:
        settings.append(("copy_dscp", _COPIES[inside.handling.copy_dscp]))
    if device_of(end) is not None:  # charon makes no routes for it then (kernel_netlink_ipsec.c, add_policy_internal)
        settings += [("if_id_in", str(inside.reqid)), ("if_id_out", str(inside.reqid))]
    if inside.rekey_seconds is not None:
        settings.append(("rekey_time", f"{inside.rekey_seconds}s"))
    if inside.rekey_bytes is not None:
        settings.append(("rekey_bytes", str(inside.rekey_bytes)))
    return Section(child_name(end, child), tuple(settings))


def _selectors(prefixes: Sequence[Prefix], here: Sequence[PortService], there: Sequence[PortService]) -> str:
    """`prefix[protocol/port]`. Protocols by number: charon asks /etc/protocols, which slim images do not have."""
    shown = [f"{prefix}{limit}" for prefix in prefixes for limit in _limits(prefix.version, here, there)]
    return ", ".join(dict.fromkeys(shown))


def _limits(version: int, here: Sequence[PortService], there: Sequence[PortService]) -> list[str]:
    """Of this end, in a family: with ports where they are this end's, and types of ICMP, which belong to both."""
    if not here and not there:
        return [""]
    found = [_limit(each, version) for each in here] if here else [_limit(_portless(each), version) for each in there]
    return [limit for limit in found if limit is not None]


def _portless(service: PortService) -> PortService:
    return service if service.icmp_type is not None else PortService(service.protocol)


def _limit(service: PortService, version: int) -> str | None:
    """None: the family has no such type."""
    ports = (service.first, service.last)
    if service.icmp_type is not None:
        found = type_range(service.icmp_type, version)
        if found is None:
            return None
        ports = found
    return f"[{_number(service.protocol, version)}{_ports(*ports)}]"


def _number(protocol: Protocol, version: int) -> int:
    return IPPROTO_ICMPV6 if protocol is Protocol.ICMP and version == 6 else protocol.number


def _ports(first: int | None, last: int | None) -> str:
    if first is None:
        return ""
    return f"/{first}" if first == last else f"/{first}-{last}"

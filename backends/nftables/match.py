"""A `Match` of the IR as nft expressions: the text between the chain and the verdict.

One match can need several rules (both families, several protocols, kernel and user-space ESP); each is a list of words.
"""

from collections.abc import Iterable, Iterator, Sequence

from netdsl.dataclass import dataclass
from netdsl.ir.ends import Ends
from netdsl.ir.filter import Chain, Match
from netdsl.ir.icmp import MESSAGES
from netdsl.ir.ids import Prefix, TunnelId
from netdsl.ir.service import PortService, Protocol
from netdsl.ir.tunnel import Carrier

from .quoting import nft_string

_NAMED = ("tcp", "udp", "sctp", "esp", "ah")  # protocols whose names nft does not look for in /etc/protocols


def match_rules(match: Match, chain: Chain | None, tunnels: dict[TunnelId, Ends]) -> list[str]:
    """The alternatives of a match in a filter chain (None: a NAT chain, whose `through` is elsewhere)."""
    rules: list[str] = []
    for way in _ways(match, chain, tunnels):
        if _is_disjoint(match.sources, way.sources) or _is_disjoint(match.destinations, way.destinations):
            continue  # the other direction of a tunnel, for a rule that names whom it is for
        interfaces = _interfaces(match, tunnels, way)
        for addresses in _addresses(match, way):
            for service in services(match.services, addresses.family):
                words = (interfaces, addresses.text, way.text, service, *_of_connection(match))
                rules.append(" ".join(filter(None, words)))
    return rules


@dataclass(frozen=True, slots=True)
class _Way:
    """How a packet meets a tunnel: the words that say so, or the device; what its selectors ask of the addresses."""

    text: str = ""
    device: str | None = None
    is_in: bool = False
    is_out: bool = False
    sources: tuple[Prefix, ...] = ()
    destinations: tuple[Prefix, ...] = ()


@dataclass(frozen=True, slots=True)
class _Addresses:
    family: int | None
    text: str


def _ways(match: Match, chain: Chain | None, tunnels: dict[TunnelId, Ends]) -> list[_Way]:
    if not match.through and not match.through_kinds:
        return [_Way()]
    meant = [tunnels[name] for name in match.through]
    for kind in match.through_kinds:
        meant += _of_kind(kind, tunnels)
    return [way for tunnel in meant for way in _through(tunnel, chain)]


def _of_kind(kind: str, tunnels: dict[TunnelId, Ends]) -> list[Ends]:
    """Every tunnel of a kind that the node has; the kernel's policies say 'any of us' in one word."""
    found = [tunnel for tunnel in tunnels.values() if tunnel.kind == kind]
    selected = [tunnel for tunnel in found if tunnel.device is None]
    stand_in = next((tunnel.stand_in for tunnel in selected if tunnel.stand_in), None)
    every = [Ends(kind, (((), ()),), None, stand_in=stand_in)] if selected else []
    return [*every, *(tunnel for tunnel in found if tunnel.device is not None)]


def _through(tunnel: Ends, chain: Chain | None) -> list[_Way]:
    """By the tunnel's own device; or by the kernel's policies and by the device that stands in for them."""
    ways: list[_Way] = []
    for local, remote in [((), ())] if tunnel.device else tunnel.pairs:
        device = tunnel.device or tunnel.stand_in
        if chain is not Chain.INPUT:
            if not tunnel.device:
                ways.append(_Way("rt ipsec exists", is_out=True, sources=local, destinations=remote))
            if device:
                ways.append(_Way(device=device, is_out=True, sources=local, destinations=remote))
        if chain is not Chain.OUTPUT:
            if not tunnel.device:
                ways.append(_Way("meta ipsec exists", is_in=True, sources=remote, destinations=local))
            if device:
                ways.append(_Way(device=device, is_in=True, sources=remote, destinations=local))
    return ways


def _of_connection(match: Match) -> Iterator[str]:
    """What is asked of connection tracking and of the TCP header: nft looks at TCP packets alone for their flags."""
    if match.states:
        yield f"ct state {_set(match.states)}"
    if match.flags or match.not_flags:
        yield f"tcp flags & ({' | '.join((*match.flags, *match.not_flags))}) == {' | '.join(match.flags) or '0x0'}"


def _is_disjoint(asked: Sequence[Prefix], met: Sequence[Prefix]) -> bool:
    if not asked or not met:
        return False
    return not any(one.version == other.version and one.overlaps(other) for one in asked for other in met)


def _interfaces(match: Match, tunnels: dict[TunnelId, Ends], way: _Way) -> str:
    words = []
    for key, names, met in (("iifname", match.in_interfaces, way.is_in), ("oifname", match.out_interfaces, way.is_out)):
        if way.device and met:
            words.append(f"{key} {nft_string(way.device)}")
        elif names:
            # with the kernel's policies a tunnelled packet comes and goes by the outer interface: so by the stand-in
            also = [] if way.text or way.device else _stand_ins(names, tunnels)
            words.append(f"{key} {_set([nft_string(name) for name in (*names, *also)])}")
    return " ".join(words)


def _stand_ins(names: Sequence[str], tunnels: dict[TunnelId, Ends]) -> list[str]:
    found = (tunnel.stand_in for tunnel in tunnels.values() if tunnel.outer in names)
    return [name for name in dict.fromkeys(found) if name]


def carrier_rules(carriers: Sequence[Carrier], *, is_in: bool, is_peer_known: bool) -> list[str]:
    """The outer packets of a tunnel: one text for the ports of each protocol that has ports, one for the other protocols,
    one for those that come out of others.

    A peer of unknown address may sit behind NAT: then its source port is unknown as well.
    """
    here, there = ("dport", "sport") if is_in else ("sport", "dport")
    texts = []
    for carrier in carriers:
        ports = _set([str(port) for port in carrier.ports])
        if carrier.ports and not carrier.is_symmetric:
            texts.append(f"{carrier.protocol} dport {ports}")
        elif carrier.ports:
            far = f"{carrier.protocol} {there} {ports} " if is_peer_known else ""
            texts.append(f"{far}{carrier.protocol} {here} {ports}")
    for is_inside, text in ((False, ""), (True, " meta ipsec exists")):
        portless = [_protocol(one.protocol) for one in carriers if not one.ports and one.is_inside is is_inside]
        if portless and (is_in or not is_inside):
            texts.append(f"meta l4proto {_set(portless)}{text}")
    return texts


def _addresses(match: Match, way: _Way) -> list[_Addresses]:
    asked = [("saddr", match.sources), ("daddr", match.destinations)]
    asked += [("saddr", way.sources), ("daddr", way.destinations)]
    asked = [(key, prefixes) for key, prefixes in asked if prefixes]
    if not asked:
        return [_Addresses(None, "")]
    found = []
    for family, word in ((4, "ip"), (6, "ip6")):
        parts = [(key, [p for p in prefixes if p.version == family]) for key, prefixes in asked]
        if all(prefixes for _, prefixes in parts):
            texts = dict.fromkeys(f"{word} {key} {prefix_set(prefixes)}" for key, prefixes in parts)
            found.append(_Addresses(family, " ".join(texts)))
    return found


def prefix_set(prefixes: Iterable[Prefix]) -> str:
    """`10.0.0.1`, `{ 10.0.0.0/8, 11.0.0.0/8 }`: sorted, without what another member covers (nft refuses overlaps)."""
    kept: list[Prefix] = []
    for prefix in sorted(set(prefixes), key=lambda p: (int(p.network_address), p.prefixlen)):
        if not kept or not prefix.subnet_of(kept[-1]):  # type: ignore[arg-type]
            kept.append(prefix)
    return _set([str(p.network_address) if p.prefixlen == p.max_prefixlen else str(p) for p in kept])


def services(wanted: Sequence[PortService], family: int | None) -> list[str]:
    """One text per protocol; one empty text where any will do."""
    if not wanted:
        return [""]
    texts: list[str] = []
    for protocol in dict.fromkeys(service.protocol for service in wanted):
        texts += _service(protocol, [service for service in wanted if service.protocol is protocol], family)
    return texts


def _service(protocol: Protocol, wanted: list[PortService], family: int | None) -> list[str]:
    if protocol is Protocol.ICMP:
        return _icmp(wanted, family)
    if protocol.has_ports and all(service.first is not None for service in wanted):
        return [f"{protocol} dport {_set([_ports(service) for service in _disjoint(wanted)])}"]
    return [f"meta l4proto {_protocol(protocol)}"]


def _protocol(protocol: Protocol) -> str:
    return protocol.name if protocol.name in _NAMED else str(protocol.number)


def _disjoint(wanted: list[PortService]) -> list[PortService]:
    """Port ranges without overlaps, sorted: nft refuses overlapping intervals in a set."""
    merged: list[PortService] = []
    for service in sorted(wanted, key=lambda s: (s.first or 0, s.last or 0)):
        assert service.first is not None
        assert service.last is not None
        last = merged[-1] if merged else None
        if last is not None and last.last is not None and service.first <= last.last + 1:
            merged[-1] = PortService(service.protocol, last.first, max(last.last, service.last))
        else:
            merged.append(PortService(service.protocol, service.first, service.last))
    return merged


def _icmp(wanted: list[PortService], family: int | None) -> list[str]:
    versions = {4: "icmp", 6: "icmpv6"}
    kept = [family] if family is not None else [4, 6]
    if any(service.icmp_type is None for service in wanted):
        return [f"meta l4proto {_set([versions[version] for version in kept])}"]
    texts = []
    for version in kept:
        forms = [MESSAGES[service.icmp_type].form(version) for service in wanted if service.icmp_type is not None]
        types = [form[0] for form in forms if form is not None and form[1] is None]
        if types:
            texts.append(f"{versions[version]} type {_set(types)}")
        for kind, code in dict.fromkeys(form for form in forms if form is not None and form[1] is not None):
            texts.append(f"{versions[version]} type {kind} {versions[version]} code {code}")
    return texts


def _ports(service: PortService) -> str:
    return str(service.first) if service.first == service.last else f"{service.first}-{service.last}"


def _set(members: Sequence[str]) -> str:
    unique = list(dict.fromkeys(members))
    return unique[0] if len(unique) == 1 else "{ " + ", ".join(unique) + " }"

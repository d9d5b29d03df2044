"""What a node's rules say to a packet: the same as the nft rules that the payload makes of them.

A tunnelled packet comes and goes by the outer interface with the kernel's ESP, by `ipsec0` with that of user space; the
payload writes each rule so that both mean the same (backends/nftables/match.py), and so does this module.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from netdsl.dataclass import dataclass
from netdsl.ir.ends import Ends
from netdsl.ir.filter import (
    Chain,
    DestinationNat,
    FilterRule,
    Firewall,
    Match,
    SourceNat,
    State,
    TunnelAccept,
    Verdict,
    WhileTunnel,
)
from netdsl.ir.icmp import is_kind_of
from netdsl.ir.ids import NodeId, Prefix, TunnelId
from netdsl.ir.service import PortService, Protocol
from netdsl.ir.tunnel import Carrier
from netdsl.packets.identical import Identical
from netdsl.packets.lines import PORTED, lines_for, translations_for
from netdsl.packets.steering import EPHEMERAL
from netdsl.packets.types import Outcome, Packet
from netdsl.packets.view import View
from netdsl.source import Place

ANSWERS = (State.ESTABLISHED, State.RELATED)
"""What a filter accepts before its lines."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A packet as rules see it. `came`: a policy took it out of a tunnel; `goes`: one will take it into a tunnel."""

    packet: Packet
    in_interface: str | None
    out_interface: str | None
    came: bool
    goes: bool
    state: State = State.NEW


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a chain decided: the verdict, the statement, in words."""

    verdict: Verdict
    origin: Place | None
    text: str


IsActive = Callable[[WhileTunnel], bool]


def service_fits(service: PortService, packet: Packet) -> bool:
    """Whether a packet is of a service, its destination port counted."""
    protocol, kind = packet.protocol, packet.icmp_type
    if packet.is_error:
        protocol, kind = Protocol.ICMP, packet.icmp_type or "port-unreachable"
    if service.protocol != protocol:
        return False
    if protocol is Protocol.ICMP:
        return is_kind_of(kind, service.icmp_type)
    if service.first is None or protocol not in PORTED:
        return True
    return service.first <= packet.destination_port <= (service.last or service.first)


def _is_of_any(services: Sequence[PortService], packet: Packet) -> bool:
    for service in services:  # noqa: SIM110 - as in `in_any`
        if service_fits(service, packet):
            return True
    return False


def matches(match: Match, sight: Sight, chain: Chain | None, tunnels: Mapping[TunnelId, Ends]) -> bool:
    """`chain` None: a chain of address translation. Exceptions are not looked at here."""
    packet = sight.packet
    if (match.states and sight.state not in match.states) or not has_flags(match, packet):
        return False
    if match.services and not _is_of_any(match.services, packet):
        return False
    if match.destinations and not packet.is_for(match.destinations):
        return False
    if match.through or match.through_kinds:
        if not _is_tunnelled(match, sight, chain, tunnels):
            return False
    elif match.in_interfaces or match.out_interfaces:
        names = ((match.in_interfaces, sight.in_interface), (match.out_interfaces, sight.out_interface))
        if not all(_is_by(wanted, name, match, tunnels) for wanted, name in names):
            return False
    return not match.sources or packet.is_from(match.sources)


def has_flags(match: Match, packet: Packet) -> bool:
    """Whether a packet has the TCP flags that a rule asks for."""
    if not match.flags and not match.not_flags:
        return True
    is_tcp = packet.protocol is Protocol.TCP and not packet.is_error
    return is_tcp and packet.flags.issuperset(match.flags) and packet.flags.isdisjoint(match.not_flags)


def _is_by(wanted: Sequence[str], name: str | None, match: Match, tunnels: Mapping[TunnelId, Ends]) -> bool:
    if not wanted or name in wanted:
        return True
    if name is None:
        return False
    seen = (ends for ends in tunnels.values() if ends.kind not in match.not_through_kinds)
    return any(ends.stand_in == name and ends.outer in wanted for ends in seen)


def _is_tunnelled(match: Match, sight: Sight, chain: Chain | None, tunnels: Mapping[TunnelId, Ends]) -> bool:
    meant = [tunnels[name] for name in match.through if name in tunnels]  # before lowering a lab has none
    for kind in match.through_kinds:
        meant += _of_kind(kind, tunnels)
    return any(_is_through(ends, match, sight, chain) for ends in meant)


def _of_kind(kind: str, tunnels: Mapping[TunnelId, Ends]) -> Iterator[Ends]:
    """Every tunnel of a kind that the node has: of those by policies, whatever their prefixes."""
    of_kind = (ends for ends in tunnels.values() if ends.kind == kind)
    return (replace(ends, pairs=(((), ()),)) if ends.device is None else ends for ends in of_kind)


def _is_through(ends: Ends, match: Match, sight: Sight, chain: Chain | None) -> bool:
    packet, ins, outs = sight.packet, match.in_interfaces, match.out_interfaces
    is_in_by, is_out_by = not ins or sight.in_interface in ins, not outs or sight.out_interface in outs
    if ends.device is not None:
        is_going = sight.out_interface == ends.device and chain is not Chain.INPUT
        is_coming = sight.in_interface == ends.device and chain is not Chain.OUTPUT
        return (is_going and is_in_by) or (is_coming and is_out_by)
    for local, remote in ends.pairs:
        is_going = sight.goes and chain is not Chain.INPUT and is_in_by
        if is_going and (is_out_by or _is_device(sight.out_interface, ends)) and _is_between(packet, local, remote):
            return True
        is_coming = sight.came and chain is not Chain.OUTPUT and is_out_by
        if is_coming and (is_in_by or _is_device(sight.in_interface, ends)) and _is_between(packet, remote, local):
            return True
    return False


def _is_device(name: str | None, ends: Ends) -> bool:
    return name is not None and name == ends.stand_in


def _is_between(packet: Packet, sources: Sequence[Prefix], destinations: Sequence[Prefix]) -> bool:
    """No prefixes: any address."""
    if destinations and not packet.is_for(destinations):
        return False
    return not sources or packet.is_from(sources)


# --- the three chains


def ruling(
    firewall: Firewall, chain: Chain, sight: Sight, tunnels: Mapping[TunnelId, Ends], is_active: IsActive
) -> Ruling:
    """Of a packet that is no answer and not local. `limit` is taken as not reached."""
    for rule in lines_for(firewall, chain, sight.packet):
        if isinstance(rule, TunnelAccept):
            if _is_of_tunnel(rule, chain, sight, tunnels):
                return Ruling(Verdict.ACCEPT, rule.origin, f"`accept tunnel {rule.tunnel}`")
        elif (rule.state is None or is_active(rule.state)) and matches(rule.match, sight, chain, tunnels):
            return by_rule(rule)
    return by_policy(firewall, chain)


MOST_EDGES = 64
CHOSEN_BY_NAT, UNPRIVILEGED = range(1024, 2048), range(1024, 65536)
"""The first of the ports that NAT may choose for a second flow, and all of them: Linux takes any (`Tracker.unique`)."""


def is_by_port(firewall: Firewall, chain: Chain, sight: Sight, view: View) -> bool:
    """Whether the verdict on a packet for a client's port is another one if the client chose another port, or may be: of
    more than `MOST_EDGES` ports that the lines which it fits tell apart none is tried."""
    chosen = next((ports for ports in (EPHEMERAL, CHOSEN_BY_NAT) if sight.packet.destination_port in ports), None)
    if chosen is None or sight.packet.is_error:
        return False
    possible = EPHEMERAL if chosen is EPHEMERAL else UNPRIVILEGED
    edges_of = _edges(Identical(firewall), chain, sight.packet.protocol, possible)
    is_many = len(edges_of) > MOST_EDGES
    fitting = (edges for match, edges in edges_of.items() if is_many or matches(match, sight, chain, view.ends))
    edges = {possible[0]}.union(*fitting)
    if len(edges) > MOST_EDGES:
        return True
    packets = (replace(sight.packet, destination_port=edge) for edge in edges)
    sights = (replace(sight, packet=packet) for packet in packets)
    return len({ruling(firewall, chain, one, view.ends, view.is_active).verdict for one in sights}) > 1


@lru_cache(maxsize=1024)
def _edges(key: Identical[Firewall], chain: Chain, protocol: Protocol, possible: range) -> Mapping[Match, set[int]]:
    """Of these ports those at which a line's ports begin, or have ended, by what the lines ask for beside services."""
    found: dict[Match, set[int]] = {}
    for rule in key.value.rules:
        if isinstance(rule, FilterRule) and rule.chain is chain:
            asked = (one for one in rule.match.services if one.protocol is protocol and one.first is not None)
            edges = {edge for one in asked for edge in (one.first or 0, (one.last or one.first or 0) + 1)}
            found.setdefault(replace(rule.match, services=()), set()).update(edges.intersection(possible))
    return found


def by_rule(rule: FilterRule) -> Ruling:
    return Ruling(rule.verdict, rule.origin, f"`{spoken(rule.origin, f'{rule.verdict} {rule.chain}')}`")


def by_policy(firewall: Firewall, chain: Chain) -> Ruling:
    policy, origin = firewall.policy(chain)
    return Ruling(policy, origin, f"`policy {policy}` of the {chain} chain")


def refusal(found: Ruling, chain: Chain, node: NodeId) -> tuple[Outcome, str]:
    """Of a ruling that does not accept: what becomes of the packet, and why."""
    is_reject = found.verdict is Verdict.REJECT
    text = f"{'rejected' if is_reject else 'dropped'} by {found.text} at `{node}`"
    if chain is not Chain.FORWARD and "chain" not in found.text:
        text += f" ({chain})"
    return (Outcome.REJECTED if is_reject else Outcome.DROPPED), text


def spoken(origin: Place | None, otherwise: str) -> str:
    """A statement's first line, as it stands in the source."""
    if origin is None:
        return otherwise
    text = " ".join(origin.head.span.text.split("#", 1)[0].split())
    return text if len(text) <= 100 else f"{text[:97]}..."


def _is_of_tunnel(rule: TunnelAccept, chain: Chain, sight: Sight, tunnels: Mapping[TunnelId, Ends]) -> bool:
    packet, is_in = sight.packet, chain is Chain.INPUT
    here, there = packet.destination_port, packet.source_port
    if not is_in:
        here, there = there, here
    ends = tunnels.get(rule.tunnel)
    interface = sight.in_interface if is_in else sight.out_interface
    is_bound = ends is not None and ends.outer is not None and ends.device is None
    if ends is not None and is_bound and interface != ends.outer:
        return False
    version = packet.source.version
    local = [address for address in rule.local if address.version == version]
    peers = [address for address in rule.peers if address.version == version]
    if not (local or peers) or (rule.peers and not peers):
        return False
    carriers = [one for one in rule.carriers if not one.is_inside or (is_in and sight.came)]
    if not any(_is_carried(carrier, packet, here, there if rule.peers else None) for carrier in carriers):
        return False
    destinations, sources = (local, peers) if is_in else (peers, local)
    if destinations and not packet.is_for_one(destinations):
        return False
    return not sources or packet.is_from_one(sources)


def _is_carried(carrier: Carrier, packet: Packet, here: int, there: int | None) -> bool:
    """`there` None: a peer of unknown address, whose port translation may have changed."""
    if packet.protocol != carrier.protocol or packet.is_error:
        return False
    if not carrier.ports:
        return True
    if not carrier.is_symmetric:
        return packet.destination_port in carrier.ports
    return here in carrier.ports and (there is None or there in carrier.ports)


# --- address translation


def destination_nat(
    rules: Sequence[DestinationNat],
    sight: Sight,
    tunnels: Mapping[TunnelId, Ends],
    is_active: IsActive,
    *,
    is_output: bool,
) -> DestinationNat | None:
    """The rule that decides; it may leave a packet as it is."""
    packet = sight.packet
    for rule in translations_for(rules, packet):
        if rule.address.version != packet.destination.version or (is_output and rule.match.in_interfaces):
            continue
        if rule.state is not None and not is_active(rule.state):
            continue
        chain = Chain.OUTPUT if is_output else Chain.INPUT
        if matches(rule.match, sight, None, tunnels) and not _is_excepted(rule.match, sight, chain, tunnels):
            if rule.prefix is None:
                packet.is_for_one((rule.address,))  # a packet for it is not changed, and those like it are
            return rule
    return None


def source_nat(
    rules: Sequence[SourceNat], sight: Sight, tunnels: Mapping[TunnelId, Ends], is_active: IsActive
) -> SourceNat | None:
    """The rule that changes the source; none where it is what it would become."""
    packet = sight.packet
    for rule in translations_for(rules, packet):
        if rule.state is not None and not is_active(rule.state):
            continue
        if rule.address is not None and rule.address.version != packet.source.version:
            continue
        if not matches(rule.match, sight, None, tunnels) or _is_excepted(rule.match, sight, Chain.OUTPUT, tunnels):
            continue
        if rule.address is None or rule.prefix is not None or not packet.is_from_one((rule.address,)):
            return rule
    return None


def _is_excepted(match: Match, sight: Sight, chain: Chain, tunnels: Mapping[TunnelId, Ends]) -> bool:
    through = Match(through=match.not_through, through_kinds=match.not_through_kinds)
    if _is_tunnelled(through, sight, chain, tunnels):
        return True
    if match.not_sources and sight.packet.is_from(match.not_sources):
        return True
    return bool(match.not_destinations) and sight.packet.is_for(match.not_destinations)

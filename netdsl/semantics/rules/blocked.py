"""Rules on what a firewall keeps from its own node: the packets of its tunnels, and its services.

Both look at what no line says. A line that drops the packets by name is taken for the author's wish in the case of a
tunnel; `policy drop`, and a line that drops everything, are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from netdsl.diagnostics.catalogue import SERVICE_BLOCKED, TUNNEL_BLOCKED_BY_FIREWALL
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.filter import Chain, Verdict
from netdsl.ir.ids import NodeId, TunnelId
from netdsl.ir.service import BUILT_IN_SERVICES, PortService, Protocol, port
from netdsl.semantics.bindings import (
    BoundChild,
    BoundEnd,
    BoundFirewall,
    BoundMatch,
    BoundNode,
    BoundRule,
    BoundService,
    BoundTunnel,
    BoundTunnelAccept,
)
from netdsl.semantics.rules.blocks import Block, Blocks, all_covered, block_of_address
from netdsl.semantics.rules.covering import service_covers, services_cover, services_overlap
from netdsl.semantics.rules.facts import Facts, ports_of
from netdsl.semantics.rules.ways import Ways
from netdsl.source import Place

IKE = port(Protocol.UDP, 500)
CARRIERS = {"esp": (PortService(Protocol.ESP), port(Protocol.UDP, 4500)), "ah": (PortService(Protocol.AH),)}
"""What carries a child's packets: either will do (RFC 3948: ESP in UDP where there is NAT, and from user space)."""


def check_blocked(facts: Facts, ways: Ways, diagnostics: Diagnostics) -> None:
    for tunnel in facts.bindings.tunnels.values():
        _tunnel(tunnel, facts, ways, diagnostics)
    for node in facts.nodes:
        if node.firewall is not None:
            for service in node.services:
                _service(node, node.firewall, service, diagnostics)


# --- tunnels


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of a tunnel as one end's firewall sees it: by which interface, between which addresses.

    An empty `peer`: an address that a node on the way chose.
    """

    chain: Chain
    interface: str
    own: Block
    peer: Blocks


def _tunnel(tunnel: BoundTunnel, facts: Facts, ways: Ways, diagnostics: Diagnostics) -> None:
    told: set[NodeId] = set()
    first = tunnel.ends[0]
    for other in tunnel.ends[1:]:
        if not any(facts.bindings.nodes[end.node].firewall is not None for end in (first, other)):
            continue
        for end, chain in _blocking(tunnel, first, other, facts, ways):
            if end.node not in told:
                told.add(end.node)
                _report_tunnel(tunnel, end, chain, facts, diagnostics)


def _report_tunnel(tunnel: BoundTunnel, end: BoundEnd, chain: Chain, facts: Facts, diagnostics: Diagnostics) -> None:
    firewall = facts.bindings.nodes[end.node].firewall
    assert firewall is not None, "what blocks is a firewall"
    diagnostics.report(
        TUNNEL_BLOCKED_BY_FIREWALL,
        f"the firewall of `{end.node}` drops the packets of its own tunnel `{tunnel.id}`",
        firewall.place,
        f"nothing lets IKE and {_carrier(tunnel).upper()} through in the {chain} chain",
        related=(Label(end.place, f"an end of `{tunnel.id}`"),),
        help=f"`accept tunnel {tunnel.id}`",
    )


def _blocking(
    tunnel: BoundTunnel, first: BoundEnd, other: BoundEnd, facts: Facts, ways: Ways
) -> list[tuple[BoundEnd, Chain]]:
    """Who keeps the two ends apart. Answers always pass, so one end that can open the tunnel is enough."""
    found: list[dict[NodeId, Chain]] = []
    for source, target in ((first, other), (other, first)):
        if source.node not in _openers(tunnel, other):
            continue
        steps = ((source, Chain.OUTPUT, target), (target, Chain.INPUT, source))
        found.append(
            {end.node: chain for end, chain, peer in steps if not _lets_tunnel(tunnel, end, chain, peer, facts, ways)}
        )
    if not found or not all(found):
        return []
    in_any_case = set.intersection(*map(set, found)) or set.union(*map(set, found))
    chains = {node: chain for each in reversed(found) for node, chain in each.items()}
    return [(end, chains[end.node]) for end in (first, other) if end.node in in_any_case]


def _openers(tunnel: BoundTunnel, other: BoundEnd) -> frozenset[NodeId]:
    """Who may send the first packet between the first end and another one."""
    first = tunnel.ends[0].node
    found: set[NodeId] = set()
    for child in tunnel.children_of.get(other.node, ()):
        if child.start.by:
            found.update(child.start.by)
        elif child.start.when == "at boot":
            found.add(other.node if other.role == "client" else first)
        else:
            found.update((first, other.node))
    return frozenset(found)


def _carrier(tunnel: BoundTunnel) -> str:
    return next((child.protocol for child in _children(tunnel)), "esp")


def _children(tunnel: BoundTunnel) -> Iterator[BoundChild]:
    for children in tunnel.children_of.values():
        yield from children


def _lets_tunnel(tunnel: BoundTunnel, end: BoundEnd, chain: Chain, peer: BoundEnd, facts: Facts, ways: Ways) -> bool:
    firewall = facts.bindings.nodes[end.node].firewall
    if firewall is None:
        return True
    is_translated = ways.walk(peer.node, end.outer, (block_of_address(peer.outer),)).is_translated
    packet = Packet(
        chain,
        end.interface,
        block_of_address(end.outer),
        () if is_translated else (block_of_address(peer.outer),),
    )
    lets = partial(_lets, firewall, packet, tunnel.id, facts)
    return lets(IKE) and any(lets(carrier) for carrier in CARRIERS[_carrier(tunnel)])


def _lets(firewall: BoundFirewall, packet: Packet, tunnel: TunnelId, facts: Facts, service: PortService) -> bool:
    if any(isinstance(rule, BoundTunnelAccept) and rule.tunnel == tunnel for rule in firewall.rules):
        return True  # behind a line that takes all, that line is the mistake, and told
    for rule in firewall.rules:
        if isinstance(rule, BoundRule) and packet.chain in rule.chains and _takes(rule.match, packet, service, facts):
            return rule.verdict is Verdict.ACCEPT or _says_which(rule.match)
    return firewall.policies.get(packet.chain, Verdict.ACCEPT) is Verdict.ACCEPT


def _says_which(match: BoundMatch) -> bool:
    """Whether a line means these packets, and not just all."""
    return bool(match.services or match.sources or match.destinations)


def _takes(match: BoundMatch, packet: Packet, service: PortService, facts: Facts) -> bool:
    if match.through or match.any_ipsec:
        return False
    if match.services and not any(service_covers(one, service) for one in match.services):
        return False
    own, peer, interfaces = match.destinations, match.sources, match.in_interfaces
    if packet.chain is Chain.OUTPUT:
        own, peer, interfaces = match.sources, match.destinations, match.out_interfaces
    if interfaces and all(placed.value != packet.interface for placed in interfaces):
        return False
    is_own = not own or all_covered((packet.own,), facts.blocks_of_all(own))
    return is_own and (not peer or all_covered(packet.peer, facts.blocks_of_all(peer)))


# --- services


def _service(node: BoundNode, firewall: BoundFirewall, service: BoundService, diagnostics: Diagnostics) -> None:
    blockers = [_blocker(firewall, port) for port in ports_of(service)]
    blocker = blockers[0]
    if blocker is None or None in blockers:
        return
    what = _spoken(service.service)
    diagnostics.report(
        SERVICE_BLOCKED,
        f"`{node.id}` serves `{service.name}` on {service.service}, and its own firewall lets nobody in",
        service.place,
        related=(Label(blocker, "dropped here"),),
        help=f"`accept input {what}`",
    )


def _spoken(service: PortService) -> str:
    """A service by its name, where it has one of its own."""
    named = (name for name, services in BUILT_IN_SERVICES.items() if services == (service,))
    return next(named, str(service))


def _blocker(firewall: BoundFirewall, service: PortService) -> Place | None:
    """The line (or the whole block, for its policy) that keeps everybody from a service."""
    for rule in firewall.rules:
        if not isinstance(rule, BoundRule) or Chain.INPUT not in rule.chains:
            continue
        match = rule.match
        if rule.verdict is Verdict.ACCEPT:
            if not match.services or any(services_overlap(one, service) for one in match.services):
                return None
        elif _takes_all(rule, service):
            return rule.place
    return firewall.place if firewall.policies.get(Chain.INPUT, Verdict.ACCEPT) is not Verdict.ACCEPT else None


def _takes_all(rule: BoundRule, service: PortService) -> bool:
    match = rule.match
    is_narrow = bool(
        match.sources
        or match.destinations
        or match.in_interfaces
        or match.through
        or match.any_ipsec
        or rule.limit
        or rule.state
    )
    return not is_narrow and services_cover(match.services, (service,))

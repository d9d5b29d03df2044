"""Packet filters and address translation: names become addresses."""

from collections.abc import Iterator
from dataclasses import replace

from netdsl.ir.filter import (
    Chain,
    DestinationNat,
    FilterRule,
    Firewall,
    Match,
    Nat,
    SourceNat,
    TunnelAccept,
    Verdict,
    WhileTunnel,
)
from netdsl.ir.ids import Address, Prefix
from netdsl.ir.prefixes import first_of_family, of_family, unique
from netdsl.ir.tunnel import TunnelEnd
from netdsl.lower.directory import Directory, interface_addresses
from netdsl.lower.outer import OuterPackets
from netdsl.semantics.bindings import (
    BoundDestinationNat,
    BoundFirewall,
    BoundMatch,
    BoundNode,
    BoundSourceNat,
    BoundState,
    BoundTunnelAccept,
    Placed,
    Who,
)
from netdsl.semantics.defaults import POLICY_OF_UNNAMED_CHAINS
from netdsl.semantics.macs import UPLINK

FAMILIES = (4, 6)


def lower_firewall(
    directory: Directory,
    outer: OuterPackets,
    node: BoundNode,
    firewall: BoundFirewall,
    ends: tuple[TunnelEnd, ...],
) -> Firewall:
    """All chains with their policies; a line for several chains is one rule for each, in the order of the source."""
    rules: list[FilterRule | TunnelAccept] = []
    for rule in firewall.rules:
        if isinstance(rule, BoundTunnelAccept):
            rules.append(_tunnel_accept(directory, outer, node, rule, ends))
            continue
        match = lower_match(directory, rule.match)
        state = _state(rule.state)
        rules += [
            FilterRule(rule.verdict, chain, match, rule.limit, rule.log, state, rule.place) for chain in rule.chains
        ]
    unnamed = Verdict(POLICY_OF_UNNAMED_CHAINS)
    policies = tuple((chain, firewall.policies.get(chain, unnamed)) for chain in Chain)
    places = tuple(firewall.policy_places.items())
    return Firewall(policies, tuple(rules), firewall.place, places, firewall.is_stateless)


def lower_match(directory: Directory, match: BoundMatch) -> Match:
    """A node is all its addresses, a network all its prefixes, a tunnel's end its address inside."""
    return Match(
        sources=directory.prefixes(match.sources),
        destinations=directory.prefixes(match.destinations),
        services=match.services,
        in_interfaces=tuple(placed.value for placed in match.in_interfaces),
        out_interfaces=tuple(placed.value for placed in match.out_interfaces),
        through=tuple(placed.value for placed in match.through),
        through_kinds=match.through_kinds,
        not_through=tuple(placed.value for placed in match.not_through),
        not_through_kinds=match.not_through_kinds,
        not_destinations=directory.prefixes(match.not_destinations),
        not_sources=directory.prefixes(match.not_sources),
        states=tuple(placed.value for placed in match.states),
        flags=tuple(placed.value for placed in match.flags),
        not_flags=tuple(placed.value for placed in match.not_flags),
    )


def lower_nat(directory: Directory, node: BoundNode) -> Nat:
    """All translation of a node, in the order of the source; an uplink's masquerade last."""
    source = [rule for bound in node.source_nat for rule in _source_nat(directory, node, bound)]
    if node.uplink is not None:
        source.append(SourceNat(Match(out_interfaces=(UPLINK,)), None, origin=node.uplink))
    destination = (rule for bound in node.destination_nat for rule in _destination_nat(directory, node, bound))
    return Nat(tuple(destination), tuple(source))


def _state(state: BoundState | None) -> WhileTunnel | None:
    return None if state is None else WhileTunnel(state.tunnel, state.is_up, state.child)


def _tunnel_accept(
    directory: Directory,
    outer: OuterPackets,
    node: BoundNode,
    rule: BoundTunnelAccept,
    ends: tuple[TunnelEnd, ...],
) -> TunnelAccept:
    """The other ends' addresses, if all are known as they arrive here."""
    tunnel = directory.tunnels[rule.tunnel]
    own = [end for end in tunnel.ends if end.node == node.id]
    others = [end for end in tunnel.ends if end.node != node.id]
    if own and own[0].role == "client":
        others = list(tunnel.ends[:1])
    carriers = next((end.carriers for end in ends if end.tunnel == rule.tunnel), ())
    known = [outer.known(carriers[0], end, other) for end in own for other in others]
    return TunnelAccept(
        rule.tunnel,
        unique(end.outer for end in own),
        unique(address for each in known for address in each) if all(known) else (),
        carriers,
        rule.place,
    )


# --- address translation


def _destination_nat(directory: Directory, node: BoundNode, rule: BoundDestinationNat) -> Iterator[DestinationNat]:
    """One rule for each family in which the target has an address and a packet can match."""
    match = lower_match(directory, rule.match)
    if rule.is_map:
        for single, prefix in _maps(directory, match, rule.target):
            places = (_state(rule.state), rule.place, rule.target.place)
            yield DestinationNat(single, prefix.network_address, None, *places, _several(prefix))
        return
    candidates = directory.addresses_of(rule.target.value)
    port = None if rule.service is None else rule.service.first
    for version in FAMILIES:
        narrowed = _of_family(match, version)
        address = _nearest(directory, node, _of_version(candidates, version))
        if narrowed is not None and address is not None:
            yield DestinationNat(narrowed, address, port, _state(rule.state), rule.place, rule.target.place)


def _source_nat(directory: Directory, node: BoundNode, rule: BoundSourceNat) -> Iterator[SourceNat]:
    match = lower_match(directory, rule.match)
    state = _state(rule.state)
    if rule.target is not None and rule.is_map:
        for single, prefix in _maps(directory, match, rule.target):
            yield SourceNat(single, prefix.network_address, state, rule.place, rule.target.place, _several(prefix))
        return
    if rule.target is not None:
        candidates = directory.addresses_of(rule.target.value)
        for version in FAMILIES:
            narrowed, address = _of_family(match, version), first_of_family(version, candidates)
            if narrowed is not None and address is not None:
                yield SourceNat(narrowed, address, state, rule.place, rule.target.place)
        return
    for name in match.out_interfaces or tuple(interface.name for interface in node.interfaces):
        single = replace(match, out_interfaces=(name,))
        interface = node.interface(name)
        if interface is None:
            yield SourceNat(single, None, state, rule.place)
            continue
        for version in FAMILIES:
            narrowed, address = _of_family(single, version), first_of_family(version, interface_addresses(interface))
            if narrowed is not None and address is not None:
                yield SourceNat(narrowed, address, state, rule.place)


def _maps(directory: Directory, match: Match, target: Placed[Who]) -> Iterator[tuple[Match, Prefix]]:
    """Of a `netmap`, in each family that both sides have: what it takes, the prefix that its addresses become."""
    prefixes = directory.prefixes((target,))
    for version in FAMILIES:
        narrowed, into = _of_family(match, version), of_family(version, prefixes)
        if narrowed is not None and into:
            yield narrowed, into[0]


def _several(prefix: Prefix) -> Prefix | None:
    """The prefix, if it has more than one address."""
    return prefix if prefix.prefixlen < prefix.max_prefixlen else None


def _of_version(addresses: tuple[Address, ...], version: int) -> tuple[Address, ...]:
    return tuple(address for address in addresses if address.version == version)


def _nearest(directory: Directory, node: BoundNode, candidates: tuple[Address, ...]) -> Address | None:
    """Of a target's addresses one on a network of this node, or else the first."""
    near = (address for address in candidates if directory.interface_towards(node, address) is not None)
    return next(near, candidates[0] if candidates else None)


def _of_family(match: Match, version: int) -> Match | None:
    """The match for one family; None where it names only addresses of the other."""
    sources, destinations = of_family(version, match.sources), of_family(version, match.destinations)
    if (match.sources and not sources) or (match.destinations and not destinations):
        return None
    return replace(
        match,
        sources=sources,
        destinations=destinations,
        not_destinations=of_family(version, match.not_destinations),
        not_sources=of_family(version, match.not_sources),
    )

"""Rules on what the lines of a firewall or NAT block say: names, families, chains, tunnels."""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics.catalogue import (
    AMBIGUOUS_NODE_ADDRESS,
    CHAIN_INTERFACE_MISMATCH,
    FAMILY_MISMATCH,
    NEEDS_TRACKING,
    THROUGH_BEFORE_NAT,
    TUNNEL_NOT_OF_NODE,
)
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.filter import Chain
from netdsl.ir.ids import TunnelId
from netdsl.semantics.bindings import (
    BoundEnd,
    BoundFirewall,
    BoundMatch,
    BoundNode,
    BoundRule,
    BoundSourceNat,
    BoundState,
    BoundTunnel,
    BoundTunnelAccept,
    Placed,
    Who,
    WhoNode,
)
from netdsl.semantics.rules.blocks import any_overlap
from netdsl.semantics.rules.facts import Facts, Owner, end_of, excepts, families, seen_from
from netdsl.semantics.rules.order import check_order
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a firewall or NAT block, as far as they have things in common."""

    match: BoundMatch
    state: BoundState | None
    place: Place


def lines(node: BoundNode) -> Iterator[Line]:
    rules = node.firewall.rules if node.firewall is not None else ()
    for rule in rules:
        if isinstance(rule, BoundRule):
            yield Line(rule.match, rule.state, rule.place)
    for dnat in node.destination_nat:
        yield Line(dnat.match, dnat.state, dnat.place)
    for snat in node.source_nat:
        yield Line(snat.match, snat.state, snat.place)


def check_filters(facts: Facts, diagnostics: Diagnostics) -> None:
    for node in facts.nodes:
        for line in lines(node):
            _ambiguous_addresses(line, facts, diagnostics)
            _two_families(line, facts, diagnostics)
        _tunnels_of_others(node, facts, diagnostics)
        if node.firewall is not None:
            _interfaces_of_chains(node, node.firewall, diagnostics)
            _before_nat(node, node.firewall, facts, diagnostics)
            check_order(node, node.firewall, facts, diagnostics)
            if node.firewall.is_stateless:
                _untracked(node, node.firewall, diagnostics)


def _untracked(node: BoundNode, firewall: BoundFirewall, diagnostics: Diagnostics) -> None:
    """What needs connection tracking: `state`, and translation, whose answers are translated back by it."""
    states = (
        rule.match.states[0].place for rule in firewall.rules if isinstance(rule, BoundRule) and rule.match.states
    )
    translations = (*(rule.place for rule in node.destination_nat), *(rule.place for rule in node.source_nat))
    uplinks = () if node.uplink is None else (node.uplink,)
    needing = (
        *((place, "`state`", "TCP's `flags` tell answers from requests without it: `flags ack`") for place in states),
        *((place, "address translation", "NAT in another node, or no `stateless`") for place in translations),
        *((place, "`uplink nat`", "the uplink in another node, or no `stateless`") for place in uplinks),
    )
    for place, what, advice in needing:
        related = (Label(firewall.place, "tracks no connections"),)
        message = f"{what} needs connection tracking, and the firewall of `{node.id}` is stateless"
        diagnostics.report(NEEDS_TRACKING, message, place, related=related, help=advice)


# --- names


def _ambiguous_addresses(line: Line, facts: Facts, diagnostics: Diagnostics) -> None:
    match = line.match
    for placed in (*match.sources, *match.destinations, *match.not_destinations, *match.not_sources):
        if isinstance(placed.value, WhoNode):
            clash = _clash(placed.value, facts)
            if clash is not None:
                _report_ambiguous(placed, *clash, facts, diagnostics)


def _clash(who: WhoNode, facts: Facts) -> tuple[Owner, Owner] | None:
    """An address of the node that another node has too, on another segment (on the same one it is a mistake of its own)."""
    for owner in facts.owned[who.node]:
        for other in facts.owners[owner.address.ip]:
            if other.node != who.node and facts.segment(other) != facts.segment(owner):
                return owner, other
    return None


def _report_ambiguous(placed: Placed[Who], owner: Owner, other: Owner, facts: Facts, diagnostics: Diagnostics) -> None:
    unique = (one for one in facts.owned[owner.node] if len(facts.owners[one.address.ip]) == 1)
    meant = next((one for one in unique if one.interface is not None), owner)
    diagnostics.report(
        AMBIGUOUS_NODE_ADDRESS,
        f"`{owner.node}` stands for all its addresses here, and {owner.address.ip} is `{other.node}`'s too",
        placed.place,
        related=(Label(other.place, f"`{other.name}` has the same address"),),
        help=f"name the interface that is meant: `{meant.name}`",
    )


def _two_families(line: Line, facts: Facts, diagnostics: Diagnostics) -> None:
    if not line.match.sources or not line.match.destinations:
        return
    sources = families(facts.blocks_of_all(line.match.sources))
    destinations = families(facts.blocks_of_all(line.match.destinations))
    if sources and destinations and not sources & destinations:
        placed = line.match.destinations[0]
        diagnostics.report(
            FAMILY_MISMATCH,
            f"from IPv{min(sources)} to IPv{min(destinations)}: no packet has addresses of both families",
            placed.place,
            f"IPv{min(destinations)}",
            related=(Label(line.match.sources[0].place, f"IPv{min(sources)}"),),
        )


def _tunnels_of_others(node: BoundNode, facts: Facts, diagnostics: Diagnostics) -> None:
    mine = frozenset(tunnel.id for tunnel in facts.tunnels_of.get(node.id, ()))
    for name, place in _named_tunnels(node):
        if name in mine:
            continue
        tunnel = facts.bindings.tunnels[name]
        ends = " and ".join(f"`{end}`" for end in tunnel.nodes[:2])
        diagnostics.report(
            TUNNEL_NOT_OF_NODE,
            f"`{node.id}` is no end of tunnel `{name}`",
            place,
            related=(Label(tunnel.place, f"between {ends}" + (" and others" if len(tunnel.nodes) > 2 else "")),),
            help=f"`{node.id}` sees its outer packets only: filter those, or do it at an end",
        )


def _named_tunnels(node: BoundNode) -> Iterator[tuple[TunnelId, Place]]:
    for line in lines(node):
        for placed in (*line.match.through, *line.match.not_through):
            yield placed.value, placed.place
        if line.state is not None:
            yield line.state.tunnel, line.state.place
    for rule in node.firewall.rules if node.firewall is not None else ():
        if isinstance(rule, BoundTunnelAccept):
            yield rule.tunnel, rule.place


WITHOUT = {Chain.INPUT: "out", Chain.OUTPUT: "in"}
"""What a packet does not have in a chain: one that comes in has not chosen where to leave by."""


def _interfaces_of_chains(node: BoundNode, firewall: BoundFirewall, diagnostics: Diagnostics) -> None:
    for rule in firewall.rules:
        if not isinstance(rule, BoundRule):
            continue
        for chain in rule.chains:
            word = WITHOUT.get(chain)
            names = rule.match.out_interfaces if word == "out" else rule.match.in_interfaces
            if word is None or not names:
                continue
            other = "in" if word == "out" else "out"
            diagnostics.report(
                CHAIN_INTERFACE_MISMATCH,
                f"a packet in the {chain} chain has no `{word}` interface",
                names[0].place,
                help=f"`{other} {names[0].value}`, or `{rule.verdict} forward …` for what passes through `{node.id}`",
            )


# --- through a tunnel


def _before_nat(node: BoundNode, firewall: BoundFirewall, facts: Facts, diagnostics: Diagnostics) -> None:
    """The forward chain sees a packet before its source is translated. Where the tunnel carries the node's own address
    alone, a forwarded packet is not on its way into the tunnel then."""
    for rule in firewall.rules:
        if not isinstance(rule, BoundRule) or Chain.FORWARD not in rule.chains:
            continue
        for placed in rule.match.through:
            end = only_own_addresses(node, placed.value, facts)
            nat = _translating(node, end.interface, facts.bindings.tunnels[placed.value]) if end is not None else None
            if end is None or nat is None or not _leaves_by(rule.match, node, end, facts, placed.value):
                continue
            diagnostics.report(
                THROUGH_BEFORE_NAT,
                f"no packet of this rule is in tunnel `{placed.value}` yet when the forward chain sees it",
                placed.place,
                f"carries `{node.id}`'s own address only",
                related=(Label(nat.place, "this brings packets into the tunnel, after the forward chain"),),
                help=f"`while {placed.value} up` instead of `through {placed.value}`",
            )


def _translating(node: BoundNode, interface: str, tunnel: BoundTunnel) -> BoundSourceNat | None:
    """The first rule that changes the source of what leaves by an interface, a tunnel's packets included."""
    for rule in node.source_nat:
        match = rule.match
        outs = match.out_interfaces
        is_out = not outs or any(out.value == interface for out in outs)
        is_while_down = rule.state is not None and rule.state.tunnel == tunnel.id and not rule.state.is_up
        if is_out and not rule.is_map and not excepts(match, tunnel) and not is_while_down:
            return rule
    return None


def only_own_addresses(node: BoundNode, tunnel: TunnelId, facts: Facts) -> BoundEnd | None:
    """The node's end of a tunnel, if nothing but addresses of the node go into it there."""
    bound = facts.bindings.tunnels[tunnel]
    end = end_of(bound, node.id)
    local = [block for one in seen_from(node.id, bound) for block in one.local]
    own = facts.addresses_of[node.id]
    return end if end is not None and local and all(block in own for block in local) else None


def _leaves_by(match: BoundMatch, node: BoundNode, end: BoundEnd, facts: Facts, tunnel: TunnelId) -> bool:
    """Whether the rule is about packets on their way to the tunnel's other end, not about those that came from it."""
    remote = [block for one in seen_from(node.id, facts.bindings.tunnels[tunnel]) for block in one.remote]
    if match.out_interfaces:
        return any(out.value == end.interface for out in match.out_interfaces)
    if match.in_interfaces:
        return all(inward.value != end.interface for inward in match.in_interfaces)
    if match.sources:
        return not any_overlap(facts.blocks_of_all(match.sources), remote)
    if match.destinations:
        return any_overlap(facts.blocks_of_all(match.destinations), remote)
    return not node.destination_nat

"""Rules on address translation."""

from netdsl.diagnostics.catalogue import (
    FAMILY_MISMATCH,
    MASQUERADE_HITS_TUNNEL,
    NETMAP_UNEVEN,
    SAME_DNAT_TWICE,
)
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.tunnel import Mode
from netdsl.semantics.bindings import (
    BoundDestinationNat,
    BoundEnd,
    BoundNode,
    BoundSourceNat,
    BoundTunnel,
    Placed,
    Who,
    WhoInterface,
    WhoNode,
    WhoPrefix,
)
from netdsl.semantics.rules.blocks import Block, all_covered, any_overlap, block_of_address
from netdsl.semantics.rules.covering import Earlier, services_overlap, space_of
from netdsl.semantics.rules.facts import Facts, Selectors, end_of, excepts, families, seen_from


def check_nat(facts: Facts, diagnostics: Diagnostics) -> None:
    for node in facts.nodes:
        if node.destination_nat:
            _same_dnat_twice(node, facts, diagnostics)
        for dnat in node.destination_nat:
            if not dnat.is_map:
                _target_of_dnat(dnat, facts, diagnostics)
        for snat in node.source_nat:
            if snat.is_map and snat.target is not None:
                _maps_evenly(snat, snat.target, facts, diagnostics)
            elif snat.target is not None:
                _target_of_snat(snat, snat.target, facts, diagnostics)
            _hits_tunnels(node, snat, facts, diagnostics)


def _same_dnat_twice(node: BoundNode, facts: Facts, diagnostics: Diagnostics) -> None:
    earlier = Earlier()
    for index, rule in enumerate(node.destination_nat):
        space = space_of(rule.match, rule.state, False, facts)
        hider = earlier.covering(space)
        earlier.add(space, index)
        if hider is not None:
            first = node.destination_nat[hider]
            diagnostics.report(
                SAME_DNAT_TWICE,
                f"an earlier dnat of `{node.id}` takes all these packets",
                rule.place,
                f"never reaches {_written(rule.target.value)}",
                related=(Label(first.place, f"the first match wins: to {_written(first.target.value)}"),),
                help="tell them apart by service, `from`, `to` or `in`, or keep one",
            )


def _written(who: Who) -> str:
    match who:
        case WhoNode(node):
            return f"`{node}`"
        case WhoInterface(node, interface):
            return f"`{node}.{interface}`"
        case WhoPrefix(prefix):
            return str(prefix if prefix.prefixlen < prefix.max_prefixlen else prefix.network_address)
        case _:
            return "its target"


# --- targets


def _target_of_dnat(rule: BoundDestinationNat, facts: Facts, diagnostics: Diagnostics) -> None:
    matched = families(facts.blocks_of_all(rule.match.destinations) or facts.blocks_of_all(rule.match.sources))
    _check_family(rule.target, matched, facts, diagnostics)


def _target_of_snat(rule: BoundSourceNat, target: Placed[Who], facts: Facts, diagnostics: Diagnostics) -> None:
    matched = families(facts.blocks_of_all(rule.match.sources) or facts.blocks_of_all(rule.match.destinations))
    _check_family(target, matched, facts, diagnostics)


def _check_family(target: Placed[Who], matched: frozenset[int], facts: Facts, diagnostics: Diagnostics) -> None:
    given = families(facts.blocks_of(target.value))
    if matched and given and not matched & given:
        diagnostics.report(
            FAMILY_MISMATCH,
            f"IPv{min(matched)} packets cannot be translated to an IPv{min(given)} address",
            target.place,
            f"{_written(target.value)} has no IPv{min(matched)} address",
        )


def _maps_evenly(rule: BoundSourceNat, target: Placed[Who], facts: Facts, diagnostics: Diagnostics) -> None:
    """One address stands for one: in each family that both sides have, one prefix each, of one length."""
    source = rule.match.sources[0]
    _check_family(target, families(facts.blocks_of(source.value)), facts, diagnostics)
    for version in families(facts.blocks_of(source.value)) & families(facts.blocks_of(target.value)):
        ours, theirs = (
            [one for one in facts.blocks_of(who.value) if one.version == version] for who in (source, target)
        )
        if len(ours) == len(theirs) == 1 and ours[0].size == theirs[0].size:
            continue
        diagnostics.report(
            NETMAP_UNEVEN,
            f"`netmap` gives each address another, and the two sides have {_sizes(ours)} and {_sizes(theirs)}",
            target.place,
            _sizes(theirs),
            related=(Label(source.place, _sizes(ours)),),
            help="two prefixes of one length, or two addresses",
        )
        return


def _sizes(blocks: list[Block]) -> str:
    if len(blocks) == 1:
        return "one address" if blocks[0].size == 1 else f"{blocks[0].size} addresses"
    return f"{len(blocks)} prefixes or addresses"


# --- source NAT and tunnels


def _hits_tunnels(node: BoundNode, rule: BoundSourceNat, facts: Facts, diagnostics: Diagnostics) -> None:
    """Source NAT comes before the policies of tunnels: a packet whose source it changes no longer fits the tunnel.

    Into a device a packet is led by its route, whatever its source becomes.
    """
    hit = [
        (tunnel, end)
        for tunnel in facts.tunnels_of.get(node.id, ())
        if (end := end_of(tunnel, node.id)) is not None and _hits(node, rule, tunnel, end, facts)
    ]
    if not hit:
        return
    tunnel, end = hit[0]
    names = ", ".join(f"`{one.id}`" for one, _ in hit[:3]) + (" and others" if len(hit) > 3 else "")
    diagnostics.report(
        MASQUERADE_HITS_TUNNEL,
        f"`{rule.word}` changes the source of packets that belong into {names}, before the tunnel takes them",
        rule.place,
        "comes before the tunnel",
        related=(Label(end.place, f"this end of `{tunnel.id}` carries its networks, not its own address"),),
        help=_remedy(rule, [one for one, _ in hit]),
    )


def _remedy(rule: BoundSourceNat, tunnels: list[BoundTunnel]) -> str:
    name = tunnels[0].id if len(tunnels) == 1 else ", ".join(dict.fromkeys(tunnel.kind for tunnel in tunnels))
    if rule.is_map:
        return f"`netmap … except through {name}`, or a tunnel that protects what the addresses become"
    if rule.target is not None:
        return f"`masquerade out … except through {name}`, or `from` what the tunnel does not carry"
    out = f"out {rule.match.out_interfaces[0].value} " if rule.match.out_interfaces else ""
    return f"`masquerade {out}except through {name}`"


def _hits(node: BoundNode, rule: BoundSourceNat, tunnel: BoundTunnel, end: BoundEnd, facts: Facts) -> bool:
    match = rule.match
    outs = match.out_interfaces
    is_out = not outs or any(out.value == end.interface for out in outs)
    is_other = bool(match.through) and all(name.value != tunnel.id for name in match.through)
    is_while_down = rule.state is not None and rule.state.tunnel == tunnel.id and not rule.state.is_up
    if not is_out or excepts(match, tunnel) or is_other or is_while_down:
        return False
    return any(_hits_child(rule, one, facts) for one in seen_from(node.id, tunnel))


def _hits_child(rule: BoundSourceNat, one: Selectors, facts: Facts) -> bool:
    """Whether the child's packets are among those changed, and no longer the child's afterwards."""
    match = rule.match
    if one.child.mode is Mode.TRANSPORT or not one.local:
        return False
    if any(block.covers(block_of_address(one.end.outer)) for block in one.local):
        return False
    sources, excepted = facts.blocks_of_all(match.sources), facts.blocks_of_all(match.not_destinations)
    destinations, left_out = facts.blocks_of_all(match.destinations), facts.blocks_of_all(match.not_sources)
    only = one.child.only
    return (
        (not sources or any_overlap(sources, one.local))
        and (not destinations or any_overlap(destinations, one.remote))
        and not (excepted and all_covered(one.remote, excepted))
        and not (left_out and all_covered(one.local, left_out))
        and (not match.services or not only or any(services_overlap(a, b) for a in match.services for b in only))
    )

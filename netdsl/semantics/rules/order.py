"""The rule on firewall lines that no packet comes to."""

from netdsl.diagnostics.catalogue import RULE_NEVER_MATCHES
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.filter import Chain
from netdsl.ir.ids import TunnelId
from netdsl.packets.filtering import ANSWERS
from netdsl.semantics.bindings import (
    BoundFirewall,
    BoundMatch,
    BoundNode,
    BoundRule,
    BoundTunnelAccept,
    Placed,
    Who,
    WhoInterface,
    WhoNode,
)
from netdsl.semantics.rules.blocks import any_overlap
from netdsl.semantics.rules.covering import Earlier, space_of
from netdsl.semantics.rules.facts import Facts

Chains = dict[Chain, Earlier]


def check_order(node: BoundNode, firewall: BoundFirewall, facts: Facts, diagnostics: Diagnostics) -> None:
    chains: Chains = {chain: Earlier() for chain in Chain}
    accepted: dict[TunnelId, int] = {}
    for index, rule in enumerate(firewall.rules):
        match rule:
            case BoundTunnelAccept(tunnel):
                first = accepted.setdefault(tunnel, index)
                hider = first if first != index else _hiding_all(chains, facts)
            case BoundRule():
                hider = _hiding(rule, index, chains, facts)
                if hider is None:
                    _nobody_here(rule, node, facts, diagnostics)
                    if not firewall.is_stateless:
                        _answers_alone(rule, diagnostics)
        if hider is not None:
            diagnostics.report(
                RULE_NEVER_MATCHES,
                "no packet comes to this rule: an earlier one takes them all",
                rule.place,
                "never matches",
                related=(Label(firewall.rules[hider].place, "the first match wins"),),
                help="put it before that rule, or leave it out",
            )


def _hiding(rule: BoundRule, index: int, chains: Chains, facts: Facts) -> int | None:
    """The rule that completes the hiding: in each chain of this rule one before it takes all its packets."""
    space = space_of(rule.match, rule.state, rule.limit is not None, facts)
    hiders = [chains[chain].covering(space) for chain in rule.chains]
    for chain in rule.chains:
        chains[chain].add(space, index)
    found = [hider for hider in hiders if hider is not None]
    return max(found) if found and len(found) == len(hiders) else None


def _hiding_all(chains: Chains, facts: Facts) -> int | None:
    """Of `accept tunnel`, which looks at packets that come in and that go out."""
    everything = space_of(BoundMatch(), None, False, facts)
    came, left = chains[Chain.INPUT].covering(everything), chains[Chain.OUTPUT].covering(everything)
    return max(came, left) if came is not None and left is not None else None


def _nobody_here(rule: BoundRule, node: BoundNode, facts: Facts, diagnostics: Diagnostics) -> None:
    """What comes in is for the node itself, what goes out is from it, what is forwarded is neither."""
    match rule.chains:
        case (Chain.FORWARD,):
            _nobody_else(rule, node, facts, diagnostics)
            return
        case (Chain.INPUT,):
            word, names = "for", rule.match.destinations
        case (Chain.OUTPUT,):
            word, names = "from", rule.match.sources
        case _:
            return
    if names and all(_is_another(placed, node, facts) for placed in names):
        diagnostics.report(
            RULE_NEVER_MATCHES,
            f"a packet in the {rule.chains[0]} chain is {word} `{node.id}` itself, never {word} another node",
            names[0].place,
            "never matches",
            help=f"`{rule.verdict} forward …` is for what passes through `{node.id}`",
        )


def _answers_alone(rule: BoundRule, diagnostics: Diagnostics) -> None:
    states = rule.match.states
    if states and all(placed.value in ANSWERS for placed in states):
        diagnostics.report(
            RULE_NEVER_MATCHES,
            "answers are accepted before all lines of a firewall: no packet of this state comes to this rule",
            states[0].place,
            "never matches",
            help="leave the line out; lines see packets whose state is `new` or `invalid`",
        )


def _nobody_else(rule: BoundRule, node: BoundNode, facts: Facts, diagnostics: Diagnostics) -> None:
    ends = (("for", Chain.INPUT, rule.match.destinations), ("from", Chain.OUTPUT, rule.match.sources))
    for word, chain, names in ends:
        if not names or not all(_is_itself(placed, node, facts) for placed in names):
            continue
        diagnostics.report(
            RULE_NEVER_MATCHES,
            f"a packet in the forward chain passes through `{node.id}`, and is never {word} `{node.id}` itself",
            names[0].place,
            "never matches",
            help=f"`{rule.verdict} {chain} …` is for those",
        )
        return


def _is_itself(placed: Placed[Who], node: BoundNode, facts: Facts) -> bool:
    """Whether all that a name or address stands for is the node's own."""
    blocks = facts.blocks_of(placed.value)
    return bool(blocks) and all(block in facts.addresses_of[node.id] for block in blocks)


def _is_another(placed: Placed[Who], node: BoundNode, facts: Facts) -> bool:
    is_node = isinstance(placed.value, WhoNode | WhoInterface)
    return is_node and not any_overlap(facts.blocks_of(placed.value), facts.addresses_of[node.id])

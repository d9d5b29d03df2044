"""Rules on `expect` blocks: what names and families alone make impossible. Whether the rest holds is for the proof."""

from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.diagnostics.catalogue import DUPLICATE_EXPECTATION, EXPECT_IMPOSSIBLE
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.expectation import (
    Claim,
    Encrypted,
    Expectation,
    Goal,
    GoesThrough,
    OfTunnel,
    Reaches,
    Resolves,
    RoutesVia,
    StateClaim,
    TunnelUp,
)
from netdsl.ir.ids import NodeId
from netdsl.ir.service import PortService, Protocol
from netdsl.ir.service_kinds import listens_on
from netdsl.semantics.bindings import BoundDestinationNat, WhoTunnelEnd
from netdsl.semantics.rules.blocks import Blocks, any_overlap, block_of_address
from netdsl.semantics.rules.covering import services_overlap
from netdsl.semantics.rules.facts import Facts, families, interface_blocks
from netdsl.source import Place

Key = tuple[Claim | None, object, bool]
"""A claim, in which state, in a failure block or not."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a claim cannot hold, and what would."""

    message: str
    related: tuple[Label, ...] = ()
    help: str | None = None


def check_expectations(facts: Facts, diagnostics: Diagnostics) -> None:
    translations = tuple(rule for node in facts.nodes for rule in node.destination_nat)
    has_opposites = _has_opposites(facts)
    said: dict[Key, Place] = {}
    for expectation in facts.bindings.expectations:
        for line in expectation.lines:
            if line.origin is None:
                continue
            key = (line.claim, expectation.state, expectation.is_failure)
            first = said.setdefault(key, line.origin)
            is_one_file = first.span.source.name == line.origin.span.source.name  # an imported file says its own
            if is_one_file and first.span != line.origin.span:
                _report_twice(line.origin, first, diagnostics)
            if expectation.is_failure:
                continue
            opposite = said.get((_denied(line.claim), *key[1:])) if has_opposites else None
            reason = _contradiction(opposite) or _impossible(line.claim, expectation, translations, facts)
            if reason is not None:
                diagnostics.report(
                    EXPECT_IMPOSSIBLE, reason.message, line.origin, related=reason.related, help=reason.help
                )


def _has_opposites(facts: Facts) -> bool:
    """Whether anything is claimed and anything denied: as a rule the first is all."""
    signs = {_is_negative(line.claim) for expectation in facts.bindings.expectations for line in expectation.lines}
    return len(signs) > 1


def _is_negative(claim: Claim) -> bool:
    match claim:
        case Resolves() | RoutesVia():
            return False
        case _:
            return claim.is_negative


def _report_twice(place: Place, first: Place, diagnostics: Diagnostics) -> None:
    diagnostics.report(
        DUPLICATE_EXPECTATION,
        "the same is expected twice",
        place,
        related=(Label(first, "the first time"),),
        help="keep one",
    )


def _denied(claim: Claim) -> Claim | None:
    """The claim that cannot hold together with this one, where it can be said."""
    match claim:
        case Resolves() | RoutesVia():
            return None
        case _:
            return replace(claim, is_negative=not claim.is_negative)


def _contradiction(place: Place | None) -> Reason | None:
    if place is None:
        return None
    return Reason("this and an earlier line cannot both hold", (Label(place, "the opposite"),), "keep one")


def _impossible(
    claim: Claim, expectation: Expectation, translations: tuple[BoundDestinationNat, ...], facts: Facts
) -> Reason | None:
    match claim:
        case Reaches():
            return (
                _to_self(claim)
                or _without_tunnel(claim, expectation)
                or (None if claim.is_negative else _between(claim.source, claim.goal, facts))
                or (None if claim.is_negative else _unserved(claim, translations, facts))
            )
        case TunnelUp():
            return _taken_down(claim, expectation)
        case Encrypted() | GoesThrough():
            return None if claim.is_negative else _between(claim.source, claim.goal, facts)
        case Resolves() | RoutesVia():
            return None
        case OfTunnel():
            return _state_of_none(claim, expectation)


def _state_of_none(claim: StateClaim, expectation: Expectation) -> Reason | None:
    if _down(expectation) != claim.tunnel:
        return None
    return Reason(f"`{claim.tunnel}` has no such state while it is down")


def _to_self(claim: Reaches) -> Reason | None:
    if claim.goal.node != claim.source:
        return None
    if claim.is_negative:
        return Reason(f"`{claim.source}` always reaches itself")
    return Reason(f"`{claim.source}` reaching itself says nothing", help="name another node")


def _without_tunnel(claim: Reaches, expectation: Expectation) -> Reason | None:
    down = _down(expectation)
    if claim.is_negative or down is None or claim.through != (down,):
        return None
    return Reason(f"nothing goes through `{down}` while it is down")


def _taken_down(claim: TunnelUp, expectation: Expectation) -> Reason | None:
    state = expectation.state
    if state is None or state.tunnel != claim.tunnel:
        return None
    if state.is_up == claim.is_negative and claim.child is None:
        words = ("up", "down") if state.is_up else ("down", "up")
        return Reason(f"`{claim.tunnel}` cannot be {words[1]} while it is {words[0]}")
    return None


def _down(expectation: Expectation) -> str | None:
    state = expectation.state
    return state.tunnel if state is not None and not state.is_up else None


# --- families


def _between(source: NodeId, goal: Goal, facts: Facts) -> Reason | None:
    """Both ends need an address of one family, the one that is asked for. Each node has the loopback address of both."""
    mine, its = facts.families_of[source], _families(goal, facts)
    if goal.address is not None and goal.address.is_loopback:
        mine |= its
    asked = goal.family
    if asked is not None and asked not in mine:
        return Reason(f"`{source}` has no IPv{asked} address")
    if asked is not None and its and asked not in its:
        return Reason(f"{_spoken(goal)} has no IPv{asked} address")
    if mine and its and not mine & its:
        return Reason(f"`{source}` has IPv{min(mine)} only, and {_spoken(goal)} IPv{min(its)} only")
    return None


def _families(goal: Goal, facts: Facts) -> frozenset[int]:
    if goal.node is not None and goal.interface is None and goal.tunnel is None:
        return facts.families_of[goal.node]
    return families(_addresses(goal, facts))


def _addresses(goal: Goal, facts: Facts) -> Blocks:
    if goal.address is not None:
        return (block_of_address(goal.address),)
    if goal.node is None:
        return ()
    if goal.tunnel is not None:
        return facts.blocks_of(WhoTunnelEnd(goal.tunnel, goal.node))
    interface = facts.bindings.nodes[goal.node].interface(goal.interface) if goal.interface else None
    return interface_blocks(interface) if interface is not None else facts.addresses_of[goal.node]


def _spoken(goal: Goal) -> str:
    if goal.node is None:
        return str(goal.address)
    if goal.tunnel is not None:
        return f"`{goal.tunnel}.{goal.node}`"
    return f"`{goal.node}.{goal.interface}`" if goal.interface else f"`{goal.node}`"


# --- services


def _unserved(claim: Reaches, translations: tuple[BoundDestinationNat, ...], facts: Facts) -> Reason | None:
    """A service that the goal does not have and that nobody on the way could send elsewhere."""
    goal = claim.goal
    if goal.node is None or any(_may_translate(rule, goal, facts) for rule in translations):
        return None
    node = facts.bindings.nodes[goal.node]
    if claim.answered_by is not None and claim.answered_by[0] != goal.node:
        return Reason(
            f"`{claim.answered_by[0]}` cannot answer for {_spoken(goal)}: no dnat sends these packets there",
            (Label(node.place, "packets for it go there"),),
        )
    served = tuple(port for service in node.services for port in listens_on(service.kind, service.service))
    missing = next((one for one in goal.services if _has_ports(one) and not _is_served(one, served)), None)
    if missing is None or node.runs or node.image is not None:
        return None
    return Reason(
        f"`{goal.node}` does not serve {missing}",
        (Label(node.place, "nothing on that port"),),
        f"`serve {missing.protocol} {missing}` in `{goal.node}`, or another port here",
    )


def _has_ports(service: PortService) -> bool:
    return service.protocol in (Protocol.TCP, Protocol.UDP) and service.first is not None


def _is_served(wanted: PortService, served: tuple[PortService, ...]) -> bool:
    return any(services_overlap(wanted, one) for one in served)


def _may_translate(rule: BoundDestinationNat, goal: Goal, facts: Facts) -> bool:
    destinations = facts.blocks_of_all(rule.match.destinations)
    if destinations and not any_overlap(destinations, _addresses(goal, facts)):
        return False
    services = rule.match.services
    return (
        not services
        or not goal.services
        or any(services_overlap(one, other) for one in services for other in goal.services)
    )

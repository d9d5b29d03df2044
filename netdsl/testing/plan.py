"""From the lines of `expect` blocks to trials: one function for each kind of claim."""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import (
    Encrypted,
    GoesThrough,
    OfTunnel,
    Reaches,
    Resolves,
    RoutesVia,
    StateClaim,
    TunnelUp,
)
from netdsl.ir.tunnel import Start
from netdsl.packets.types import Outcome
from netdsl.packets.world import World
from netdsl.testing import agreed, reaching, reading, watching
from netdsl.testing.flows import Flow, controls_of, groups_of
from netdsl.testing.trial import Asked, Observed, Trial
from netdsl.testing.types import Seen
from netdsl.verify.types import Proof

FIRST_PACKET = 20.0
"""Seconds, in containers, for a tunnel that opens on traffic or comes back: the time that a peer may take to notice."""


FAILURE_KEPT = 8.0
"""Seconds: more than a server that asks others keeps a failure, or goes on to ask one that is silent."""


def trials(world: World, proofs: Sequence[Proof], mark: str, slowness: float) -> tuple[Trial, ...]:
    """A trial for each proof, in order. `world`: the lab in the state of the block.

    `mark`: a text that no other packet in the lab contains; `slowness`: the driver's factor for times, which does not
    apply to a `within` of the source.
    """
    expected = tuple(_expected_flows(world, proofs))
    plans = (_Plan(world, proof, expected, f"{mark}-{number}", slowness) for number, proof in enumerate(proofs))
    return tuple(_controlled(plan, _trial(plan)) for plan in plans)


@dataclass(frozen=True, slots=True)
class _Plan:
    world: World
    proof: Proof
    expected: tuple[Flow, ...]
    mark: str
    slowness: float

    @property
    def seconds(self) -> float:
        """The time limit of a line: its `within`; otherwise, where it holds, that of a tunnel, if one is involved, or that
        of a host which looks again whether an IPv6 next hop answers."""
        within = self.proof.expectation.within_seconds
        if within is not None:
            return within
        claim = self.proof.line.claim
        waits = any(verdict.tunnels for verdict in self.proof.verdicts) or isinstance(claim, TunnelUp | StateClaim)
        if isinstance(claim, Resolves) and self.proof.holds and not waits:
            return FAILURE_KEPT * self.slowness if claim.goal is not None and len(self.proof.verdicts) > 1 else 0.0
        looks = any(view.silent for view in self.world.fabric.views.values())
        return FIRST_PACKET * self.slowness if self.proof.holds and (waits or looks) else 0.0


def _trial(plan: _Plan) -> Trial:
    claim = plan.proof.line.claim
    world, mark, seconds = plan.world, plan.mark, plan.seconds
    match claim:
        case Reaches():
            groups = groups_of(world, plan.proof)
            if claim.is_negative:
                return reaching.cannot_reach(world, claim, groups, plan.expected, mark, seconds)
            return reaching.reaches(world, claim, groups, mark, seconds)
        case Encrypted():
            return watching.encrypted(world, claim, groups_of(world, plan.proof), mark, seconds)
        case GoesThrough():
            return watching.goes_through(world, claim, groups_of(world, plan.proof), mark, seconds)
        case TunnelUp():
            return reading.tunnel_up(world, claim, _first_packets(plan, claim), seconds)
        case Resolves():
            return reading.resolves(world, claim, seconds)
        case RoutesVia():
            return reading.routes_via(world, claim, seconds)
        case OfTunnel():
            return agreed.has_state(world, claim, _first_packets(plan, claim), seconds)
        case _:
            assert_never(claim)


def _controlled(plan: _Plan, trial: Trial) -> Trial:
    """In a failure block a line that does not hold counts, so it needs a control, as `cannot reach` does."""
    claim = plan.proof.line.claim
    if (
        not plan.proof.expectation.is_failure
        or not isinstance(claim, Reaches | Encrypted | GoesThrough)
        or not trial.asked
    ):
        return trial
    tested = [flow for group in groups_of(plan.world, plan.proof) for flow in group]
    controls = controls_of(plan.world, claim.source, plan.expected, tested)
    count = len(trial.asked)

    def evaluate(observed: Observed) -> Seen:
        seen = trial.evaluate(Observed(observed.replies[:count], observed.recorded))
        if seen.holds is not False or seen.control:
            return seen
        passed = controls.passed(observed.replies[count:])
        return Seen(None, controls.silence) if passed is None else replace(seen, control=passed)

    asked = (*trial.asked, *(Asked(claim.source, question) for question in controls.questions))
    return replace(trial, asked=asked, evaluate=evaluate)


def _first_packets(plan: _Plan, claim: TunnelUp | StateClaim) -> tuple[Flow, ...]:
    """For a tunnel that opens on traffic: flows of other lines that go through it."""
    ends = plan.world.lab.tunnel_ends(claim.tunnel)
    if not any(child.start is Start.TRAFFIC for end in ends for child in end.children):
        return ()
    return tuple(flow for flow in plan.expected if claim.tunnel in flow.predicted.tunnels)


def _expected_flows(world: World, proofs: Sequence[Proof]) -> Sequence[Flow]:
    """The flows of positive lines that are predicted to be answered."""
    found: list[Flow] = []
    for proof in proofs:
        claim = proof.line.claim
        if proof.holds and isinstance(claim, Reaches) and not claim.is_negative and not proof.expectation.is_failure:
            found += (flow for group in groups_of(world, proof) for flow in group)
    return [flow for flow in found if flow.predicted.outcome is Outcome.ANSWERED]

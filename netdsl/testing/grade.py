"""Points: the expectations of one lab, asked of another.

The rule: every line of a block (lists taken apart) is one point, and a failure block is one point as a whole. A line that
names what the other lab does not have is lost, and says so; a failure block is then without its line.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.expectation import (
    Encrypted,
    Expectation,
    Expected,
    Goal,
    GoesThrough,
    Reaches,
    Resolves,
    RoutesVia,
    TunnelUp,
    WhileState,
)
from netdsl.ir.lab import Lab
from netdsl.packets.world import World
from netdsl.testing.statements import shown_place
from netdsl.verify.expectations import prove
from netdsl.verify.sentences import block_text, claim_text


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one line. `holds` None: not known, which gives no point. `reason`: why (not)."""

    holds: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Point:
    """What one point is given for."""

    statement: str
    place: str
    is_won: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Grade:
    """One lab's points, in the order of the reference."""

    lab: str
    points: tuple[Point, ...]

    @property
    def won(self) -> int:
        return sum(point.is_won for point in self.points)

    @property
    def percent(self) -> float:
        """Of all points; 100 where there are none."""
        return 100 * self.won / len(self.points) if self.points else 100.0


Judge = Callable[[Lab], Sequence[Outcome]]
"""What becomes of each line of a lab's expectations, block by block."""


def grade(name: str, reference: Lab, other: Lab, judge: Judge) -> Grade:
    """Ask `other` what `reference` expects. Nodes, interfaces, networks, tunnels and services match by name."""
    missing: dict[tuple[int, int], str] = {}
    kept: list[Expectation] = []
    for number, block in enumerate(reference.expectations):
        lines: list[Expected] = []
        for index, line in enumerate(block.lines):
            lacking = next(_missing(line, block.state, other), None)
            if lacking is None:
                lines.append(line)
            else:
                missing[number, index] = lacking
        kept.append(replace(block, lines=tuple(lines), state=block.state if lines else None))
    outcomes = iter(judge(replace(other, expectations=tuple(kept))))
    points: list[Point] = []
    for number, block in enumerate(reference.expectations):
        found = [
            Outcome(None, missing[number, index]) if (number, index) in missing else next(outcomes)
            for index in range(len(block.lines))
        ]
        points += _points(block, found)
    return Grade(name, tuple(points))


def mended(reference: Lab) -> Lab:
    """What is expected once a fault is gone: the lines of failure blocks hold, each a point."""
    blocks = tuple(replace(block, is_failure=False) for block in reference.expectations)
    return replace(reference, expectations=blocks)


def proven(lab: Lab) -> list[Outcome]:
    """By the proof alone. What depends on something raw is not known."""
    return [
        Outcome(
            proof.holds if proof.is_exact else None, proof.reason if proof.is_exact else f"not verified: {proof.reason}"
        )
        for proof in prove(World(lab), Diagnostics()).proofs
    ]


def _points(block: Expectation, found: Sequence[Outcome]) -> Iterator[Point]:
    if not block.is_failure:
        for line, outcome in zip(block.lines, found, strict=True):
            yield Point(claim_text(line.claim), shown_place(line.origin), outcome.holds is True, outcome.reason)
        return
    failing = next((outcome for outcome in found if outcome.holds is False), None)
    reason = failing.reason if failing is not None else "every line holds, or is not known"
    yield Point(block_text(block), shown_place(block.origin), failing is not None or not found, reason)


# --- names


def _missing(line: Expected, state: WhileState | None, lab: Lab) -> Iterator[str]:
    """What a line names and the lab does not have, each as a sentence."""
    for kind, name in (*_names(line), *_names_of_state(state)):
        known = _known(kind, lab)
        if name not in known:
            hint = did_you_mean(name, known)
            yield f"there is no {kind} `{name}` here" + (f": {hint}" if hint else "")


def _known(kind: str, lab: Lab) -> set[str]:
    match kind:
        case "node":
            return {str(node.id) for node in lab.nodes}
        case "interface":
            return {f"{node.id}.{interface.name}" for node in lab.nodes for interface in node.interfaces}
        case "network":
            return {str(network.id) for network in lab.networks}
        case "tunnel":
            return {str(end.tunnel) for node in lab.nodes for end in node.tunnels}
        case _:
            ends = [end for node in lab.nodes for end in node.tunnels]
            return {f"{end.tunnel}.{child.name}" for end in ends for child in end.children}


def _names(line: Expected) -> Iterator[tuple[str, str]]:
    """Kind and name of all that a line speaks of."""
    claim = line.claim
    match claim:
        case Reaches():
            yield "node", claim.source
            yield from _names_of_goal(claim.goal)
            if claim.answered_by is not None:
                yield "node", claim.answered_by[0]
            yield from (("tunnel", tunnel) for tunnel in claim.through)
        case TunnelUp():
            yield "tunnel", claim.tunnel
            if claim.child is not None:
                yield "child", f"{claim.tunnel}.{claim.child}"
        case Encrypted():
            yield "node", claim.source
            yield from _names_of_goal(claim.goal)
            yield from (("network", network) for network in claim.networks)
        case GoesThrough():
            yield "node", claim.source
            yield from _names_of_goal(claim.goal)
            yield from (("node", node) for node in claim.nodes)
        case Resolves():
            yield "node", claim.source
            yield from _names_of_goal(claim.goal)
        case RoutesVia():
            yield "node", claim.source
            yield from _names_of_goal(claim.next_hop)
        case _:
            assert_never(claim)


def _names_of_goal(goal: Goal) -> Iterator[tuple[str, str]]:
    if goal.node is not None:
        yield "node", goal.node
        if goal.interface is not None:
            yield "interface", f"{goal.node}.{goal.interface}"
    if goal.network is not None:
        yield "network", goal.network


def _names_of_state(state: WhileState | None) -> Iterator[tuple[str, str]]:
    if state is not None and state.tunnel is not None:
        yield "tunnel", state.tunnel
    if state is not None and state.link is not None:
        yield "network", state.link

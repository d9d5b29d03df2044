"""Points: the expectations of a reference lab, tested in another lab.

Every line of a block (lists expanded) is worth one point or what its `points` says, a failure block as a whole. A line
with a name that the other lab lacks gets no point; in a failure block such a line is left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.expectation import (
    Begun,
    BehindNat,
    Encrypted,
    Expectation,
    Expected,
    Given,
    Goal,
    GoesThrough,
    OfTunnel,
    Reaches,
    Resolves,
    RoutesVia,
    StateClaim,
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
    """The outcome of one line. `holds` None: unknown, which gives no point. `reason`: why the line holds or not."""

    holds: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Point:
    """What can be won by one statement: `worth` points, all or none."""

    statement: str
    place: str
    is_won: bool
    reason: str
    worth: int = 1


@dataclass(frozen=True, slots=True)
class Grade:
    """The points of one file, in the order of the reference's expectations. `variant`: the value of `--each`.

    `failure`: why the file could not be graded; then all points are lost.
    """

    file: str
    points: tuple[Point, ...]
    variant: str | None = None
    failure: str = ""

    @property
    def won(self) -> int:
        return sum(point.worth for point in self.points if point.is_won)

    @property
    def of(self) -> int:
        return sum(point.worth for point in self.points)

    @property
    def percent(self) -> float:
        """The share of points won. Without any points 100, or 0 where the file could not be graded."""
        if not self.points:
            return 0.0 if self.failure else 100.0
        return 100 * self.won / self.of


Assess = Callable[[Lab], Sequence[Outcome]]
"""The outcomes of all lines of a lab's expectations, in order: by proof or by a test."""


def points(reference: Lab, other: Lab, assess: Assess) -> tuple[Point, ...]:
    """The points of `other` for the expectations of `reference`. Nodes, interfaces, networks and tunnels match by
    name."""
    missing: dict[tuple[int, int], str] = {}
    blocks: list[Expectation] = []
    for number, block in enumerate(reference.expectations):
        lines: list[Expected] = []
        for index, line in enumerate(block.lines):
            lacking = next(_missing(line, block.state, other), None)
            if lacking is None:
                lines.append(line)
            else:
                missing[number, index] = lacking
        blocks.append(replace(block, lines=tuple(lines), state=block.state if lines else None))
    outcomes = iter(assess(replace(other, expectations=tuple(blocks))))
    judged: list[Point] = []
    for number, block in enumerate(reference.expectations):
        found = [
            Outcome(None, missing[number, index]) if (number, index) in missing else next(outcomes)
            for index in range(len(block.lines))
        ]
        judged += _points(block, found)
    return tuple(judged)


def lost_points(reference: Lab, reason: str) -> tuple[Point, ...]:
    """All points of the reference, none won."""
    found: list[Point] = []
    for block in reference.expectations:
        for point in _points(block, [Outcome(None, reason) for _ in block.lines]):
            found.append(replace(point, is_won=False, reason=reason))
    return tuple(found)


def mended(reference: Lab) -> Lab:
    """The reference for a repaired lab: the lines of failure blocks must hold, each a point."""
    blocks = tuple(replace(block, is_failure=False) for block in reference.expectations)
    return replace(reference, expectations=blocks)


def proven(lab: Lab) -> list[Outcome]:
    """The outcomes by the verifier. Lines that depend on raw settings are unknown."""
    return [
        Outcome(
            proof.holds if proof.is_exact else None, proof.reason if proof.is_exact else f"not verified: {proof.reason}"
        )
        for proof in prove(World(lab), Diagnostics()).proofs
    ]


def _points(block: Expectation, found: Sequence[Outcome]) -> Iterator[Point]:
    if not block.is_failure:
        for line, outcome in zip(block.lines, found, strict=True):
            is_won = outcome.holds is True
            yield Point(claim_text(line.claim), shown_place(line.origin), is_won, outcome.reason, line.points)
        return
    failing = next((outcome for outcome in found if outcome.holds is False), None)
    reason = failing.reason if failing is not None else "every line holds, or is not known"
    is_won = failing is not None or not found
    yield Point(block_text(block), shown_place(block.origin), is_won, reason, block.points)


# --- names


def _missing(line: Expected, state: WhileState | None, lab: Lab) -> Iterator[str]:
    """A sentence for each name in a line that the lab lacks."""
    for kind, name in (*_names(line), *_names_of_state(state)):
        existing = _names_in(kind, lab)
        if name not in existing:
            hint = did_you_mean(name, existing)
            yield f"there is no {kind} `{name}` here" + (f": {hint}" if hint else "")


def _names_in(kind: str, lab: Lab) -> set[str]:
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
    """Kind and name of every element that a line names."""
    claim = line.claim
    match claim:
        case Reaches():
            yield "node", claim.source
            yield from _names_of_goal(claim.goal)
            if claim.answered_by is not None:
                yield "node", claim.answered_by[0]
            yield from (("tunnel", tunnel) for tunnel in claim.through)
        case TunnelUp() | OfTunnel():
            yield from _names_of_tunnel(claim)
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
            if claim.goal is not None:
                yield from _names_of_goal(claim.goal)
        case RoutesVia():
            yield "node", claim.source
            yield from _names_of_goal(claim.next_hop)
        case _:
            assert_never(claim)


def _names_of_tunnel(claim: TunnelUp | StateClaim) -> Iterator[tuple[str, str]]:
    yield "tunnel", claim.tunnel
    if claim.child is not None:
        yield "child", f"{claim.tunnel}.{claim.child}"
    if not isinstance(claim, TunnelUp) and claim.end is not None:
        yield "node", claim.end
    if isinstance(claim, Begun | BehindNat | Given):
        yield "node", claim.node


def _names_of_goal(goal: Goal) -> Iterator[tuple[str, str]]:
    if goal.node is not None:
        yield "node", goal.node
        if goal.interface is not None:
            yield "interface", f"{goal.node}.{goal.interface}"
        if goal.tunnel is not None:
            yield "tunnel", goal.tunnel
    if goal.network is not None:
        yield "network", goal.network


def _names_of_state(state: WhileState | None) -> Iterator[tuple[str, str]]:
    if state is not None and state.tunnel is not None:
        yield "tunnel", state.tunnel
    if state is not None and state.link is not None:
        yield "network", state.link

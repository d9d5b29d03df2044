"""From the results of a test to the lines of a run's file."""

from typing import assert_never

from netdsl.measuring.types import Line, Run
from netdsl.testing.statements import shown_place
from netdsl.testing.types import Block, Results, Tested, Verdict
from netdsl.verify.sentences import block_text, claim_text, state_text

_BAD = tuple(verdict.value for verdict in Verdict if not verdict.is_good)


def is_good(run: Run) -> bool:
    """Whether no step of any round failed and every expectation passed."""
    return not any(round_.troubles or any(line.verdict in _BAD for line in round_.lines) for round_ in run.rounds)


def lines_of(results: Results) -> tuple[Line, ...]:
    """A line for each expectation. A failure block has a line of its own before its lines: the block has the
    verdict."""
    return tuple(line for block in results.blocks for line in _block(block))


def _block(block: Block) -> tuple[Line, ...]:
    lines = tuple(_line(line) for line in block.lines)
    if not block.expectation.is_failure:
        return lines
    is_predicted = not block.lines or any(not line.proof.holds for line in block.lines)
    place, text = shown_place(block.expectation.origin), block_text(block.expectation)
    return (Line(place, text, is_predicted, block.verdict.value, _seen(block.verdict)), *lines)


def _seen(verdict: Verdict) -> str:
    """Of a failure block."""
    match verdict:
        case Verdict.PASSED:
            return "at least one line does not hold"
        case Verdict.FAILED:
            return "every line holds"
        case Verdict.UNTESTED:
            return "not every line could be tested"
        case Verdict.LINE:
            raise AssertionError("a line's verdict")
        case _:
            assert_never(verdict)


def _line(line: Tested) -> Line:
    state = line.expectation.state
    text = claim_text(line.line.claim)
    return Line(
        place=shown_place(line.line.origin),
        text=text if state is None else f"{text} {state_text(state)}",
        is_predicted=line.proof.holds,
        verdict=line.verdict.value,
        seen=line.seen.text,
    )

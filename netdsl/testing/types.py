"""What a test of a running lab found: plain values, for tables and machines."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from netdsl.ir.expectation import Expectation, Expected
from netdsl.verify.types import Proof, Summary


class Verdict(StrEnum):
    """`LINE`: one line of a failure block, of which nothing alone is expected."""

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "not tested"
    LINE = "-"

    @property
    def is_good(self) -> bool:
        match self:
            case Verdict.PASSED | Verdict.LINE:
                return True
            case Verdict.FAILED | Verdict.UNTESTED:
                return False
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the running lab did for one line. `holds` None: it could not be tested, and `text` says why.

    `control`: what shows that a negative had a chance to fail; empty where none is needed.
    """

    holds: bool | None
    text: str
    control: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tested:
    """One line of an `expect` block: predicted and seen."""

    proof: Proof
    seen: Seen

    @property
    def expectation(self) -> Expectation:
        return self.proof.expectation

    @property
    def line(self) -> Expected:
        return self.proof.line

    @property
    def verdict(self) -> Verdict:
        if self.seen.holds is None:
            return Verdict.UNTESTED
        if self.expectation.is_failure:
            return Verdict.LINE
        return Verdict.PASSED if self.seen.holds else Verdict.FAILED

    @property
    def differs(self) -> bool:
        """Whether an exact prediction and reality do not agree: a defect of netdsl, or of what the lab hands in raw."""
        return self.proof.is_exact and self.seen.holds is not None and self.seen.holds != self.proof.holds


@dataclass(frozen=True, slots=True)
class Block:
    """An `expect` block with its lines."""

    expectation: Expectation
    lines: tuple[Tested, ...]

    @property
    def verdict(self) -> Verdict:
        """A failure block passes where at least one of its lines does not hold; another where all do."""
        if self.expectation.is_failure:
            if any(line.seen.holds is False for line in self.lines) or not self.lines:
                return Verdict.PASSED
            return Verdict.UNTESTED if any(line.seen.holds is None for line in self.lines) else Verdict.FAILED
        verdicts = {line.verdict for line in self.lines}
        return next((one for one in (Verdict.FAILED, Verdict.UNTESTED) if one in verdicts), Verdict.PASSED)


@dataclass(frozen=True, slots=True)
class Results:
    """A whole run. `esp`: kernel or user, as the nodes said; empty where there are no tunnels."""

    lab: str
    target: str
    blocks: tuple[Block, ...]
    predicted: Summary = field(repr=False)
    esp: str = ""
    seconds: float = 0.0

    @property
    def lines(self) -> tuple[Tested, ...]:
        return tuple(line for block in self.blocks for line in block.lines)

    @property
    def differences(self) -> tuple[Tested, ...]:
        return tuple(line for line in self.lines if line.differs)

    def count(self, verdict: Verdict) -> int:
        """Lines with it; of failure blocks, blocks."""
        return sum(
            (block.verdict is verdict)
            if block.expectation.is_failure
            else sum(line.verdict is verdict for line in block.lines)
            for block in self.blocks
        )

    @property
    def is_good(self) -> bool:
        """Everything was tested and passed, and nothing else than predicted was seen."""
        return not (self.count(Verdict.FAILED) or self.count(Verdict.UNTESTED) or self.differences)

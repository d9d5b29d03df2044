"""The results of testing a running lab: plain values."""

from dataclasses import field
from enum import StrEnum
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import Expectation, Expected
from netdsl.verify.types import Proof, Summary


class Verdict(StrEnum):
    """`LINE`: a line of a failure block, which has no verdict of its own."""

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
    """The observation for one line. `holds` None: it could not be tested, `text` has the reason.

    `control`: the control that passed for a negative line; empty if none is needed.
    """

    holds: bool | None
    text: str
    control: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tested:
    """One line of an `expect` block with its prediction and observation."""

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
        """Whether an exact prediction and the observation differ: a defect of netdsl, or of raw settings in the lab."""
        return self.proof.is_exact and self.seen.holds is not None and self.seen.holds != self.proof.holds


@dataclass(frozen=True, slots=True)
class Block:
    """An `expect` block with its lines."""

    expectation: Expectation
    lines: tuple[Tested, ...]

    @property
    def verdict(self) -> Verdict:
        """A failure block passes if at least one of its lines does not hold, any other block if all hold."""
        if self.expectation.is_failure:
            if any(line.seen.holds is False for line in self.lines) or not self.lines:
                return Verdict.PASSED
            return Verdict.UNTESTED if any(line.seen.holds is None for line in self.lines) else Verdict.FAILED
        verdicts = {line.verdict for line in self.lines}
        return next((worst for worst in (Verdict.FAILED, Verdict.UNTESTED) if worst in verdicts), Verdict.PASSED)


@dataclass(frozen=True, slots=True)
class Results:
    """The results of all blocks. `esp`: `kernel` or `user`, as the nodes report; empty if the lab has no tunnels."""

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
        """The number of lines with the verdict; a failure block counts as one line."""
        return sum(
            (block.verdict is verdict)
            if block.expectation.is_failure
            else sum(line.verdict is verdict for line in block.lines)
            for block in self.blocks
        )

    @property
    def is_good(self) -> bool:
        """Whether everything was tested and passed, without differences from the prediction."""
        return not (self.count(Verdict.FAILED) or self.count(Verdict.UNTESTED) or self.differences)

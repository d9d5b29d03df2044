"""Readings while something is done: as many as there are, and why there is none."""

from pathlib import Path
from threading import Event
from typing import cast

import pytest

from netdsl.measuring.sampling import Sampler
from netdsl.measuring.types import BootKind, Moment
from netdsl.runtime.driver import Deployment, DriverError
from netdsl.runtime.meter import Meter, NodeUsage, Usage
from netdsl.testing.pace import Pace

TAKEN = Usage((NodeUsage("one", 1, 2, 0.5),))


class Answers:
    """A meter that says these, one after another, and the last again and again; `are_said`: all of them."""

    def __init__(self, *answers: Usage | Exception) -> None:
        self.answers, self.are_said = list(answers), Event()

    def usage(self, _: Deployment) -> Usage:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if len(self.answers) == 1:
            self.are_said.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


def _sampled(*answers: Usage | Exception) -> Sampler:
    """After one answer more than these."""
    meter = Answers(*answers, answers[-1])
    sampler = Sampler(
        cast(Meter, meter), Deployment(Path("/nowhere"), "p"), BootKind.WARM, Moment.BOOT, 0.0, 0.001, Pace()
    )
    with sampler:
        assert meter.are_said.wait(30)
    return sampler


@pytest.mark.parametrize("error", [DriverError("not yet"), PermissionError(13, "no"), OSError(5, "input/output")])
def test_a_reading_that_fails_does_not_end_the_others(error: Exception) -> None:
    sampler = _sampled(error, Usage(()), TAKEN)
    assert {one.usage for one in sampler.readings} == {TAKEN}, "nobody is no reading"
    assert sampler.failure is None


@pytest.mark.parametrize("error", [DriverError("no engine"), PermissionError(13, "no engine")])
def test_without_any_the_reason_is_told(error: Exception) -> None:
    sampler = _sampled(error)
    assert sampler.readings == ()
    assert "no engine" in str(sampler.failure)

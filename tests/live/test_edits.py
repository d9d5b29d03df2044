"""A lab that runs is brought through random edits of its source by `up`, and is then as a fresh lab of that source."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.edits.campaign import Campaign, Outcome
from tests.edits.generate import Step, following, steps
from tests.edits.grounds import GROUNDS, Ground, InMachines
from tests.live.machine import HERE, Machine

_FEW = ("small", 6, 6)
"""A lab, the number of the edits, how many."""


def _through(folder: Path, make: Callable[[Path, str], Ground], edits: tuple[str, int, int]) -> Iterator[Outcome]:
    campaign = Campaign(folder, make)
    sequence = steps(*edits)
    before: Step | None = None
    step: Step | None = next(sequence)
    with campaign.locked():
        while step is not None:
            outcome = campaign.run(before, step)
            yield outcome
            before = before if outcome.left_out else step
            step = following(sequence, not outcome.left_out)


def _wrong(outcomes: list[Outcome]) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(one.step.number, one.step.what, one.differences) for one in outcomes if one.differences]


@pytest.mark.live
def test_six_edits_in_containers(engine: str, tmp_path: Path) -> None:
    outcomes = list(_through(tmp_path, GROUNDS["compose"], _FEW))
    assert _wrong(outcomes) == []
    assert [one.left_out for one in outcomes if one.left_out] == []
    assert any(0 < one.kept < one.of for one in outcomes)  # what did not change ran on
    left = HERE.say("docker", "ps", "--all", "--quiet", "--filter", f"volume={tmp_path}/edited/out/payload/lab")
    assert left == ""


@pytest.mark.live
def test_ten_edits_in_namespaces(tmp_path: Path) -> None:
    outcomes = list(_through(tmp_path, GROUNDS["namespaces"], ("base", 1, 10)))
    assert _wrong(outcomes) == []
    assert len([one for one in outcomes if not one.left_out]) > 5


@pytest.mark.live
@pytest.mark.full
def test_a_hundred_edits_in_containers(engine: str, tmp_path: Path) -> None:
    outcomes = list(_through(tmp_path, GROUNDS["compose"], ("base", 1, 100)))
    assert _wrong(outcomes) == []
    assert len([one for one in outcomes if not one.left_out]) > 80


@pytest.mark.live
@pytest.mark.vm
@pytest.mark.full
def test_ten_edits_in_machines(hypervisor: Machine, tmp_path: Path) -> None:
    make = partial(InMachines, machine=hypervisor)
    outcomes = list(_through(tmp_path, make, ("machines", 1, 10)))
    assert _wrong(outcomes) == []
    assert len([one for one in outcomes if not one.left_out]) > 5

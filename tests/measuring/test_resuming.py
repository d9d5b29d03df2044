"""What a resumed measurement takes from its file, and in which words it refuses."""

from dataclasses import replace
from pathlib import Path as FilePath

import pytest

from netdsl.codegen.contract import Options
from netdsl.measuring.failures import CannotResume
from netdsl.measuring.job import Job
from netdsl.measuring.measurement import Existing, Given, Measurement
from netdsl.measuring.prepare import Bench, job_for
from netdsl.measuring.resuming import resumed
from netdsl.measuring.store import write_run
from netdsl.measuring.types import BootKind, Parameter, Plan, Run
from netdsl.pipeline.analysis import check_text
from tests.comparing.runs import containers

LAB = """lab small
network lan 10.0.0.0/24
host one { interface on lan .1 }
host two { interface on lan .2 }
host three { interface on lan .3 }
"""
WARM = (BootKind.WARM,)


def _job(folder: FilePath, given: Given, existing: Existing = Existing.RESUME, text: str = LAB) -> Job:
    bench = Bench(check_text(text.encode()), {}, "compose", Options(), folder / "compose", folder / "run.json")
    with job_for(bench, Measurement(given=given, existing=existing), lambda: None) as job:
        return job


def _kept(folder: FilePath, given: Given) -> Run:
    """A file that a measurement has written."""
    job = _job(folder, given, Existing.ANEW)
    run = replace(containers(), target="compose", subject=job.subject, plan=job.plan, paths=job.paths)
    write_run(folder / "run.json", run)
    return run


@pytest.mark.parametrize(
    "given",
    [
        Given(),
        Given(boots=WARM, steady=1.5, pings=7, seconds=0.5),
        Given(pairs=(("one", "three"),)),
        Given(has_paths=False),
    ],
)
def test_options_that_are_not_given_are_those_of_the_file(tmp_path: FilePath, given: Given) -> None:
    kept = _kept(tmp_path, given)
    job = _job(tmp_path, Given())
    assert (job.plan, job.paths) == (kept.plan, kept.paths)
    assert _job(tmp_path, Given(), Existing.ANEW).plan == Plan()


def test_what_is_given_is_what_is_asked_for(tmp_path: FilePath) -> None:
    _kept(tmp_path, Given(pings=7, seconds=0.5))
    assert _job(tmp_path, Given(pings=8)).plan == Plan(pings=8, seconds=0.5)


def test_paths_of_another_lab_are_not_looked_for_in_this_one(tmp_path: FilePath) -> None:
    _kept(tmp_path, Given(pairs=(("one", "three"),)))
    assert _job(tmp_path, Given(), text=LAB.replace("host three", "host four")).plan == Plan()


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan(boots=WARM), "--boot was both, and is warm"),
        (Plan(steady=1), "--rest was 5, and is 1"),
        (Plan(seconds=0.5), "--seconds was 3, and is 0.5"),
        (Plan(pairs=(("a", "b"), ("c", "d"))), "--path was what the lab suggests, and is a b, c d"),
        (Plan(pairs=None), "--path was what the lab suggests, and is none (--no-paths)"),
        (Plan(payloads=(64,)), "`payloads` was 64, 653, 1370, and is 64"),
    ],
)
def test_options_are_called_by_their_names(plan: Plan, said: str) -> None:
    old = containers()
    with pytest.raises(CannotResume) as caught:
        resumed(old, replace(old, plan=plan, paths=()), FilePath("run.json"), None)
    paths = "; its paths are others (a-b)" if plan.pairs == () else ""
    assert str(caught.value) == f"run.json cannot be gone on with: {said}{paths} (--anew measures from the beginning)"


def test_parameters_of_another_lab_are_named() -> None:
    old = containers()
    given = replace(old.subject, digest="0", parameters=(Parameter("n", "3"),))
    with pytest.raises(CannotResume, match="its parameters were none, and are -D n=3 "):
        resumed(old, replace(old, subject=given), FilePath("run.json"), None)

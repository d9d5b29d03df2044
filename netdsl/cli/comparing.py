"""What `compare` measures: every target that this machine can run, in turns."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import click

from netdsl.cli.compilation import Request
from netdsl.cli.console import note
from netdsl.cli.each import Given
from netdsl.cli.measuring import checked_of, job_of, measure_jobs, same_paths
from netdsl.codegen.contract import Options
from netdsl.codegen.registry import CannotRun, driver_of, meter_of
from netdsl.comparing.paper_types import Paper, Severity
from netdsl.comparing.variant_types import Variants
from netdsl.dataclass import dataclass
from netdsl.measuring.measurement import Measurement
from netdsl.measuring.types import Run


@dataclass(frozen=True, slots=True)
class Able:
    """Targets that are measured, and of each other one why not."""

    targets: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A run to be made: a target, and which of the variants (0 where there is one)."""

    target: str
    variant: int = 0


def runnable(targets: Sequence[str], paper: Paper) -> Able:
    """The targets that can make the lab and that this machine can run; of each other one is said why not, with the remedy.

    Ends the verb with status 3 where none is left."""
    found, absent = [], []
    for target in targets:
        reasons = [f"{target} is not measured: {reason}" for reason in _reasons(target, paper)]
        for reason in reasons:
            note(reason)
        absent += reasons
        if not reasons:
            found.append(target)
    if not found:
        note("no target can be measured here; `netdsl doctor` says more")
        raise click.exceptions.Exit(3)
    return Able(tuple(found), tuple(absent))


def runnable_variants(targets: Sequence[str], found: Variants) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    """What is measured, target by target, and of all else why not, which is said, with the remedy.

    Ends the verb with status 3 where nothing is left."""
    tasks, absent = [], []
    for target in targets:
        here = list(_missing(target))
        for number, one in enumerate(found.variants):
            reasons = list(_cannot(target, one.paper)) or here
            absent += [f"{target} {found.parameter}={one.value} is not measured: {reason}" for reason in reasons]
            if not reasons:
                tasks.append(Task(target, number))
    for reason in absent:
        note(reason)
    if not tasks:
        note("nothing can be measured here; `netdsl doctor` says more")
        raise click.exceptions.Exit(3)
    return tuple(tasks), tuple(absent)


def _reasons(target: str, paper: Paper) -> Iterator[str]:
    yield from list(_cannot(target, paper)) or _missing(target)


def _cannot(target: str, paper: Paper) -> Iterator[str]:
    """Why a target cannot make the lab."""
    on_paper = next(one for one in paper.targets if one.target == target)
    if not on_paper.is_possible:
        refusals = (one for one in on_paper.limits if one.severity is Severity.CANNOT)
        yield "; ".join(f"{one.place}: {one.message}" for one in refusals)


def _missing(target: str) -> Iterator[str]:
    """Why this machine cannot run a target."""
    try:
        driver, _ = driver_of(target), meter_of(target)
    except CannotRun as error:
        yield str(error)
        return
    for check in driver.doctor():
        if check.is_required and not check.is_ok:
            yield f"{check.what}: {check.found}" + (f" ({check.remedy})" if check.remedy else "")


def requests_of(
    lab: str, given: Sequence[Given], tasks: Sequence[Task], options: Options, *, is_trusted: bool
) -> tuple[Request, ...]:
    """A request for each task. `given`: the parameters of each variant."""
    options = replace(options, targets=tuple(dict.fromkeys(task.target for task in tasks)))
    return tuple(
        Request(
            lab,
            task.target,
            given[task.variant].parameters,
            options,
            variant=given[task.variant].said,
            value=given[task.variant].value,
            is_trusted=is_trusted,
        )
        for task in tasks
    )


def measured(requests: Sequence[Request], wanted: Measurement) -> tuple[Run, ...]:
    """A run for each request, in turns; each is kept below the lab's folder in `build/`. Raises what `measure_all` does."""
    labs = [checked_of(request) for request in requests]  # all of them, before anything is written
    with ExitStack() as stack:
        own = same_paths(labs, requests[0].options, wanted)
        jobs = [stack.enter_context(job_of(*asked)) for asked in zip(requests, labs, own, strict=True)]
        runs = measure_jobs(jobs, wanted)
        files = [str(job.file) for job in jobs]
    note(f"kept in {', '.join(files)}; the same comparison again: netdsl compare {' '.join(files)}")
    return runs

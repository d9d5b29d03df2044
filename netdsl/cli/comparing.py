"""What `compare` measures: every target that this machine can run, in turns."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import click

from netdsl.cli.compilation import Request
from netdsl.cli.console import note
from netdsl.cli.measuring import checked_of, job_of, measure_jobs
from netdsl.codegen.contract import Options
from netdsl.codegen.registry import CannotRun, driver_of, meter_of
from netdsl.comparing.paper_types import Paper, Severity
from netdsl.dataclass import dataclass
from netdsl.measuring.measurement import Measurement
from netdsl.measuring.types import Run


@dataclass(frozen=True, slots=True)
class Able:
    """Targets that are measured, and of each other one why not."""

    targets: tuple[str, ...]
    absent: tuple[str, ...]


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


def _reasons(target: str, paper: Paper) -> Iterator[str]:
    on_paper = next(one for one in paper.targets if one.target == target)
    if not on_paper.is_possible:
        refusals = (one for one in on_paper.limits if one.severity is Severity.CANNOT)
        yield "; ".join(f"{one.place}: {one.message}" for one in refusals)
    else:
        try:
            driver, _ = driver_of(target), meter_of(target)
        except CannotRun as error:
            yield str(error)
            return
        for check in driver.doctor():
            if check.is_required and not check.is_ok:
                yield f"{check.what}: {check.found}" + (f" ({check.remedy})" if check.remedy else "")


def measured(
    lab: str,
    parameters: dict[str, str],
    options: Options,
    wanted: Measurement,
    targets: tuple[str, ...],
    *,
    is_trusted: bool,
) -> tuple[Run, ...]:
    """A run for each target, in turns; each is kept in `build/LAB/measured/TARGET.json`. Raises what `measure_all` does."""
    options = replace(options, targets=targets)
    with ExitStack() as stack:
        requests = [Request(lab, target, parameters, options, is_trusted=is_trusted) for target in targets]
        jobs = [stack.enter_context(job_of(request, checked_of(request), wanted)) for request in requests]
        runs = measure_jobs(jobs, wanted)
        files = [str(job.file) for job in jobs]
    note(f"kept in {', '.join(files)}; the same comparison again: netdsl compare {' '.join(files)}")
    return runs

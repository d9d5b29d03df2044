"""From what a user asks for to a job that can be measured; `measure` and `compare` share it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from netdsl.cli.analysis import analyse, stop
from netdsl.cli.compilation import Request, compile_checked_lab, options_for, places_for
from netdsl.cli.console import note
from netdsl.cli.each import variant
from netdsl.cli.measuring_progress import watching
from netdsl.cli.place import make_build
from netdsl.codegen.contract import Options
from netdsl.diagnostics.wording import counted
from netdsl.disk.named import make_folder
from netdsl.measuring.job import Job
from netdsl.measuring.measurement import Existing, Measurement
from netdsl.measuring.prepare import Bench, job_for
from netdsl.measuring.rounds import measure_all
from netdsl.measuring.same_paths import same_pairs
from netdsl.measuring.store import read_run
from netdsl.measuring.types import Run
from netdsl.pipeline.analysis import Checked
from netdsl.pipeline.compilation import closed


@contextmanager
def job_of(request: Request, checked: Checked, wanted: Measurement, file: str | None = None) -> Iterator[Job]:
    """The lab, checked by `checked_of`, compiled into its output folder, which no other measurement has meanwhile. `file`
    keeps the run; None: one below the lab's folder in `build/`.

    Raises FolderBusy, OSError and what `report_failure` knows.
    """
    assert checked.lab is not None, "checked"
    name = checked.lab.name
    places = places_for(request, name)
    options = options_for(request, name, places)
    kept = places.build / places.name / "measured" / f"{request.target}.json" if file is None else Path(file)
    bench = Bench(checked, request.parameters, request.target, options, places.output, kept, request.variant)

    def write() -> None:
        compile_checked_lab(request, checked)
        if file is None:
            make_build(places.build)
            make_folder(kept.parent)

    with job_for(bench, wanted, write) as job:
        yield job


def measure_jobs(jobs: Sequence[Job], wanted: Measurement) -> tuple[Run, ...]:
    """With what is done on the terminal; after Ctrl-C with what is kept. Raises what `measure_all` does."""
    try:
        with watching() as watch:
            return measure_all(jobs, wanted.runs, existing=wanted.existing, watch=watch)
    except KeyboardInterrupt:
        _say_what_is_kept(jobs)
        raise


def _say_what_is_kept(jobs: Sequence[Job]) -> None:
    """After Ctrl-C, when nothing of the labs is left."""
    for job in jobs:
        if job.file is None or not job.file.exists():
            continue
        run = read_run(job.file)
        note(f"{job.name}: nothing runs any more; {job.file} has {counted(run.done, 'round')} of {run.wanted}")
    if any(job.file is not None and job.file.exists() for job in jobs):
        note("the same with --resume goes on")


def same_paths(labs: Sequence[Checked], options: Options, wanted: Measurement) -> tuple[Measurement, ...]:
    """What is measured in each of several variants: the same paths, where none are named and the files of a run that is
    resumed do not have them."""
    given = wanted.given
    if len(labs) < 2 or given.pairs is not None or not given.has_paths or wanted.existing is Existing.RESUME:
        return (wanted,) * len(labs)
    found = [closed(one.lab) if options.is_closed else one.lab for one in labs if one.lab is not None]
    return tuple(replace(wanted, given=replace(given, pairs=pairs or None)) for pairs in same_pairs(found))


def checked_of(request: Request) -> Checked:
    """The analysed lab. Ends the verb with status 1 on findings. Raises UsageError, OSError."""
    if request.lab == "-":
        raise click.UsageError("LAB names a file: what is measured is kept with its sources")
    checked = analyse(request.lab, request.parameters, is_trusted=request.is_trusted)
    if checked.lab is None or checked.diagnostics.has_errors:
        stop(checked, variant=request.variant)
    if request.value is not None:
        variant(checked.lab.name, request.value)
    return checked

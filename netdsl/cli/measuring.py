"""From what a user asks for to a job that can be measured; `measure` and `compare` share it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from netdsl.cli.analysis import analyse
from netdsl.cli.compilation import Request, compile_request
from netdsl.cli.console import note, show_findings
from netdsl.cli.place import BUILD, places_of
from netdsl.diagnostics.wording import counted
from netdsl.measuring.job import Job
from netdsl.measuring.prepare import alone, check_measurable, job_for, lab_to_measure, paths_of
from netdsl.measuring.store import read_run
from netdsl.measuring.types import BootKind, Plan
from netdsl.pipeline import Checked


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured of `request.lab` on `request.target`. `pairs`: from whom to whom, empty: what the lab itself
    suggests, `has_paths` False: nothing. `file` None: below the lab's folder in `build/`."""

    request: Request
    plan: Plan = field(default_factory=Plan)
    pairs: tuple[tuple[str, str], ...] = ()
    file: str | None = None
    timeout: int | None = None
    has_paths: bool = True


@contextmanager
def job_of(wish: Wish) -> Iterator[Job]:
    """The lab compiled into its output folder, which no other measurement has meanwhile.

    Ends the verb with status 1 on findings. Raises UsageError, FolderBusy, OSError and what `report_failure` knows.
    """
    request = wish.request
    check_measurable(request.target)
    checked = _checked(request)
    lab = lab_to_measure(checked, request.options)
    paths = paths_of(lab, wish.pairs) if wish.has_paths else ()
    folder = places_of(lab.name, request.target, request.output, request.credential_folder).output
    with alone(folder):
        written = compile_request(request)
        yield job_for(
            checked,
            request.target,
            request.options,
            written.folder,
            parameters=request.parameters,
            plan=wish.plan,
            paths=paths,
            file=_file(wish, lab.name),
            timeout=wish.timeout,
        )


def plan_of(boot: str, pings: int | None, seconds: float | None, rest: float | None) -> Plan:
    """What the options say; the rest as always. `boot`: `both`, or one of them."""
    plan = Plan() if boot == "both" else replace(Plan(), boots=(BootKind(boot),))
    return replace(
        plan,
        pings=plan.pings if pings is None else pings,
        seconds=plan.seconds if seconds is None else seconds,
        steady=plan.steady if rest is None else rest,
    )


def say_what_is_kept(*jobs: Job) -> None:
    """After Ctrl-C, when nothing of the labs is left."""
    for job in jobs:
        if job.file is None or not job.file.exists():
            continue
        run = read_run(job.file)
        whole = sum(not one.is_cut for one in run.rounds)
        note(f"{job.target}: nothing runs any more; {job.file} has {counted(whole, 'round')} of {run.wanted}")
    if any(job.file is not None and job.file.exists() for job in jobs):
        note("the same with --resume goes on")


def default_file(lab: str, target: str) -> Path:
    return BUILD / lab / "measured" / f"{target}.json"


def _file(wish: Wish, lab: str) -> Path:
    if wish.file is not None:
        return Path(wish.file)
    file = default_file(lab, wish.request.target)
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def _checked(request: Request) -> Checked:
    if request.lab == "-":
        raise click.UsageError("LAB names a file: what is measured is kept with its sources")
    checked = analyse(request.lab, request.parameters)
    if checked.lab is None or checked.bindings is None:
        show_findings(checked.diagnostics, "text")
        raise click.exceptions.Exit(1)
    return checked

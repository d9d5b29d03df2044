"""A compiled lab made ready to be measured."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path as FilePath

from netdsl.codegen.contract import Options
from netdsl.codegen.options import options_of
from netdsl.codegen.registry import driver_of, meter_of
from netdsl.codegen.write import FolderBusy, locked
from netdsl.ir.lab import Lab
from netdsl.measuring.guessing import guessed_round
from netdsl.measuring.job import Job
from netdsl.measuring.paths import choose
from netdsl.measuring.subject import subject_of
from netdsl.measuring.types import Path, Plan
from netdsl.pipeline import Checked, closed
from netdsl.runtime.driver import Deployment
from netdsl.verify.world import World


def lab_to_measure(checked: Checked, options: Options) -> Lab:
    """As it will run. `checked` has a lab."""
    assert checked.lab is not None, "checked"
    return closed(checked.lab) if options.is_closed else checked.lab


def check_measurable(target: str) -> None:
    """Raises CannotRun where the target has no driver or no meter: before anything is written."""
    driver_of(target)
    meter_of(target)


def paths_of(lab: Lab, pairs: Sequence[tuple[str, str]]) -> tuple[Path, ...]:
    """What is measured of a lab; `pairs` empty: what it suggests. Raises BadQuestion."""
    return choose(lab, World(lab), pairs)


def job_for(
    checked: Checked,
    target: str,
    options: Options,
    folder: FilePath,
    *,
    parameters: Mapping[str, str],
    plan: Plan,
    paths: tuple[Path, ...],
    file: FilePath | None,
    timeout: int | None,
) -> Job:
    """The lab as it lies compiled in `folder`. Raises CannotRun where the target has no driver or no meter."""
    lab = lab_to_measure(checked, options)
    sources = [document.source for document in checked.sources.documents.values()]
    return Job(
        lab=lab,
        subject=subject_of(lab, sources, parameters),
        target=target,
        driver=driver_of(target),
        meter=meter_of(target),
        deployment=Deployment(folder, options.project or lab.name),
        paths=paths,
        plan=plan,
        file=file,
        timeout=timeout,
        guess=guessed_round(lab, target, options_of(target, options), plan, paths),
    )


@contextmanager
def alone(folder: FilePath) -> Iterator[None]:
    """One measurement for an output folder at a time, its compilation included. Raises FolderBusy, OSError."""
    lock = locked(folder.with_name(f"{folder.name}-measured"))
    try:
        lock.__enter__()
    except FolderBusy as error:
        raise FolderBusy(f"another netdsl is measuring {folder}") from error
    try:
        yield
    finally:
        lock.__exit__(None, None, None)

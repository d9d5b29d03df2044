"""From a lab to a job for the measurement."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from netdsl.codegen.contract import Options
from netdsl.codegen.options import options_of
from netdsl.codegen.registry import driver_of, meter_of
from netdsl.dataclass import dataclass
from netdsl.disk.lock import FolderBusy, locked
from netdsl.measuring.guessing import guessed_round
from netdsl.measuring.job import Job
from netdsl.measuring.measurement import Existing, Measurement
from netdsl.measuring.paths import choose, worlds_of
from netdsl.measuring.store import read_run
from netdsl.measuring.subject import subject_of
from netdsl.measuring.types import Plan, Subject
from netdsl.pipeline.analysis import Checked
from netdsl.pipeline.compilation import closed
from netdsl.runtime.driver import Deployment


@dataclass(frozen=True, slots=True)
class Bench:
    """A lab on one target. `checked` has a lab; `folder`: the output folder; `file`: where the run is written, None:
    nowhere. `variant`: as of a job."""

    checked: Checked
    parameters: Mapping[str, str]
    target: str
    options: Options
    folder: Path
    file: Path | None
    variant: str = ""


@contextmanager
def job_for(bench: Bench, wanted: Measurement, write: Callable[[], None]) -> Iterator[Job]:
    """A context with the job, in which the output folder is locked. `write`: compiles the lab into it.

    A plan that is not given is that of the file that is resumed. Raises CannotRun if the target has no driver or no meter,
    BadQuestion for paths, and RunUnreadable, before anything is written;
    FolderBusy, OSError, and what `write` raises.
    """
    target, options, lab = bench.target, bench.options, bench.checked.lab
    assert lab is not None, "checked"
    driver, meter = driver_of(target), meter_of(target)
    lab = closed(lab) if options.is_closed else lab
    sources = [document.source for document in bench.checked.sources.documents.values()]
    subject = subject_of(lab, sources, bench.parameters)
    plan = wanted.given.plan(_plan_before(bench, wanted, subject))
    paths = () if plan.pairs is None else choose(lab, worlds_of(lab), plan.pairs)
    with _alone(bench.folder):
        write()
        yield Job(
            lab=lab,
            subject=subject,
            target=target,
            driver=driver,
            meter=meter,
            deployment=Deployment(bench.folder, options.project or lab.name),
            paths=paths,
            plan=plan,
            file=bench.file,
            timeout=wanted.timeout,
            guess=guessed_round(lab, target, options_of(target, options), plan, paths),
            variant=bench.variant,
        )


def _plan_before(bench: Bench, wanted: Measurement, subject: Subject) -> Plan | None:
    """The plan of the file that is resumed, if that is of this lab: else its paths are another lab's."""
    if wanted.existing is not Existing.RESUME or bench.file is None or not bench.file.exists():
        return None
    before = read_run(bench.file)
    return before.plan if before.subject.digest == subject.digest else None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """A lock: one measurement of an output folder at a time, from the compilation on. Raises FolderBusy, OSError."""
    lock = locked(folder.with_name(f"{folder.name}-measured"))
    try:
        lock.__enter__()
    except FolderBusy as error:
        raise FolderBusy(f"another netdsl is measuring {folder}") from error
    try:
        yield
    finally:
        lock.__exit__(None, None, None)

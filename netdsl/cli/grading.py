"""The grades of many files: each is analysed and judged in a process of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from netdsl.cli.console import note
from netdsl.cli.deployment import find_deployment
from netdsl.cli.each import file_of, lab_name, parameter_names, variant
from netdsl.cli.place import build_of
from netdsl.codegen.home import home_of
from netdsl.codegen.manifest import ManifestUnreadable
from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.wording import counted
from netdsl.disk.lock import FolderBusy
from netdsl.ir.dump import Json
from netdsl.ir.lab import Lab
from netdsl.ir.sizes import TooLarge
from netdsl.pipeline.analysis import lowered
from netdsl.runtime.driver import DriverError
from netdsl.testing.bounded import Answer, Bounds, Ended, Work, answers
from netdsl.testing.grade import Grade, Outcome, lost_points, points, proven
from netdsl.testing.run import run

LONGEST_REASON = 1000
"""Characters of why a file could not be graded."""


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be graded for what `reference` expects. `parameters`: the values for those that the file has; `variant`:
    the one of them that `--each` gives. `target`: where the lab runs that is asked; None: its source is proven."""

    file: str
    reference: Lab
    parameters: dict[str, str]
    variant: str | None = None
    target: str | None = None
    is_trusted: bool = True


def grades_of(tasks: Iterator[Task], bounds: Bounds, jobs: int) -> tuple[Grade, ...]:
    """The grades, in the order of the tasks. A file that cannot be read or takes too much has a grade without points.

    Raises DriverError where no running lab of any of them could be asked.
    """
    taken: list[Task] = []

    def works() -> Iterator[Work]:
        for task in tasks:
            taken.append(task)
            yield partial(_judged, task)

    found = list(answers(works(), bounds, jobs))
    errors = [_driver_error(answer) for answer in found]
    if errors and errors[0] is not None and all(error is not None for error in errors):
        raise errors[0]
    shared = _shared(taken, found)
    return tuple(
        _grade(task, shared.get(number, answer)) for number, (task, answer) in enumerate(zip(taken, found, strict=True))
    )


def _grade(task: Task, answer: Answer) -> Grade:
    match answer:
        case {"won": list(won), "reasons": list(reasons)}:
            found = zip(lost_points(task.reference, ""), won, reasons, strict=True)
            judged = (replace(point, is_won=is_won is True, reason=str(reason)) for point, is_won, reason in found)
            return Grade(task.file, tuple(judged), task.variant)
        case {"failure": str(reason)} | Ended(reason):
            failure = reason
        case _:
            failure = "the process gave no grade"
    failure = f"{failure[:LONGEST_REASON]}…" if len(failure) > LONGEST_REASON else failure
    return Grade(task.file, lost_points(task.reference, "not graded"), task.variant, failure)


def _driver_error(answer: Answer) -> DriverError | None:
    """What the runtime said in the process of a file."""
    match answer:
        case {
            "failure": str(message),
            "driver": [str(command), str(tail), str(remedy)],
            "status": int() | None as status,
        }:
            return DriverError(message, command=command, status=status, tail=tail, remedy=remedy or None)
        case _:
            return None


def _shared(tasks: Sequence[Task], found: Sequence[Answer]) -> dict[int, Ended]:
    """The tasks whose lab is also what another file's is said to be: one running lab tells of one file."""
    files: dict[str, dict[str, None]] = {}
    for task, answer in zip(tasks, found, strict=True):
        if isinstance(answer, dict) and isinstance(folder := answer.get("folder"), str):
            files.setdefault(folder, {})[str(Path(task.file).resolve())] = None
    ended: dict[int, Ended] = {}
    for number, answer in enumerate(found):
        folder = answer.get("folder") if isinstance(answer, dict) else None
        if isinstance(folder, str) and len(files[folder]) > 1:
            ended[number] = Ended(f"{counted(len(files[folder]), 'file')} have one running lab, {folder}")
    return ended


# --- in the process of one file


def _judged(task: Task, lift: Callable[[], None]) -> Json:
    """The points of a file; `failure` says why there are none."""
    try:
        known = parameter_names(task.file)
        own = {name: text for name, text in task.parameters.items() if name in known}
        diagnostics = Diagnostics()
        lab = lowered(file_of(task.file), own, diagnostics, is_trusted=task.is_trusted)
        if lab is None:
            return {"failure": _first_error(diagnostics)}
        if task.target is None:
            return _said(task.reference, lab, proven, None)
        lift()
        return _seen(task, task.target, lab)
    except click.ClickException as error:
        return {"failure": error.message}
    except DriverError as error:
        return {
            "failure": error.message,
            "driver": [error.command, error.tail, error.remedy or ""],
            "status": error.status,
        }
    except (TooLarge, ManifestUnreadable, FolderBusy) as error:
        return {"failure": str(error)}
    except OSError as error:
        return {"failure": f"cannot be read: {error.strerror or error}"}


def _said(reference: Lab, lab: Lab, assess: Callable[[Lab], Sequence[Outcome]], folder: str | None) -> Json:
    found = points(reference, lab, assess)
    return {
        "won": [point.is_won for point in found],
        "reasons": [point.reason for point in found],
        "folder": folder,
    }


def _first_error(diagnostics: Diagnostics) -> str:
    errors = [found for found in diagnostics if found.is_error]
    others = f", and {counted(len(errors) - 1, 'other error')}" if len(errors) > 1 else ""
    return f"does not compile: {errors[0].primary.place.span.shown}: {errors[0].message}{others}"


def _folder(task: Task, value: str, target: str) -> str:
    """Where `compile --each` has put a file's lab. Raises UsageError, PathRefused, OSError."""
    build = build_of(is_trusted=task.is_trusted)
    return str(build / home_of(build, variant(lab_name(task.file), value), task.file) / target)


def _seen(task: Task, target: str, lab: Lab) -> Json:
    """By the running lab, from where `compile --each` or `up` has put it. Raises DriverError, ClickException."""
    folder = None if task.variant is None else _folder(task, task.variant, target)
    driver, deployment = find_deployment(task.file, target, folder, None, is_trusted=task.is_trusted)

    def assess(asked: Lab) -> list[Outcome]:
        results = run(asked, driver, deployment, target, partial(_note, task.file), are_nodes_believed=False)
        return [Outcome(line.seen.holds, line.seen.text) for line in results.lines]

    return _said(task.reference, lab, assess, str(deployment.folder.resolve()))


def _note(file: str, text: str) -> None:
    note(f"{file}: {text}")

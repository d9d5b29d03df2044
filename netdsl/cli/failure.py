"""What went wrong outside the lab's source, in words; the last resort is 'internal error'."""

import os
import traceback

from netdsl.cli.console import columns_of_errors, complain
from netdsl.cli.layout import hanging
from netdsl.codegen.contract import BadOption
from netdsl.codegen.manifest import ManifestUnreadable
from netdsl.codegen.registry import BrokenTarget, CannotRun, UnknownTarget
from netdsl.credentials.store import StoreUnreadable
from netdsl.diagnostics.visible import width_of
from netdsl.disk.lock import FolderBusy
from netdsl.disk.refused import PathRefused
from netdsl.ir.sizes import TooLarge
from netdsl.measuring.failures import CannotResume, RunExists, RunUnreadable
from netdsl.runtime.driver import DriverError
from netdsl.verify.question import BadQuestion

WRONG_USAGE = 2
RUNTIME_FAILURE = 3


def report_failure(error: Exception) -> int:
    """Say what failed; the exit status."""
    match error:
        case DriverError():
            _say_failure(error)
        case OSError():
            _say_path(error)
        case ManifestUnreadable() | FolderBusy() | StoreUnreadable() | RunUnreadable() | BrokenTarget():
            complain(str(error))
        case BadOption() | UnknownTarget() | CannotRun() | BadQuestion() | RunExists() | CannotResume() | TooLarge():
            complain(str(error))
            return WRONG_USAGE
        case _:
            complain(f"internal error: {type(error).__name__}: {error}")
            complain("  this is a defect of netdsl; NETDSL_TRACEBACK=1 shows where", prefix=False)
            if os.environ.get("NETDSL_TRACEBACK"):
                for line in "".join(traceback.format_exception(error)).splitlines():
                    complain(line, prefix=False)
    return RUNTIME_FAILURE


def _say_failure(error: DriverError) -> None:
    """What is wrong, by what it was noticed, and what to do: each once, a terminal's width wide."""
    width = columns_of_errors()
    first, *others = _fitted("", error.message, width and width - len("error: "))
    complain(first)
    lines = [*others]
    if error.command:
        status = "" if error.status is None else f" (exit status {error.status})"
        lines += _fitted("  command: ", f"{error.command}{status}", width)
    for line in error.tail.splitlines()[-15:]:
        lines += _fitted("  | ", line, width)
    if error.remedy:
        lines += _fitted("  help: ", error.remedy, width)
    for line in lines:
        complain(line, prefix=False)


def _fitted(head: str, text: str, width: int | None) -> list[str]:
    return [f"{head}{text}"] if width is None or width_of(head + text) <= width else list(hanging(head, text, width))


def _say_path(error: OSError) -> None:
    complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    if isinstance(error, PathRefused) and error.remedy:
        complain(f"  help: {error.remedy}", prefix=False)

"""`netdsl watch`."""

import time
from collections.abc import Iterable
from pathlib import Path

import click

from netdsl.cli.analysis import checked_lab
from netdsl.cli.applying import apply_save
from netdsl.cli.compilation import Request
from netdsl.cli.console import columns, note, say, show_findings, write
from netdsl.cli.deployment import runtime_options
from netdsl.cli.diff_text import diff_text
from netdsl.cli.diff_words import NOTHING
from netdsl.cli.each import file_of
from netdsl.cli.flow_options import ESP
from netdsl.cli.options import CREDENTIALS, DEFINE
from netdsl.cli.target_options import TARGET_OPTIONS
from netdsl.cli.watching import Stamps, wait_for_save
from netdsl.codegen.contract import Options
from netdsl.codegen.registry import driver_of
from netdsl.dataclass import dataclass
from netdsl.diagnostics.wording import counted
from netdsl.diff import diff
from netdsl.disk.named import stamp_of
from netdsl.packets.types import Esp
from netdsl.pipeline.analysis import Checked
from netdsl.semantics.files import FolderReader

_INTERVAL = 0.2
"""Seconds between two looks at the files."""


@click.command("watch")
@click.argument("lab", metavar="LAB", type=click.Path())
@ESP
@DEFINE
@click.option("--up", "is_applied", is_flag=True, help="Apply each save without an error to the lab, where it runs.")
@runtime_options
@CREDENTIALS
@TARGET_OPTIONS
def command(
    lab: str,
    esp: str,
    parameters: dict[str, str],
    target: str,
    output: str | None,
    credential_folder: str | None,
    options: Options,
    *,
    is_applied: bool,
    is_trusted: bool,
) -> None:
    """On each save of LAB, or of a file that it reads: check, prove, and show what changed, as `netdsl diff` does.

    A save that does not compile shows its findings; the next one is compared with the last that did. A running lab is not
    touched without --up; with it a save that has no error is compiled and applied as `netdsl up` does: nodes are changed as
    they run where they can be. The options after --up are those of `up`. Ctrl-C ends it.
    """
    file_of(lab)
    request = Request(lab, target, parameters, options, output, credential_folder, is_trusted=is_trusted)
    if is_applied:
        driver_of(target)  # a target without one is refused before anything is written
    watched = _Watched(request, Esp(esp), is_applied)
    try:
        known = watched.take({})
        note(f"{_files(known)}: waiting for a save; Ctrl-C ends")
        while True:
            known = watched.take(wait_for_save(known, _look, _pause))
    except KeyboardInterrupt:
        note("")


@dataclass(slots=True, eq=False)
class _Watched:
    """`good`: the last save that compiled, and its number."""

    request: Request
    esp: Esp
    is_applied: bool
    number: int = 0
    good: tuple[int, Checked] | None = None

    def take(self, seen: Stamps) -> Stamps:
        """Check and show. The files that were read, as they were then; `seen` where none could be."""
        request = self.request
        try:
            checked = checked_lab(request.lab, request.parameters, self.esp, is_trusted=request.is_trusted)
        except (OSError, click.UsageError) as error:
            if not seen:
                raise
            note(f"{request.lab} cannot be read: {_reason(error)}")
            return seen
        self.tell(checked)
        if self.is_applied and self.number > 1:
            apply_save(request, checked)
        reader = checked.sources.reader
        assert isinstance(reader, FolderReader), "a lab in a file"
        return dict(reader.stamps)

    def tell(self, checked: Checked) -> None:
        self.number += 1
        if self.good is None or checked.lab is None:
            show_findings(checked.diagnostics, "text")
        say(f"save {self.number}: {_summary(checked)}" if self.number > 1 else _summary(checked))
        if checked.lab is None:
            if self.good is not None:
                note(f"the next one is compared with {_called(self.good[0])}")
            return
        if self.good is not None:
            number, before = self.good
            found = diff(before, checked, esp=self.esp)
            text = diff_text(found, columns())
            write(f"{text}\n" if text else f"{NOTHING}\n\n")
            if number != self.number - 1:
                note(f"compared with {_called(number)}")
        self.good = (self.number, checked)


def _called(number: int) -> str:
    return "the lab as it was at first" if number == 1 else f"save {number}"


def _summary(checked: Checked) -> str:
    errors = sum(found.is_error for found in checked.diagnostics)
    lab = checked.lab
    if lab is None:
        return counted(errors, "error")
    parts = f"{lab.name}: {counted(len(lab.nodes), 'node')}, {counted(len(lab.networks), 'network')}"
    proven = counted(errors, "error") if checked.summary is None else str(checked.summary)
    return f"{parts}; {proven}"


def _files(known: Stamps) -> str:
    first, *others = known
    return f"{first}" + (f" and {counted(len(others), 'file')} more" if others else "")


def _look(paths: Iterable[Path]) -> Stamps:
    return {path: stamp_of(path) for path in paths}


def _pause() -> None:
    time.sleep(_INTERVAL)


def _reason(error: Exception) -> str:
    if isinstance(error, click.UsageError):
        return error.message
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

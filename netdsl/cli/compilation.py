"""One compilation as the command line does it: from a lab's path to a written folder. `compile` and `up` share it."""

import difflib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from netdsl.cli.analysis import analyse, stop
from netdsl.cli.console import complain, note, show_findings, write
from netdsl.cli.place import Places, places_of
from netdsl.codegen.contract import PRISTINE, Adopter, Layout, Options
from netdsl.codegen.registry import target_of
from netdsl.codegen.write import Plan, plan
from netdsl.dataclass import dataclass
from netdsl.diagnostics.visible import visible
from netdsl.output import compile_checked, write_output
from netdsl.pipeline.compilation import Compiled, output_files


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for. `edits` says what becomes of files that were changed by hand: "refuse", "adopt" (move the
    change to the override file), "overwrite". `variant`: the parameter of `--each` with its value."""

    lab: str
    target: str
    parameters: dict[str, str]
    options: Options
    output: str | None = None
    credential_folder: str | None = None
    form: str = "text"
    edits: str = "refuse"
    is_dry: bool = False
    shows_difference: bool = False
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    name: str
    folder: Path
    planned: Plan


def compile_request(request: Request) -> Written:
    """Compile and write. Ends the verb with status 1 on findings; then nothing was written.

    Raises OSError and what `report_failure` knows.
    """
    checked = analyse(request.lab, request.parameters)
    bindings = checked.bindings
    if bindings is None or checked.diagnostics.has_errors:
        stop(checked, request.form, request.variant)
    places = places_of(bindings.name, request.target, request.output, request.credential_folder)
    layout = Layout(credentials=places.credentials_from_output)
    with _store(places.credentials, is_dry=request.is_dry) as store:
        compiled = compile_checked(checked, request.target, request.options, layout, store)
    if compiled is None:
        stop(checked, request.form, request.variant)
    show_findings(checked.diagnostics, request.form, request.variant)
    if request.form == "text" and checked.summary is not None and checked.summary.proofs:
        variant = f" ({visible(request.variant)})" if request.variant else ""
        note(f"{compiled.lab.name}{variant}: {checked.summary}")
    return _write(compiled, places, request)


@contextmanager
def _store(folder: Path, *, is_dry: bool) -> Iterator[Path]:
    """The credentials' folder; for a dry run a copy of it, which goes away again: what would be made is not kept."""
    if not is_dry:
        yield folder
        return
    with TemporaryDirectory(prefix="netdsl-") as copy:
        store = Path(copy) / "credentials"
        if folder.is_dir():
            shutil.copytree(folder, store)
        yield store


def _write(compiled: Compiled, places: Places, request: Request) -> Written:
    name, folder, project = compiled.lab.name, places.output, request.options.project
    if request.is_dry or request.shows_difference:
        planned = plan(output_files(compiled, project), folder)
        if request.shows_difference:
            write("".join(_difference(planned)))
        if request.is_dry:
            _say_plan(planned)
        return Written(name, folder, planned)
    planned = write_output(compiled, folder, project, lambda found: _settle_edits(compiled, found, request))
    for path in planned.kept:
        note(f"kept {folder / path}: it was changed by hand, and the lab makes no such file any more")
    return Written(name, folder, planned)


def _settle_edits(compiled: Compiled, planned: Plan, request: Request) -> None:
    """Move the edits of adoptable files to their override file, refuse, or let them be replaced."""
    from netdsl.cli.adoption import adopt_edits

    if request.edits == "overwrite":
        return
    open_questions = [*planned.foreign, *planned.edited]
    if request.edits == "adopt":
        open_questions = [path for path in open_questions if path not in adopt_edits(compiled, planned)]
    if not open_questions:
        return
    for path in open_questions:
        whose = "is not netdsl's" if path in planned.foreign else "was changed by hand"
        complain(f"{planned.folder / path} {whose}; nothing is written")
    write("".join(_edits(planned)))
    note(f"help: {_adoptions(compiled)}`compile --overwrite` drops changes; -o writes elsewhere")
    raise click.exceptions.Exit(1)


def _adoptions(compiled: Compiled) -> str:
    """Where this target's edits can go."""
    adopters = (backend for backend in target_of(compiled.emission.target).backends if isinstance(backend, Adopter))
    moves = [f"changes of {backend.adoptable} to {backend.override}" for backend in adopters]
    return f"`compile --adopt` moves {', '.join(moves)}; " if moves else ""


def _edits(planned: Plan) -> Iterator[str]:
    """What a hand changed, and not what the lab did: from the text that was written (where a copy of it is kept; else from
    the new one) to the one in the folder."""
    new = {artifact.path: artifact.content for artifact in planned.changed}
    for path in planned.edited:
        current = (planned.folder / path).read_bytes()
        pristine = planned.folder / PRISTINE / path
        written = pristine.read_bytes() if pristine.is_file() else new[path]
        yield from _unified(written, current, f"{path} (netdsl)", f"{path} (by hand)")


def _difference(planned: Plan) -> Iterator[str]:
    for artifact in planned.created:
        yield from _unified(b"", artifact.content, "/dev/null", artifact.path)
    for artifact in planned.changed:
        current = (planned.folder / artifact.path).read_bytes()
        yield from _unified(current, artifact.content, f"{artifact.path} (now)", f"{artifact.path} (then)")
    for path in planned.removed:
        yield from _unified((planned.folder / path).read_bytes(), b"", path, "/dev/null")


def _unified(old: bytes, new: bytes, old_name: str, new_name: str) -> Iterator[str]:
    lines = [text.decode(errors="replace").splitlines(keepends=True) for text in (old, new)]
    for line in difflib.unified_diff(lines[0], lines[1], old_name, new_name):
        yield line if line.endswith("\n") else f"{line}\n"


def _say_plan(planned: Plan) -> None:
    for word, paths in (
        ("create", [artifact.path for artifact in planned.created]),
        ("change", [artifact.path for artifact in planned.changed]),
        ("remove", planned.removed),
        ("keep", planned.kept),
    ):
        for path in paths:
            edited = " (was changed by hand)" if path in planned.edited or path in planned.foreign else ""
            write(f"{word} {planned.folder / path}{edited}\n")

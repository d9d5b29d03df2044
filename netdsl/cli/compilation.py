"""One compilation as the command line does it: from a lab's path to a written folder. `compile` and `up` share it."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from netdsl.cli.analysis import analyse, stop
from netdsl.cli.console import complain, note, say, show_findings, write
from netdsl.cli.difference import difference
from netdsl.cli.each import variant
from netdsl.cli.esp_lines import note_dependences
from netdsl.cli.place import Places, build_of, claim_place, places_of, refuse_used
from netdsl.codegen.contract import PRISTINE, Adopter, Layout, Options
from netdsl.codegen.home import claim_keys
from netdsl.codegen.registry import target_of
from netdsl.codegen.write import Plan, is_unfinished, plan
from netdsl.credentials.make import has_credentials
from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.disk.refused import PathRefused
from netdsl.ir.lab import Lab
from netdsl.output import compile_checked, write_output
from netdsl.pipeline.analysis import Checked
from netdsl.pipeline.compilation import Compiled, output_files


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for. `edits` says what becomes of files that were changed by hand: "refuse", "adopt" (move the
    change to the override file), "overwrite". `variant`: the parameter of `--each` with its value; `value`: that alone.
    `is_trusted`: what the source runs or reaches beside the lab may stand there."""

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
    value: str | None = None
    is_trusted: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """`project`: the name of the deployment."""

    name: str
    folder: Path
    planned: Plan
    project: str


def compile_request(request: Request) -> Written:
    """Compile and write. Ends the verb with status 1 on findings; then nothing was written.

    Raises OSError and what `report_failure` knows.
    """
    return compile_checked_lab(request, analyse(request.lab, request.parameters, is_trusted=request.is_trusted))


def compile_checked_lab(request: Request, checked: Checked, *, is_told: bool = True) -> Written:
    """As `compile_request`, what was checked already. `is_told`: findings and proofs are shown, unless the verb ends by
    them."""
    bindings = checked.bindings
    if bindings is None or checked.diagnostics.has_errors:
        stop(checked, request.form, request.variant)
    if not request.is_trusted and request.output is not None:
        refuse_used(request.output)
    places = places_for(request, bindings.name)
    request = replace(request, options=options_for(request, bindings.name, places))
    layout = Layout(credentials=places.credentials_from_output)
    begin = None if request.is_dry else partial(_claim, request, bindings.name, places)
    compiled = compile_checked(checked, request.target, request.options, layout, places.credentials, begin=begin)
    if compiled is None:
        stop(checked, request.form, request.variant)
    if is_told:
        show_findings(checked.diagnostics, request.form, request.variant)
    if is_told and request.form == "text" and checked.summary is not None and checked.summary.proofs:
        which = f" ({request.variant})" if request.variant else ""
        note(f"{compiled.lab.name}{which}: {checked.summary}")
        note_dependences(checked.summary)
    return _write(compiled, places, request)


def _write(compiled: Compiled, places: Places, request: Request) -> Written:
    name, folder, project = compiled.lab.name, places.output, request.options.project
    if request.is_dry or request.shows_difference:
        if is_unfinished(folder):
            remedy = "compile without --dry-run and --diff finishes it"
            raise PathRefused(str(folder), "has an output that was not written to the end", remedy)
        planned = plan(output_files(compiled, project), folder)
        if request.shows_difference:
            write("".join(_difference(planned)))
        if request.is_dry:
            _say_plan(planned)
        return Written(name, folder, planned, project or name)
    planned = write_output(compiled, folder, project, lambda found: _settle_edits(compiled, found, request))
    for path in planned.kept:
        note(f"kept {folder / path}: it was changed by hand, and the lab makes no such file any more")
    return Written(name, folder, planned, project or name)


def places_for(request: Request, lab: str) -> Places:
    """Where the lab of this name is written. Raises UsageError, PathRefused, OSError."""
    keys, value = request.credential_folder, request.value
    if keys is not None and value is not None:
        keys = f"{keys}/{value}"
    build = build_of(is_trusted=request.is_trusted)
    return places_of(build, request.lab, _name(request, lab), request.target, request.output, keys)


def _name(request: Request, lab: str) -> str:
    """Nothing is shared between the values of `--each`."""
    return lab if request.value is None else variant(lab, request.value)


def _claim(request: Request, lab: str, places: Places, ready: Lab) -> None:
    """Before anything of the lab is written below `build/`, or to a folder of keys."""
    has_keys = has_credentials(ready)
    if has_keys and request.credential_folder is not None:
        claim_keys(places.credentials, request.lab)
    is_at_home = request.output is None or (request.credential_folder is None and has_keys)
    if is_at_home:
        claim_place(request.lab, _name(request, lab), places)


def options_for(request: Request, lab: str, places: Places) -> Options:
    """With the name of the deployment: where the lab's own is another source's, that of its folder in `build/`."""
    project = request.options.project
    if request.value is not None and project is not None:
        project = variant(project, request.value)
    is_told_apart = request.output is None and places.name != lab
    return replace(request.options, project=project or (places.name if is_told_apart else None))


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
    folder = Folder.named(planned.folder)
    for path in planned.edited:
        current = folder.read(path) or b""
        pristine = folder.read(f"{PRISTINE}/{path}")
        written = new[path] if pristine is None else pristine
        yield from _unified(written, current, f"{path} (netdsl)", f"{path} (by hand)")


def _difference(planned: Plan) -> Iterator[str]:
    folder = Folder.found(planned.folder)
    for artifact in planned.created:
        yield from _unified(b"", artifact.content, "/dev/null", artifact.path)
    for artifact in planned.changed:
        current = _current(folder, artifact.path)
        yield from _unified(current, artifact.content, f"{artifact.path} (now)", f"{artifact.path} (then)")
    for path in planned.removed:
        yield from _unified(_current(folder, path), b"", path, "/dev/null")


def _current(folder: Folder | None, path: str) -> bytes:
    """What a file has now; nothing where it is not there (any more)."""
    return (None if folder is None else folder.read(path)) or b""


def _unified(old: bytes, new: bytes, old_name: str, new_name: str) -> Iterator[str]:
    return difference(old.decode(errors="replace"), new.decode(errors="replace"), old_name, new_name)


def _say_plan(planned: Plan) -> None:
    for word, paths in (
        ("create", [artifact.path for artifact in planned.created]),
        ("change", [artifact.path for artifact in planned.changed]),
        ("remove", planned.removed),
        ("keep", planned.kept),
    ):
        for path in paths:
            edited = " (was changed by hand)" if path in planned.edited or path in planned.foreign else ""
            say(f"{word} {planned.folder / path}{edited}")

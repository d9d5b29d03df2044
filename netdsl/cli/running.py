"""Which running lab a verb means where no output folder is found: by the marks that runtimes keep of it."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from shlex import quote

import click

from netdsl.cli.each import lab_name
from netdsl.cli.options import target_words
from netdsl.cli.place import is_name, is_source
from netdsl.codegen.home import is_of_another
from netdsl.codegen.manifest import ManifestUnreadable, read_manifest
from netdsl.diagnostics.visible import visible
from netdsl.runtime.driver import Deployment, FoundLab

_SHOWN = 8


def running_lab(
    labs: Iterable[FoundLab], given: str | None, target: str, output: str | None, project: str | None
) -> Deployment | str | None:
    """By at least one word of the command line: the deployment where its folder is there, else the project's name alone;
    None if nothing of it runs. Raises UsageError where several are meant, and where the name of a source is that of a lab
    that another source has brought up."""
    found = [lab for lab in labs if project in (None, lab.project)]
    if output is not None or (given is not None and not is_source(given) and not is_name(given)):
        folder = Path(output if output is not None else str(given)).resolve()
        found = [lab for lab in found if lab.folder is not None and _is_in(lab.folder, folder)]
    elif given is not None:
        names = {lab_name(given), Path(given).stem} if is_source(given) else {given}
        found = [lab for lab in found if names & {lab.lab, lab.project}]
        found = [lab for lab in found if lab.project in names] or found
    if len(found) > 1:
        which = ", ".join(f"`{lab.project}` of {_shown(lab)}" for lab in found[:_SHOWN])
        raise click.UsageError(f"several such labs run; --project NAME says which: {which}")
    if not found:
        return None
    lab = found[0]
    folder_is_there = lab.folder is not None and _is_compiled_for(lab.folder, lab.project)
    if given is not None and is_source(given) and lab.folder is not None and is_of_another(lab.folder, given):
        raise click.UsageError(
            f"the lab `{lab.project}` that runs is of {_shown(lab)}, which was not compiled from {given}; "
            f"`netdsl down -o {quote(_shown(lab))}{target_words(target)} --project {lab.project}` takes it away"
        )
    return Deployment(lab.folder, lab.project) if lab.folder is not None and folder_is_there else lab.project


def _is_in(folder: Path, named: Path) -> bool:
    """Whether it is the folder that was named, or below it, as the target's folder is below the lab's."""
    return named in (folder.resolve(), folder.parent.resolve())


def _is_compiled_for(folder: Path, project: str) -> bool:
    with suppress(ManifestUnreadable, OSError):
        manifest = read_manifest(folder)
        return manifest is not None and (manifest.project or manifest.lab) == project
    return False


def _shown(lab: FoundLab) -> str:
    return "a folder that is not known" if lab.folder is None else visible(str(lab.folder))

"""Where the output of a lab lies, and which lab a verb speaks of."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import click

from netdsl.cli.console import note
from netdsl.cli.each import lab_name
from netdsl.codegen.home import claim, home_of
from netdsl.codegen.manifest import MANIFEST
from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.disk.lock import FolderBusy

BUILD = Path("build")


@dataclass(frozen=True, slots=True)
class Places:
    """`name`: of the lab's folder in `build/`. `credentials_from_output` is the way from the output folder to the
    credentials, as the emitted files write it."""

    name: str
    output: Path
    credentials: Path

    @property
    def credentials_from_output(self) -> str:
        return Path(os.path.relpath(self.credentials.absolute(), self.output.absolute())).as_posix()


def places_of(source: str, lab: str, target: str, output: str | None, credential_folder: str | None) -> Places:
    """Where a lab (or a variant, by its name) of a source is written. Raises UsageError where the credentials would lie
    below the output; PathRefused, OSError."""
    name = lab if output is not None and credential_folder is not None else home_of(BUILD, lab, source)
    folder = Path(output) if output is not None else BUILD / name / target
    credentials = Path(credential_folder) if credential_folder is not None else BUILD / name / "credentials"
    if credentials.absolute().is_relative_to(folder.absolute()):
        raise click.UsageError(f"--credentials {credentials} lies below the output folder, which is replaced")
    return Places(name, folder, credentials)


def claim_place(source: str, lab: str, places: Places) -> None:
    """The lab's folder in `build/` is the source's from now on. Raises FolderBusy, PathRefused, OSError."""
    if claim(BUILD, lab, source) != places.name:
        raise FolderBusy(f"another netdsl has just made {BUILD / places.name} for another source")


def find_output(given: str | None, target: str, output: str | None) -> Path:
    """The output folder that a verb means: -o, a folder, a lab's name or source, or the only one below `build/`."""
    candidates = _candidates(given, target, output)
    for folder in chain(candidates, () if output is not None else _beside(given, target)):
        if _is_output(folder):
            if folder not in candidates:
                note(f"note: {folder}")
            return folder
    if given is None and output is None:
        raise click.UsageError(f"name a lab: {_built(target)}")
    missing = candidates[0] if given is not None and _is_source(given) else candidates[-1]
    raise click.UsageError(f"there is no compiled lab at {missing}; compile it first (`netdsl compile`)")


def _candidates(given: str | None, target: str, output: str | None) -> list[Path]:
    if output is not None:
        return [Path(output)]
    if given is None:
        built = _built_folders(target)
        return built if len(built) == 1 else []
    path = Path(given)
    if path.is_dir():
        return [path, path / target, BUILD / given / target]  # the sources may lie in a folder called as the lab
    if _is_source(given):
        return _of_source(given, target, Path())
    return [BUILD / given / target]


def _is_source(given: str) -> bool:
    return Path(given).suffix == ".net" or Path(given).is_file()


def _of_source(source: str, target: str, base: Path) -> list[Path]:
    """Where a source is compiled to from the folder `base`: the outputs of another one with that name are none of its."""
    names = dict.fromkeys((lab_name(source), Path(source).stem))
    return [base / BUILD / home_of(base / BUILD, name, source) / target for name in names]


def _beside(given: str | None, target: str) -> Iterator[Path]:
    """The same output folders, of a source that was compiled from a folder around this one, or from its own."""
    if given is None or Path(given).suffix != ".net":
        return
    source = Path(given)
    bases = [Path(*[".."] * up) for up in range(1, len(Path.cwd().parents) + 1)]
    for base in (*bases, *([source.parent] if source.parent != Path() else [])):
        with suppress(OSError):  # another user's
            yield from (folder for folder in _of_source(given, target, base) if _is_output(folder))


def _built_folders(target: str) -> list[Path]:
    return sorted(folder for folder in BUILD.glob(f"*/{target}") if _is_output(folder))


def _is_output(folder: Path) -> bool:
    """Whether a folder has a manifest. Raises PathRefused, OSError."""
    opened = Folder.found(folder)
    if opened is None:
        return False
    with opened:
        return opened.status(MANIFEST) is not None


def _built(target: str) -> str:
    names = [folder.parent.name for folder in _built_folders(target)]
    return ", ".join(names) if names else "nothing is compiled yet (`netdsl compile LAB`)"

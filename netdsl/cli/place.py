"""Where the output of a lab lies, and which lab a verb speaks of."""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click

from netdsl.cli.console import note
from netdsl.cli.each import lab_name
from netdsl.codegen.manifest import MANIFEST
from netdsl.dataclass import dataclass

BUILD = Path("build")


@dataclass(frozen=True, slots=True)
class Places:
    """`credentials_from_output` is the way from the output folder to the credentials, as the emitted files write it."""

    output: Path
    credentials: Path

    @property
    def credentials_from_output(self) -> str:
        return Path(os.path.relpath(self.credentials.absolute(), self.output.absolute())).as_posix()


def places_of(lab: str, target: str, output: str | None, credential_folder: str | None) -> Places:
    """Raises UsageError where the credentials would lie below the output."""
    folder = Path(output) if output is not None else BUILD / lab / target
    credentials = Path(credential_folder) if credential_folder is not None else BUILD / lab / "credentials"
    if credentials.absolute().is_relative_to(folder.absolute()):
        raise click.UsageError(f"--credentials {credentials} lies below the output folder, which is replaced")
    return Places(folder, credentials)


def find_output(given: str | None, target: str, output: str | None) -> Path:
    """The output folder that a verb means: -o, a folder, a lab's name or source, or the only one below `build/`."""
    candidates = _candidates(given, target, output)
    for folder in chain(candidates, () if output is not None else _beside(given, candidates)):
        if (folder / MANIFEST).is_file():
            if folder not in candidates:
                note(f"note: {folder}")
            return folder
    if given is None and output is None:
        raise click.UsageError(f"name a lab: {_built(target)}")
    raise click.UsageError(f"there is no compiled lab at {candidates[-1]}; compile it first (`netdsl compile`)")


def _candidates(given: str | None, target: str, output: str | None) -> list[Path]:
    if output is not None:
        return [Path(output)]
    if given is None:
        built = _built_folders(target)
        return built if len(built) == 1 else []
    path = Path(given)
    if path.is_dir():
        return [path, path / target, BUILD / given / target]  # the sources may lie in a folder called as the lab
    if path.suffix == ".net" or path.is_file():
        return [BUILD / lab_name(str(path)) / target, BUILD / path.stem / target]
    return [BUILD / given / target]


def _beside(given: str | None, candidates: list[Path]) -> Iterator[Path]:
    """The same output folders, of a source that was compiled from a folder around this one, or from its own."""
    if given is None or Path(given).suffix != ".net":
        return
    source = Path(given)
    bases = [Path(*[".."] * up) for up in range(1, len(Path.cwd().parents) + 1)]
    for base in (*bases, *([source.parent] if source.parent != Path() else [])):
        yield from (base / folder for folder in candidates)


def _built_folders(target: str) -> list[Path]:
    return sorted(folder for folder in BUILD.glob(f"*/{target}") if (folder / MANIFEST).is_file())


def _built(target: str) -> str:
    names = [folder.parent.name for folder in _built_folders(target)]
    return ", ".join(names) if names else "nothing is compiled yet (`netdsl compile LAB`)"

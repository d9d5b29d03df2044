"""Where the output of a lab lies, and which lab a verb speaks of."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import click

from netdsl.cli.console import note
from netdsl.codegen.home import STORE, claim, home_of, refuse_keys_of_another
from netdsl.codegen.manifest import MANIFEST
from netdsl.codegen.write import recover
from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.disk.lock import FolderBusy, locked
from netdsl.disk.named import make_own_folder

BUILD = Path("build")
STATE = Path("netdsl", "untrusted")
"""What is made of strangers' labs, below the folder for a user's state (XDG_STATE_HOME, ~/.local/state)."""


class NothingCompiled(click.UsageError):
    """There is no output folder where the words of the command line look for one."""


@dataclass(frozen=True, slots=True)
class Places:
    """`name`: of the lab's folder in `build`. `credentials_from_output` is the way from the output folder to the
    credentials, as the emitted files write it."""

    build: Path
    name: str
    output: Path
    credentials: Path

    @property
    def credentials_from_output(self) -> str:
        return Path(os.path.relpath(self.credentials.absolute(), self.output.absolute())).as_posix()


def build_of(*, is_trusted: bool) -> Path:
    """The folder of what is compiled: `build` here. A stranger can have put anything there, so that of a source that is not
    trusted is this user's alone, below the home folder. Raises UsageError where there is none."""
    if is_trusted:
        return BUILD
    home = Path(os.environ.get("HOME", ""))
    for folder in (Path(os.environ.get("XDG_STATE_HOME", "")), home / ".local" / "state"):
        if folder.is_absolute():
            return folder / STATE
    raise click.UsageError("--untrusted writes below the home folder, and HOME names none")


def make_build(build: Path) -> None:
    """Make the folder for strangers' labs this user's alone, before anything is written below it. Raises PathRefused,
    OSError."""
    if build != BUILD:
        make_own_folder(build)


def places_of(
    build: Path, source: str, lab: str, target: str, output: str | None, credential_folder: str | None
) -> Places:
    """Where a lab (or a variant, by its name) of a source is written. Raises UsageError where the credentials would lie
    below the output; PathRefused, OSError."""
    name = lab if output is not None and credential_folder is not None else home_of(build, lab, source)
    folder = Path(output) if output is not None else build / name / target
    credentials = build / name / STORE if credential_folder is None else Path(credential_folder)
    if credential_folder is not None:
        refuse_keys_of_another(credentials, source)
    if credentials.absolute().is_relative_to(folder.absolute()):
        raise click.UsageError(f"--credentials {credentials} lies below the output folder, which is replaced")
    return Places(build, name, folder, credentials)


def claim_place(source: str, lab: str, places: Places) -> None:
    """The lab's folder in `build` is the source's from now on. Raises FolderBusy, PathRefused, OSError."""
    make_build(places.build)
    if claim(places.build, lab, source) != places.name:
        raise FolderBusy(f"another netdsl has just made {places.build / places.name} for another source")


def sweep(output: Path, build: Path) -> None:
    """Remove what killed processes have left beside an output and in it: locks, and parts of files. Another user's stay."""
    with suppress(OSError, FolderBusy), locked(output):
        recover(output)
    for folder in (output.parent, *(output.parent / name for name in (STORE, "measured")), build):
        with suppress(OSError):
            opened = Folder.found(folder)
            if opened is not None:
                with opened:
                    opened.sweep()


def refuse_used(output: str) -> None:
    """Raises UsageError where a folder for the output of a stranger's lab has something in it. PathRefused, OSError."""
    folder = Folder.found(output)
    if folder is not None and folder.names():
        raise click.UsageError(f"--untrusted writes to a fresh folder, and {output} has something in it")


def find_output(given: str | None, target: str, output: str | None, *, is_trusted: bool = True) -> Path:
    """The output folder that a verb means: -o, a lab's name or source, a folder, or the only one below `build/`.

    A name is one of `build/` first, and a folder only where there is none; `./NAME` is the folder. One in an unexpected
    place is said.
    """
    build = build_of(is_trusted=is_trusted)
    expected = _expected(given, target, output, build)
    for folder in chain(expected, _others(given, target) if output is None and is_trusted else ()):
        if _is_output(folder):
            if folder not in expected:
                note(f"note: {folder}")
            return folder
    if given is None and output is None:
        raise NothingCompiled(f"name a lab: {_built(build, target)}")
    if not expected:
        raise click.UsageError(f"--untrusted is for a source or a lab's name, and {given} is none")
    advice = "compile it first (`netdsl compile`)"
    if is_trusted and given is not None and any(map(_is_output, _expected(given, target, None, _of_strangers()))):
        advice = "there is one that was compiled with --untrusted (`--untrusted` finds it)"
    raise NothingCompiled(f"there is no compiled lab at {expected[0]}; {advice}")


def _expected(given: str | None, target: str, output: str | None, build: Path) -> list[Path]:
    if output is not None:
        return [Path(output)]
    if given is None:
        built = _built_folders(build, target)
        return built if len(built) == 1 else []
    if is_source(given):
        return _of_source(given, target, build)
    if is_name(given):
        return [build / given / target]
    return [Path(given), Path(given) / target] if build == BUILD else []


def _others(given: str | None, target: str) -> Iterator[Path]:
    """Where else what is meant may be: the folder of a name, or what a source was compiled to from elsewhere."""
    if given is not None and is_source(given):
        yield from _beside(given, target)
    elif given is not None and is_name(given):
        yield from (Path(given), Path(given) / target)


def _of_strangers() -> Path:
    try:
        return build_of(is_trusted=False)
    except click.UsageError:
        return BUILD


def is_name(given: str) -> bool:
    """Whether a word may be a lab's name, and not a path."""
    return "/" not in given and given not in ("", ".", "..")


def is_source(given: str) -> bool:
    """Whether a word is a source's path."""
    return Path(given).suffix == ".net" or Path(given).is_file()


def _of_source(source: str, target: str, build: Path) -> list[Path]:
    """Where a source is compiled to below `build`: the outputs of another one with that name are none of its."""
    from netdsl.cli.each import lab_name  # reads a source: with the parser, which takes longer than most verbs

    names = dict.fromkeys((lab_name(source), Path(source).stem))
    return [build / home_of(build, name, source) / target for name in names]


def _beside(given: str, target: str) -> Iterator[Path]:
    """The same output folders, of a source that was compiled from a folder around this one, or from its own."""
    if Path(given).suffix != ".net":
        return
    source = Path(given)
    bases = [Path(*[".."] * up) for up in range(1, len(Path.cwd().parents) + 1)]
    for base in (*bases, *([source.parent] if source.parent != Path() else [])):
        with suppress(OSError):  # another user's
            yield from (folder for folder in _of_source(given, target, base / BUILD) if _is_output(folder))


def _built_folders(build: Path, target: str) -> list[Path]:
    return sorted(folder for folder in build.glob(f"*/{target}") if _is_output(folder))


def _is_output(folder: Path) -> bool:
    """Whether a folder has a manifest. Raises PathRefused, OSError."""
    opened = Folder.found(folder)
    if opened is None:
        return False
    with opened:
        return opened.status(MANIFEST) is not None


def _built(build: Path, target: str) -> str:
    names = [folder.parent.name for folder in _built_folders(build, target)]
    return ", ".join(names) if names else "nothing is compiled yet (`netdsl compile LAB`)"

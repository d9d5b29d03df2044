"""Writing an output folder atomically, without losing a user's changes and without touching files outside of the
folder.

All content is staged below the folder first, so that a full disk or a missing permission is an error before anything
changes. Then a journal lists the renames and removals; from then on the new output is complete, and `recover` finishes
an interrupted commit before the folder is used again.

A lab of a thousand nodes has thousands of files: paths are strings here, every folder is checked and created once, and
the staging is flat (a staged file is named by its number in the journal).
"""

# ruff: noqa: PTH103, PTH105, PTH112, PTH123
import errno
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import TextIO

from netdsl.codegen.contract import Artifact
from netdsl.codegen.manifest import MANIFEST, Manifest, digest, read_manifest
from netdsl.dataclass import dataclass

_JOURNAL = ".netdsl-journal.json"
_STAGING = ".netdsl-staging-"
_LOCK = ".netdsl-lock"
_ATTEMPTS = 10
_LONGEST_NAME = 255  # bytes, the limit of Linux file systems


class PathRefused(Exception):
    """A path that leads out of the output folder, by `..` or through a symbolic link."""


class FolderBusy(Exception):
    """Another netdsl process holds the folder's lock."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that writing makes. `edited`: generated files that were changed by hand since; `foreign`: files at a
    path of the output that netdsl did not write. Both prevent a commit without `--overwrite`. `kept`: edited files that
    are not part of the new output, which stay."""

    folder: Path
    created: tuple[Artifact, ...]
    changed: tuple[Artifact, ...]
    unchanged: tuple[Artifact, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    edited: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def is_safe(self) -> bool:
        return not self.edited and not self.foreign


def plan(artifacts: tuple[Artifact, ...], folder: Path) -> Plan:
    """Compare the new files with the folder, without writing. Raises PathRefused, ManifestUnreadable, OSError."""
    tree = _Tree(os.fspath(folder))
    for artifact in artifacts:
        tree.refuse_bad_path(artifact.path)
    old = read_manifest(folder) or Manifest("", "", {})
    created: list[Artifact] = []
    changed: list[Artifact] = []
    unchanged: list[Artifact] = []
    edited: list[str] = []
    foreign: list[str] = []
    for artifact in artifacts:
        current = tree.content(artifact.path)
        if current is None:
            created.append(artifact)
        elif current == artifact.content:
            unchanged.append(artifact)
        else:
            changed.append(artifact)
            if artifact.path != MANIFEST and digest(current) != old.files.get(artifact.path):
                (edited if artifact.path in old.files else foreign).append(artifact.path)
    removed, kept = _stale(old, {artifact.path for artifact in artifacts}, folder)
    return Plan(
        folder,
        tuple(created),
        tuple(changed),
        tuple(unchanged),
        removed,
        kept,
        tuple(edited),
        tuple(foreign),
    )


def commit(planned: Plan) -> None:
    """Carry out a plan. Raises OSError; then the folder is unchanged."""
    folder = planned.folder
    existed = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        staging = Path(mkdtemp(prefix=_STAGING, dir=folder))
        try:
            fresh = planned.created + planned.changed
            _stage(fresh, staging)
            _write_journal(folder, staging.name, fresh, planned.removed)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
    except BaseException:
        if not existed:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    for artifact in planned.unchanged:
        _set_mode(folder / artifact.path, artifact.mode)
    recover(folder)


def recover(folder: Path) -> bool:
    """Finish a commit whose journal was written, and return True; otherwise remove its staged files."""
    try:
        journal = json.loads((folder / _JOURNAL).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        for leftover in folder.glob(f"{_STAGING}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        return False
    staging = folder / str(journal["staging"])
    _put_in_place(journal["files"], os.fspath(staging), os.fspath(folder))
    for path in journal["removed"]:
        (folder / path).unlink(missing_ok=True)
        _remove_empty_parents(folder, PurePosixPath(path))
    shutil.rmtree(staging, ignore_errors=True)
    (folder / _JOURNAL).unlink()
    return True


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock the folder for this process; creates its parent if it is missing. Raises FolderBusy, OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.parent / f"{_LOCK}-{folder.name}"
    with _locked_file(path, folder):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _locked_file(path: Path, folder: Path) -> TextIO:
    """The lock file, locked. If the file was deleted after open(), the lock protects nothing; retry."""
    for _ in range(_ATTEMPTS):
        handle = path.open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle.fileno()), path.stat()):
                return handle
        except BlockingIOError:
            handle.close()
            break
        except FileNotFoundError:
            pass
        handle.close()
    raise FolderBusy(f"another netdsl is writing to {folder}")


class _Tree:
    """The current output folder. Each subfolder is checked once: a missing one has no files to check."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._folders = {"": os.path.isdir(root)}

    def refuse_bad_path(self, path: str) -> None:
        """Raises PathRefused for a path that leads out of the folder, by `..` or through a symbolic link."""
        parts = path.split("/")
        if path.startswith("/") or ".." in parts or "\0" in path or not any(part not in ("", ".") for part in parts):
            raise PathRefused(f"{path!r} is no path inside the output folder")
        if len(path) > _LONGEST_NAME // 4 and any(len(os.fsencode(part)) > _LONGEST_NAME for part in parts):
            raise OSError(
                errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path
            )  # staging uses short names and would not find this error
        if self._has_folder(_parent(path)):
            self._exists(path)

    def content(self, path: str) -> bytes | None:
        """The content of a file; None if it does not exist."""
        if not self._has_folder(_parent(path)):
            return None
        return _content(f"{self._root}/{path}")

    def _has_folder(self, folder: str) -> bool:
        exists = self._folders.get(folder)
        if exists is None:
            exists = self._folders[folder] = self._has_folder(_parent(folder)) and self._exists(folder)
        return exists

    def _exists(self, path: str) -> bool:
        full = f"{self._root}/{path}"
        try:
            mode = os.lstat(full).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
        if stat.S_ISLNK(mode):
            raise PathRefused(f"{full} is a symbolic link")
        return True


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except FileNotFoundError:
        return None


def _stale(old: Manifest, new: set[str], folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    removed: list[str] = []
    kept: list[str] = []
    for path, written in old.files.items():
        pure = PurePosixPath(path)
        if path in new or pure.is_absolute() or ".." in pure.parts or (folder / path).is_symlink():
            continue
        current = _content(f"{folder}/{path}")
        if current is not None:
            (removed if digest(current) == written else kept).append(path)
    return tuple(removed), tuple(kept)


def _stage(artifacts: tuple[Artifact, ...], staging: Path) -> None:
    """Write each artifact to a file named by its number."""
    root = os.fspath(staging)
    for number, artifact in enumerate(artifacts):
        descriptor = os.open(f"{root}/{number}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, artifact.mode)
        try:
            os.fchmod(descriptor, artifact.mode)
            view = memoryview(artifact.content)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)


def _put_in_place(paths: list[str], staging: str, root: str) -> None:
    """Rename the staged files. A missing one has already been renamed."""
    created: set[str] = set()
    for number, path in enumerate(paths):
        staged = f"{staging}/{number}"
        parent = _parent(path)
        if parent not in created:
            os.makedirs(f"{root}/{parent}", exist_ok=True)
            created.add(parent)
        try:
            os.replace(staged, f"{root}/{path}")
        except FileNotFoundError:
            if os.path.lexists(staged):
                raise


def _write_journal(folder: Path, staging: str, fresh: tuple[Artifact, ...], removed: tuple[str, ...]) -> None:
    journal = {"staging": staging, "files": [artifact.path for artifact in fresh], "removed": list(removed)}
    part = folder / staging / _JOURNAL
    part.write_text(json.dumps(journal))
    part.replace(folder / _JOURNAL)


def _set_mode(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o7777 != mode:
        path.chmod(mode)


def _remove_empty_parents(folder: Path, path: PurePosixPath) -> None:
    for parent in path.parents:
        if not parent.parts:
            return
        try:
            (folder / parent).rmdir()
        except OSError:
            return

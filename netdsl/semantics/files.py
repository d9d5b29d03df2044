"""Reading below one folder: the only way by which a source reaches files."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.disk.named import Stamp, stamp_of
from netdsl.disk.refused import PathEscape, PathRefused, TooLarge

LARGEST_SOURCE = 16 * 2**20
LARGEST_FILE = 16 * 2**20
"""Bytes: of a lab file, and of what `file … from` puts into a node."""


class Reader(Protocol):
    """Files below a root; paths are relative to it, without `..`."""

    def canonical(self, path: PurePosixPath) -> PurePosixPath:
        """The same file's one path below the root, links followed; PathEscape, OSError."""

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        """The bytes of a regular file; PathEscape, PathRefused, TooLarge, OSError."""

    def names(self, folder: PurePosixPath) -> tuple[str, ...]:
        """What is in a folder, sorted; nothing where it cannot be read."""


class FolderReader:
    """A folder on disk, the same one at each call: another that is put into its place meanwhile is refused. A link may lead
    to elsewhere below it. `main`, the file that the user named, is no link. `stamps`: of each file that was asked for, as
    it was before it was first read."""

    def __init__(self, root: Path, main: str) -> None:
        self.root = root
        self.main = main
        self.stamps: dict[Path, Stamp | None] = {}
        self._identity: tuple[int, int] | None = None

    def canonical(self, path: PurePosixPath) -> PurePosixPath:
        with self._opened() as folder:
            return self._canonical(folder, path)

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        named = self.root / path
        if named not in self.stamps:
            self.stamps[named] = stamp_of(named)
        with self._opened() as folder:
            canonical = str(self._canonical(folder, path))
            data = folder.read(canonical, limit)
        if data is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder.shown(canonical))
        return data

    def names(self, folder: PurePosixPath) -> tuple[str, ...]:
        try:
            with self._opened() as opened:
                return tuple(opened.names("" if folder == PurePosixPath() else str(self._canonical(opened, folder))))
        except (OSError, PathEscape):
            return ()

    def _canonical(self, folder: Folder, path: PurePosixPath) -> PurePosixPath:
        return path if path == PurePosixPath(self.main) else PurePosixPath(folder.canonical(str(path)))

    @contextmanager
    def _opened(self) -> Iterator[Folder]:
        with Folder.around(self.root) as folder:
            if self._identity is None:
                self._identity = folder.identity
            if self._identity != folder.identity:
                raise PathRefused(str(self.root), "another folder than at the beginning")
            yield folder


@dataclass(frozen=True, slots=True)
class MemoryReader:
    """Files by path, without a disk."""

    files: Mapping[str, bytes]

    def canonical(self, path: PurePosixPath) -> PurePosixPath:
        return path

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        data = self.files.get(str(path))
        if data is None:
            if any(name.startswith(f"{path}/") for name in self.files):
                raise PathRefused(str(path), "a folder")
            raise FileNotFoundError
        if len(data) > limit:
            raise TooLarge(str(path), limit)
        return data

    def names(self, folder: PurePosixPath) -> tuple[str, ...]:
        inside = (PurePosixPath(name) for name in self.files)
        return tuple(sorted(path.name for path in inside if path.parent == folder))


def joined(folder: PurePosixPath, text: str) -> PurePosixPath:
    """The path that a source in `folder` means by a text; `..` may climb, but not out of the root: PathEscape."""
    if "\0" in text or text.startswith("/"):
        raise PathEscape
    parts = [part for part in folder.parts if part != "."]
    for part in text.split("/"):
        if part == "..":
            if not parts:
                raise PathEscape
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return PurePosixPath(*parts)

"""Reading below one folder: the only way by which a source reaches files."""

import errno
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
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
    """A folder on disk, held open: another one that is put into its place meanwhile is not read. A link may lead to
    elsewhere below it. `main`, the file that the user named, is no link."""

    def __init__(self, root: Path, main: str) -> None:
        self.root = root
        self.main = main

    @cached_property
    def _folder(self) -> Folder:
        return Folder.around(self.root)

    def canonical(self, path: PurePosixPath) -> PurePosixPath:
        if path == PurePosixPath(self.main):
            return path
        return PurePosixPath(self._folder.canonical(str(path)))

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        canonical = str(self.canonical(path))
        data = self._folder.read(canonical, limit)
        if data is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._folder.shown(canonical))
        return data

    def names(self, folder: PurePosixPath) -> tuple[str, ...]:
        try:
            return tuple(self._folder.names("" if folder == PurePosixPath() else str(self.canonical(folder))))
        except (OSError, PathEscape):
            return ()


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

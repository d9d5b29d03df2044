"""Reading below one folder: the only way by which a source reaches files."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from netdsl.dataclass import dataclass

LARGEST_SOURCE = 16 * 2**20
LARGEST_FILE = 16 * 2**20
"""Bytes: of a lab file, and of what `file … from` puts into a node."""


class PathEscape(Exception):
    """The path leaves the folder of the lab."""


class TooLarge(OSError):
    """The file has more bytes than are allowed."""


class Reader(Protocol):
    """Files below a root; paths are relative to it, without `..`."""

    def canonical(self, path: PurePosixPath) -> PurePosixPath:
        """The same file's one path below the root, links followed; PathEscape, OSError."""

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        """The bytes of a regular file; PathEscape, TooLarge, OSError."""

    def names(self, folder: PurePosixPath) -> tuple[str, ...]:
        """What is in a folder, sorted; nothing where it cannot be read."""


@dataclass(frozen=True, slots=True)
class FolderReader:
    """A folder on disk. `main`, the file that the user named, may be a link to anywhere; nothing else may."""

    root: Path
    main: str

    def canonical(self, path: PurePosixPath) -> PurePosixPath:
        if path == PurePosixPath(self.main):
            return path
        root = self.root.resolve()
        real = (root / path).resolve(strict=True)
        if not real.is_relative_to(root):
            raise PathEscape
        return PurePosixPath(real.relative_to(root).as_posix())

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        canonical = self.canonical(path)
        # Not blocking: a pipe or a device in the folder must not hang the compiler.
        descriptor = os.open(self.root / canonical, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise IsADirectoryError("a folder" if stat.S_ISDIR(mode) else "not a regular file")
            data = file.read(limit + 1)
        if len(data) > limit:
            raise TooLarge(f"larger than {limit >> 20} MiB")
        return data

    def names(self, folder: PurePosixPath) -> tuple[str, ...]:
        try:
            canonical = self.root.resolve() if folder == PurePosixPath() else self.root / self.canonical(folder)
            return tuple(sorted(entry.name for entry in canonical.iterdir()))
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
                raise IsADirectoryError("a folder")
            raise FileNotFoundError
        if len(data) > limit:
            raise TooLarge(f"larger than {limit >> 20} MiB")
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

"""Files and folders that go away again: in the system's folder for them, with random names, the caller's alone."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory, TemporaryFile
from typing import IO

from netdsl.disk.folder import LARGEST
from netdsl.disk.refused import PathRefused, TooLarge


def scratch_folder() -> "TemporaryDirectory[str]":
    """A context with a new folder's path."""
    return TemporaryDirectory(prefix="netdsl-")


def scratch_file() -> IO[bytes]:
    """A file without a name."""
    return TemporaryFile()


def scratch_content(file: IO[bytes]) -> bytes:
    """All that has been written to a file without a name, also by another program. Raises TooLarge."""
    size = os.fstat(file.fileno()).st_size
    if size > LARGEST:
        raise TooLarge("a scratch file", LARGEST)
    return os.pread(file.fileno(), size, 0)


def scratch_named() -> IO[bytes]:
    """A file with a name, for a program that opens it."""
    return NamedTemporaryFile(prefix="netdsl-")


def make_private(path: Path) -> None:
    """A folder that is the caller's alone, in one where others may write as well. Raises PathRefused, OSError."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise PathRefused(str(path), "not a private folder of this user", "remove it")

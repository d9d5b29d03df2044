"""A lock on a folder: a file beside it, which is empty, ours, and goes away with the lock."""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netdsl.disk.folder import LOCKS, Folder
from netdsl.disk.refused import PathRefused, is_ours

_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
PATIENCE = 30.0
"""Seconds to wait for another process that writes a few files: one that was stopped (Ctrl-Z) has them for ever."""

_ATTEMPTS = 10
_PAUSE = 0.05  # seconds


class FolderBusy(Exception):
    """Another netdsl process holds the folder's lock."""


@contextmanager
def locked(folder: Path, *, patience: float = 0) -> Iterator[int]:
    """Lock a folder for this process; the folder around it is made if it is missing. `patience`: seconds to wait for
    another process. Raises FolderBusy, PathRefused where the lock's file is none of ours, OSError.

    The value is a descriptor: a program that has it too, and outlives this process, keeps the lock until it ends.
    """
    name = f"{LOCKS}{folder.name}"
    with Folder.around(folder.parent, make=0o777) as around:
        descriptor = _patient(around, name, folder, patience)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
            around.drop(name)


def _patient(around: Folder, name: str, folder: Path, patience: float) -> int:
    deadline = time.monotonic() + patience
    while True:
        descriptor = _locked_file(around, name)
        if descriptor is not None:
            return descriptor
        if time.monotonic() >= deadline:
            raise FolderBusy(f"another netdsl is writing to {folder}")
        time.sleep(_PAUSE)


def _locked_file(around: Folder, name: str) -> int | None:
    """The lock's file, locked; None where another process has it. If the file was deleted after it was opened, the lock
    protects nothing: again."""
    for _ in range(_ATTEMPTS):
        descriptor = around.open_or_make(name, _OPEN)
        status = os.fstat(descriptor)
        if not (stat.S_ISREG(status.st_mode) and status.st_size == 0 and status.st_nlink <= 1 and is_ours(status)):
            os.close(descriptor)
            raise PathRefused(around.shown(name), "not a lock of netdsl", "remove it")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        there = around.status(name)
        if there is not None and os.path.samestat(status, there):
            return descriptor
        os.close(descriptor)
    return None

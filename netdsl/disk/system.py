"""Files of the kernel (/proc, /sys) and of this machine (/etc), which are believed. Missing ones have no content."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_GONE = (FileNotFoundError, ProcessLookupError, NotADirectoryError)
_PIECE = 2**16  # bytes per read; the kernel returns less


def system_bytes(file: Path | str, *, is_told: bool = False) -> bytes:
    """The content of a file; empty if the file is missing or not readable. With `is_told` PermissionError is raised.
    Unbuffered: the files are short and many."""
    try:
        number = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        if is_told:
            raise
        return b""
    except _GONE:
        return b""
    try:
        return b"".join(iter(lambda: os.read(number, _PIECE), b""))
    except _GONE:
        return b""
    finally:
        os.close(number)


def system_text(file: Path | str) -> str:
    return system_bytes(file).decode(errors="replace")


def system_names(folder: Path | str) -> Iterator[str]:
    """What is in a folder; nothing where there is none."""
    try:
        entries = os.scandir(folder)
    except _GONE:
        return
    with entries:
        yield from (entry.name for entry in entries)


@contextmanager
def terminal() -> Iterator[int]:
    """A context with the descriptor of this process's terminal. Raises OSError where it has none."""
    descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)

"""Files that the caller names: sources, reports, captures. The path is the caller's, what lies there need not be."""

import errno
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from netdsl.disk.folder import LARGEST, Folder, write_all
from netdsl.disk.refused import PathRefused, link_refused

_STREAM = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_PATIENCE = 10.0  # seconds until the other end of a pipe is read
_PAUSE = 0.02
_OF_THIS_PROCESS = re.compile(r"/dev/(stdout|stderr|fd/.*)|/proc/self/fd/.*")
"""What is open already, as `>(…)` of a shell: links that the kernel makes, to be followed."""


def read_named(path: Path | str, limit: int = LARGEST) -> bytes:
    """The content of a regular file, which is no link. Raises FileNotFoundError, PathRefused, TooLarge, OSError."""
    folder, name = parts_of(path)
    with Folder.around(folder) as opened:
        content = opened.read(name, limit)
    if content is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return content


Stamp = tuple[int, int, int]
"""By which a file that was written again is told from what it was: its time in nanoseconds, size, number."""


def stamp_of(path: Path | str) -> Stamp | None:
    """Of the file that a path leads to, through links too. None where it cannot be looked at."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a text or a path
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def make_named(path: Path | str, text: str) -> None:
    """A new file; its folder is made where it is missing. Raises FileExistsError, OSError."""
    folder, name = parts_of(path)
    with Folder.around(folder, make=0o777) as opened:
        opened.create(name, text.encode(), new_mode())


def make_folder(path: Path | str) -> None:
    """A folder and those around it, where they are missing. Raises PathRefused, OSError."""
    Folder.named(path, make=0o777).close()


def write_whole(path: Path | str, text: str) -> None:
    """Replace a file atomically; concurrent readers get the old or the new content. The folder must exist. Raises OSError.

    A link is replaced, not followed. A pipe, a device, and what this process has open (/dev/stdout) is written to.
    """
    with _destination(path) as descriptor:
        if descriptor is not None:
            write_all(descriptor, text.encode())
            return
    folder, name = parts_of(path)
    with Folder.around(folder) as opened:
        opened.sweep()
        opened.replace(name, text.encode(), new_mode())


def make_own_folder(path: Path | str) -> None:
    """As `make_folder`; what is in it is this user's alone: its mode is 0700, also that of one that is there. Raises
    PathRefused, also where it belongs to another user; OSError."""
    with Folder.named(path, make=0o700) as folder:
        folder.make_private(is_itself=True)


@contextmanager
def written(path: Path | str) -> Iterator[int]:
    """A context with the descriptor of a new, empty file at this path, or of the pipe that is there. Raises OSError."""
    with _destination(path) as descriptor:
        if descriptor is not None:
            yield descriptor
            return
    folder, name = parts_of(path)
    with Folder.around(folder) as opened:
        opened.sweep()
        fresh = opened.fresh(name, new_mode())
    try:
        yield fresh
    finally:
        os.close(fresh)


def rewrite(texts: Mapping[Path, bytes]) -> None:
    """Give files that there are other contents, each with the mode that it has. All parts are written before the first
    file is replaced. Raises OSError; then no file has changed, unless replacing one failed where others were replaced."""
    with ExitStack() as stack:
        parts: list[tuple[Folder, str, str]] = []
        try:
            for path, content in texts.items():
                place, name = parts_of(path)
                folder = stack.enter_context(Folder.around(place))
                status = folder.status(name)
                if status is not None and stat.S_ISLNK(status.st_mode):
                    raise link_refused(str(path))
                if status is None or not stat.S_ISREG(status.st_mode):
                    raise PathRefused(str(path), "not a regular file")
                folder.sweep()
                part, descriptor = folder.part(stat.S_IMODE(status.st_mode))
                stack.callback(os.close, descriptor)
                parts.append((folder, part, name))
                write_all(descriptor, content)
            for folder, part, name in parts:
                folder.take(folder, part, name)
        finally:
            for folder, part, _ in parts:
                folder.remove(part)


def is_one_of(file: str, others: Iterable[str]) -> bool:
    """Whether `file` is the same file as one of `others`, also under another name. False if it does not exist."""
    path = Path(file)
    return path.is_file() and any(Path(other).is_file() and path.samefile(other) for other in others)


@contextmanager
def _destination(path: Path | str) -> Iterator[int | None]:
    """The descriptor of a pipe, a terminal, /dev/null; None where a file is to be written."""
    text = os.fspath(path)
    is_of_this_process = _OF_THIS_PROCESS.fullmatch(os.path.abspath(text)) is not None  # noqa: PTH100 - no link is resolved
    mode = 0
    with suppress(FileNotFoundError):
        mode = (os.stat if is_of_this_process else os.lstat)(text).st_mode
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise PathRefused(text, "not a regular file")
    if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or (is_of_this_process and stat.S_ISREG(mode))):
        yield None
        return
    descriptor = _opened(text, _STREAM if is_of_this_process else _STREAM | os.O_NOFOLLOW)
    try:
        os.set_blocking(descriptor, True)
        yield descriptor
    finally:
        os.close(descriptor)


def _opened(text: str, flags: int) -> int:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return os.open(text, flags)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() >= deadline:
                raise PathRefused(text, "a pipe that no program reads from") from error
        time.sleep(_PAUSE)


def parts_of(path: Path | str) -> tuple[str, str]:
    """The folder around what a path names, and the name. Raises PathRefused where that is none."""
    folder, name = os.path.split(os.fspath(path))
    if name in ("", ".", ".."):
        raise PathRefused(os.fspath(path), "a folder")
    return folder or os.curdir, name


def new_mode() -> int:
    """The mode of a new file by this process's umask."""
    mask = os.umask(0o022)
    os.umask(mask)
    return 0o666 & ~mask

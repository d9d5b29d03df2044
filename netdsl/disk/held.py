"""A folder that is held open: the way to files below it, part by part from its descriptor."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from netdsl.disk.refused import PathRefused, TooLarge, is_ours, link_refused, refuse

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BELOW = _FOLDER | os.O_NOFOLLOW


class HeldFolder:
    """A folder, held by its descriptor until `close`. `path` is for messages.

    In a private one (`make_private`) files belong to the caller and have mode 0600, folders 0700: another mode is repaired
    where it is met, another owner refused. Paths below it have `/` between their parts; "" is the folder itself.
    """

    def __init__(self, descriptor: int, path: str) -> None:
        self.path = path
        self.is_private = False
        self._root = descriptor
        self._way: list[tuple[str, int]] = []  # subfolders that are open, each in the one before
        self._at, self._here = "", descriptor

    @classmethod
    def named(cls, path: Path | str, *, make: int | None = None) -> Self:
        """The folder that a caller names. A relative path has no link in it; of an absolute one the last part is none.

        With `make` missing folders are made, the last one with that mode. Raises PathRefused, OSError.
        """
        text = os.fspath(path).rstrip("/") or os.fspath(path)
        head, tail = os.path.split(text) if text.startswith("/") else ("", text)
        if make is not None and head:
            Path(head).mkdir(parents=True, exist_ok=True)
        base = cls(os.open(head or os.curdir, _FOLDER), head)
        try:
            return cls(base._walk(tail, make), text)
        finally:
            base.close()

    @classmethod
    def around(cls, path: Path | str, *, make: int | None = None) -> Self:
        """The folder around something that a caller names: as `named`, but in an absolute path every part may be a link."""
        text = os.fspath(path)
        found = cls.named(os.path.join(text, os.curdir) if text.startswith("/") else text, make=make)  # noqa: PTH118
        found.path = text
        return found

    @classmethod
    def found(cls, path: Path | str) -> Self | None:
        """As `named`; None where there is no such folder."""
        try:
            return cls.named(path)
        except FileNotFoundError:
            return None

    @property
    def identity(self) -> tuple[int, int]:
        """The device and the number of the folder, which no other one has while it is there."""
        status = os.fstat(self._root)
        return status.st_dev, status.st_ino

    def make_private(self, *, is_itself: bool) -> None:
        """From now on. `is_itself`: the folder's own mode is repaired, too. Raises PathRefused, OSError."""
        status = os.fstat(self._root)
        self._own(self._root, "", 0o700 if is_itself else stat.S_IMODE(status.st_mode), status)
        self.is_private = True

    def close(self) -> None:
        self._leave(0)
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_way"):
            self.close()

    def shown(self, path: str) -> str:
        """The path of a file below this folder, for messages."""
        around = "" if self.path == os.curdir else self.path
        return os.path.join(around, path) if path else around or os.curdir  # noqa: PTH118 - texts

    @property
    def _mode(self) -> int:
        return 0o700 if self.is_private else 0o777

    def _enter(self, folder: str, make: int | None = None) -> int:
        """The descriptor of a subfolder, valid until the next call. Those on the way to it stay open: paths that are asked
        in their order open each folder once."""
        if folder == self._at:
            return self._here
        parts = folder.split("/") if folder else []
        depth = 0
        for (name, _), part in zip(self._way, parts, strict=False):
            if name != part:
                break
            depth += 1
        self._leave(depth)
        here = self._way[-1][1] if self._way else self._root
        for number in range(depth, len(parts)):
            here = self._step(here, parts, number, make)
            self._way.append((parts[number], here))
        self._at, self._here = folder, here
        return here

    def _leave(self, depth: int) -> None:
        while len(self._way) > depth:
            os.close(self._way.pop()[1])
        self._at = "/".join(name for name, _ in self._way)
        self._here = self._way[-1][1] if self._way else self._root

    def _step(self, here: int, parts: list[str], number: int, make: int | None) -> int:
        path, name = "/".join(parts[: number + 1]), parts[number]
        if name in ("", ".", ".."):
            raise PathRefused(self.shown(path), "no path inside this folder")
        return self._open_folder(here, name, path, make)

    def _open_folder(self, here: int, name: str, path: str, make: int | None) -> int:
        try:
            try:
                descriptor = os.open(name, _BELOW, dir_fd=here)
            except FileNotFoundError:
                if make is None:
                    raise
                with suppress(FileExistsError):  # another process was quicker
                    os.mkdir(name, make, dir_fd=here)
                descriptor = os.open(name, _BELOW, dir_fd=here)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                is_link = stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode)
                shown = self.shown(path)
                raise (link_refused(shown) if is_link else PathRefused(shown, "no folder")) from error
            refuse(error, self.shown(path))
        if self.is_private:
            self._own(descriptor, path, 0o700)
        return descriptor

    def _walk(self, path: str, make: int | None) -> int:
        """A new descriptor of the folder at a path that the caller wrote, in which `..` is allowed."""
        parts = [part for part in path.split("/") if part not in ("", ".")]
        here = os.dup(self._root)
        for number, name in enumerate(parts):
            mode = make if make is None or number + 1 == len(parts) else 0o777
            try:
                inner = self._open_folder(here, name, "/".join(parts[: number + 1]), mode)
            finally:
                os.close(here)
            here = inner
        return here

    def _check_file(self, status: os.stat_result, path: str) -> None:
        if not stat.S_ISREG(status.st_mode):
            reason = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise PathRefused(self.shown(path), reason)

    def _own(self, descriptor: int, path: str, mode: int, status: os.stat_result | None = None) -> None:
        status = status or os.fstat(descriptor)
        if not is_ours(status):
            raise PathRefused(self.shown(path), "belongs to another user", "remove it, or have it given to you (chown)")
        if stat.S_IMODE(status.st_mode) != mode:
            os.fchmod(descriptor, mode)

    def _content(self, descriptor: int, path: str, size: int, limit: int) -> bytes:
        if size > limit:
            raise TooLarge(self.shown(path), limit)
        data = os.read(descriptor, size + 1)
        if len(data) > size:  # it has grown since
            data += os.read(descriptor, limit + 1 - len(data))
        if len(data) > limit:
            raise TooLarge(self.shown(path), limit)
        return data

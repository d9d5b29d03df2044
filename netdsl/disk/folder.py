"""Files below a folder that is held open.

No part of a path below it may be a symbolic link or `..`. What is opened is a regular file, has a largest size, and never
makes the caller wait (a pipe does). A swap of a folder and a link between two calls is refused, not followed.
"""

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress

from netdsl.disk.held import HeldFolder
from netdsl.disk.refused import PathEscape, PathRefused, is_ours, refuse

LARGEST = 256 * 2**20
"""Bytes: of any file that netdsl reads, where nothing else is said."""

PARTS = ".netdsl-part-"
"""What the name of a file begins with until it is whole."""

LOCKS = ".netdsl-lock-"
"""What the name of a lock's file begins with."""

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 64  # folders in one another
_MOST_LINKS = 40  # in one path, as the kernel has it (path_resolution(7))


class Folder(HeldFolder):
    """A folder with what can be done to files below it. Paths have `/` between their parts; "" is the folder itself."""

    # ------------------------------------------------------------------------------------------------------- looking

    def read(self, path: str, limit: int = LARGEST) -> bytes | None:
        """The content of a regular file; None where there is none. Raises PathRefused, TooLarge, OSError."""
        folder, _, name = path.rpartition("/")
        try:
            descriptor = os.open(name, _READ, dir_fd=self._enter(folder))
        except FileNotFoundError:
            return None
        except OSError as error:
            refuse(error, self.shown(path))
        try:
            status = os.fstat(descriptor)
            self._check_file(status, path)
            if self.is_private:
                self._own(descriptor, path, 0o600, status)
            return self._content(descriptor, path, status.st_size, limit)
        finally:
            os.close(descriptor)

    def status(self, path: str) -> os.stat_result | None:
        """What lies at a path, a link itself and not what it leads to; None where nothing does."""
        folder, _, name = path.rpartition("/")
        try:
            return os.stat(name, dir_fd=self._enter(folder), follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            refuse(error, self.shown(path))

    def names(self, folder: str = "") -> list[str]:
        """What is in a subfolder, sorted; nothing where there is none."""
        try:
            return sorted(os.listdir(self._enter(folder)))  # noqa: PTH208 - a descriptor
        except FileNotFoundError:
            return []

    def below(self, folder: str) -> Iterator[str]:
        """The paths of all that is below a subfolder and is no folder; of an empty folder its path with `/` at the end."""
        if folder.count("/") > _DEEPEST:
            raise PathRefused(self.shown(folder), "folders in one another without an end", "remove them")
        try:
            with os.scandir(self._enter(folder)) as entries:
                found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
        except FileNotFoundError:
            return
        if not found and folder:
            yield f"{folder}/"
        for name, is_folder in found:
            inner = f"{folder}/{name}" if folder else name
            if is_folder:
                yield from self.below(inner)
            else:
                yield inner

    def canonical(self, path: str) -> str:
        """The one path without links of what a path means. A link may lead to elsewhere below this folder: PathEscape for
        another. Raises OSError, of a circle ELOOP."""
        done: list[str] = []
        left = path.split("/")[::-1]
        links = 0
        while left:
            part = left.pop()
            if part == "..":
                if not done:
                    raise PathEscape
                done.pop()
            elif part not in ("", "."):
                target = self._link("/".join((*done, part)))
                if target is None:
                    done.append(part)
                    continue
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                if target.startswith("/"):
                    raise PathEscape
                left += target.split("/")[::-1]
        return "/".join(done)

    # ------------------------------------------------------------------------------------------------------- changing

    def create(self, path: str, content: bytes, mode: int) -> None:
        """A new file; nothing of it stays where it cannot be written. Raises FileExistsError, OSError."""
        descriptor = self._new(path, mode)
        try:
            write_all(descriptor, content)
        except BaseException as error:
            self.remove(path)
            if isinstance(error, OSError):
                refuse(error, self.shown(path))
            raise
        finally:
            os.close(descriptor)

    def replace(self, path: str, content: bytes, mode: int) -> None:
        """A file with this content, in place of whatever file or link lies there: readers see the old one or the new one.
        Raises OSError; then nothing has changed."""
        part, descriptor = self.part(mode)
        try:
            write_all(descriptor, content)
            self._rename(part, path)
        except BaseException as error:
            self.remove(part)
            if isinstance(error, OSError):
                refuse(error, self.shown(path))
            raise
        finally:
            os.close(descriptor)

    def fresh(self, path: str, mode: int) -> int:
        """The descriptor of a new, empty file in place of whatever file or link lies there."""
        part, descriptor = self.part(mode)
        try:
            self._rename(part, path)
        except BaseException:
            self.remove(part)
            os.close(descriptor)
            raise
        return descriptor

    def open_or_make(self, name: str, flags: int) -> int:
        """The descriptor of a file in this folder by these flags of open(2); a new one has mode 0600. It is not checked."""
        try:
            return os.open(name, flags, 0o600, dir_fd=self._root)
        except IsADirectoryError:
            raise PathRefused(self.shown(name), "a folder", "remove it") from None
        except OSError as error:
            refuse(error, self.shown(name))

    def part(self, mode: int) -> tuple[str, int]:
        """A new file in this folder itself, for content until it is whole; its name and its descriptor. While that is open
        `sweep` leaves it alone."""
        while True:
            name = part_name()
            descriptor = self._new(name, mode)
            with suppress(OSError):  # a file system without locks, where nothing is swept either
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = self.status(name)
            if there is not None and os.path.samestat(os.fstat(descriptor), there):
                return name, descriptor
            os.close(descriptor)  # a sweep was quicker than the lock

    def hold(self) -> None:
        """While this folder is open no `sweep` of the one around it removes it."""
        with suppress(OSError):  # a file system without locks
            fcntl.flock(self._root, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def sweep(self) -> None:
        """Remove what killed processes have left in this folder itself: parts and locks that no process has open."""
        for name in self.names():
            if name.startswith((PARTS, LOCKS)):
                self.drop(name)

    def drop(self, name: str) -> None:
        """Remove a part or a lock, unless a process has it; one that is not as netdsl makes them is left as well."""
        try:
            descriptor = os.open(name, _READ, dir_fd=self._root)
        except OSError:
            return
        try:
            status = os.fstat(descriptor)
            is_part = name.startswith(PARTS) and stat.S_IFMT(status.st_mode) in (stat.S_IFREG, stat.S_IFDIR)
            is_lock = name.startswith(LOCKS) and stat.S_ISREG(status.st_mode) and status.st_size == 0
            if not is_ours(status) or not (is_part or is_lock):
                return
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = self.status(name)
            if there is not None and os.path.samestat(status, there):
                self.remove_tree(name)
        except OSError:
            return  # it is another process's
        finally:
            os.close(descriptor)

    def take(self, other: "Folder", name: str, path: str) -> bool:
        """Move a file of another folder here, in place of whatever file lies there; False where it is not there (any
        more)."""
        folder, _, own = path.rpartition("/")
        at = self._enter(folder, self._mode)
        try:
            os.rename(name, own, src_dir_fd=other._root, dst_dir_fd=at)
        except FileNotFoundError:
            return False
        except OSError as error:
            refuse(error, self.shown(path))
        return True

    def pour(self, other: "Folder", name: str, path: str) -> bool:
        """As `take`, but a plain file that lies there stays the same one, with the new content: who has that file itself
        open or mounted sees it. After an interruption it may have a part of it; the other file goes last."""
        content = other.read(name)
        if content is None:
            return False
        try:
            descriptor = self._writable(path)
        except (OSError, PathRefused):
            return self.take(other, name, path)
        try:
            write_all(descriptor, content)
            os.ftruncate(descriptor, len(content))
        except OSError as error:
            refuse(error, self.shown(path))
        finally:
            os.close(descriptor)
        other.remove(name)
        return True

    def subfolder(self, path: str, *, make: int | None = None) -> "Folder":
        """A folder below this one, held for itself; with `make` it is made, and was not there before."""
        if make is not None:
            folder, _, name = path.rpartition("/")
            try:
                os.mkdir(name, make, dir_fd=self._enter(folder))
            except OSError as error:
                refuse(error, self.shown(path))
        return Folder(os.dup(self._enter(path)), self.shown(path))

    def set_mode(self, path: str, mode: int) -> None:
        """Of a regular file that is there."""
        status = self.status(path)
        if status is None or not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) == mode:
            return
        folder, _, name = path.rpartition("/")
        try:
            descriptor = os.open(name, _READ, dir_fd=self._enter(folder))
        except OSError as error:
            refuse(error, self.shown(path))
        try:
            self._check_file(os.fstat(descriptor), path)
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)

    def remove(self, path: str) -> None:
        """A file or a link, where there is one."""
        folder, _, name = path.rpartition("/")
        try:
            os.unlink(name, dir_fd=self._enter(folder))
        except FileNotFoundError:
            pass
        except OSError as error:
            refuse(error, self.shown(path))

    def remove_empty(self, folder: str) -> None:
        """A subfolder and those around it, from the innermost on, up to the first that is not empty."""
        while folder:
            outer, _, name = folder.rpartition("/")
            try:
                os.rmdir(name, dir_fd=self._enter(outer))
            except OSError:
                return
            folder = outer

    def remove_tree(self, path: str) -> None:
        """A subfolder with all that is in it, and what is empty around it then; a file or a link itself."""
        status = self.status(path)
        if status is None or not stat.S_ISDIR(status.st_mode):
            self.remove(path)
            return
        for inner in list(self.below(path)):
            if not inner.endswith("/"):
                self.remove(inner)
            self.remove_empty(inner.rpartition("/")[0])

    def _new(self, path: str, mode: int) -> int:
        """The descriptor of a file that was not there before."""
        folder, _, name = path.rpartition("/")
        at = self._enter(folder, self._mode)
        try:
            descriptor = os.open(name, _NEW, mode, dir_fd=at)
            os.fchmod(descriptor, mode)  # whatever the umask
        except OSError as error:
            refuse(error, self.shown(path))
        return descriptor

    def _writable(self, path: str) -> int:
        """The descriptor of a regular file of one name. Raises PathRefused, OSError."""
        folder, _, name = path.rpartition("/")
        descriptor = os.open(name, _WRITE, dir_fd=self._enter(folder))
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or not is_ours(status):
            os.close(descriptor)
            raise PathRefused(self.shown(path), "not a plain file of its own", "remove it")
        return descriptor

    def _rename(self, part: str, path: str) -> None:
        """Put a part in its place."""
        folder, _, name = path.rpartition("/")
        at = self._enter(folder, self._mode)
        try:
            os.rename(part, name, src_dir_fd=self._root, dst_dir_fd=at)
        except OSError as error:
            refuse(error, self.shown(path))

    def _link(self, path: str) -> str | None:
        """What a link says; None for anything else that is there."""
        status = self.status(path)
        if status is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.shown(path))
        if not stat.S_ISLNK(status.st_mode):
            return None
        folder, _, name = path.rpartition("/")
        return os.readlink(name, dir_fd=self._enter(folder))


def part_name() -> str:
    """A name that nothing has, for what is not whole yet."""
    return f"{PARTS}{secrets.token_hex(8)}"


def write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]

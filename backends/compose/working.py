"""What changes a project: by one netdsl at a time, whose programs end with it or keep the others out.

A netdsl that is killed leaves the client that it has started, which goes on to make containers. It has the lock, too, and
keeps it until it ends.
"""

import errno
import os
import signal
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.disk.lock import FolderBusy, locked
from netdsl.runtime.driver import Deployment, DriverError, Progress

from .ended import CommandFailed

_GRACES = ((signal.SIGINT, 20.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0))
"""Seconds that an interrupted program has after each signal: Compose ends what it has begun."""

_TURN = 20.0  # seconds for another netdsl, or a program that one has left
_KEPT = 200  # lines of what a program said, for the error
_NOT_WRITABLE = (errno.EACCES, errno.EROFS)


class Busy(DriverError):
    """Another one does it for too long."""


@dataclass(frozen=True, slots=True)
class Work:
    """`lock`: descriptors that each program gets."""

    lock: tuple[int, ...]

    def run(
        self,
        words: Sequence[str],
        progress: Progress,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Run a program to its end; after an exception, as of a Ctrl-C, it has ended as well. Raises CommandFailed."""
        own = None if environment is None else {**os.environ, **environment}
        kept: deque[bytes] = deque(maxlen=_KEPT)
        with subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=own,
            cwd=folder,
            pass_fds=self.lock,
        ) as process:
            try:
                assert process.stdout is not None, "a pipe"
                for line in process.stdout:
                    kept.append(line)
                    text = line.decode(errors="replace").rstrip()
                    if text:
                        progress(text)
                status = process.wait()
            except BaseException:
                _end(process)
                raise
        if status:
            raise CommandFailed(words, status, b"".join(kept).decode(errors="replace"))


@contextmanager
def working(deployment: Deployment, patience: float = _TURN) -> Iterator[Work]:
    """A context in which no other netdsl starts or stops the project. Raises Busy where one does it for longer than
    `patience`, in seconds. A folder in which nothing can be written has no lock."""
    with ExitStack() as stack:
        folder = deployment.folder
        try:
            work = Work((stack.enter_context(locked(folder.with_name(f"{folder.name}-runs"), patience=patience)),))
        except FolderBusy as error:
            message = f"another netdsl, or a program that one has left, starts or stops `{deployment.project}`"
            raise Busy(message, remedy="wait until it has ended") from error
        except OSError as error:
            if error.errno not in _NOT_WRITABLE:
                raise
            work = Work(())
        yield work


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number, seconds in _GRACES:
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return

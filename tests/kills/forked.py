"""A verb in a process of its own that ends itself before the n-th thing that it does to files."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from netdsl.cli.main import main

_CHANGES = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "fcntl.flock"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True, slots=True)
class Ended:
    """`status`: of the exit; negative for the signal that ended it. `changes`: what it did to files, killed before the
    last of them."""

    status: int
    said: str
    changes: int


@dataclass(slots=True)
class _Counter:
    """An audit hook: counts, and sends a signal before the changes whose numbers are given."""

    number: signal.Signals
    moments: tuple[int, ...]
    said: int
    count: int = 0

    def __call__(self, event: str, words: tuple[object, ...]) -> None:
        if event not in _CHANGES and not (event == "open" and isinstance(words[2], int) and words[2] & _WRITING):
            return
        self.count += 1
        os.pwrite(self.said, self.count.to_bytes(8), 0)
        if self.count in self.moments:
            os.kill(os.getpid(), self.number)


def called(
    words: tuple[str, ...], folder: Path, log: Path, kill: signal.Signals = signal.SIGKILL, at: tuple[int, ...] = ()
) -> Ended:
    """Call a verb from a folder. `at`: before which changes the signal is sent. `log`: a file for what it says."""
    count = os.open(log.with_suffix(".count"), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    pid = os.fork()
    if pid == 0:
        _run(words, folder, said, _Counter(kill, at, count))
    os.close(said)
    _, status = os.waitpid(pid, 0)
    changes = int.from_bytes(os.pread(count, 8, 0))
    os.close(count)
    return Ended(os.waitstatus_to_exitcode(status), log.read_text(errors="replace"), changes)


def _run(words: tuple[str, ...], folder: Path, said: int, counter: _Counter) -> None:
    """In the new process, which it ends."""
    status = 70
    try:
        os.chdir(folder)
        for descriptor in (1, 2):
            os.dup2(said, descriptor)
        sys.stdout, sys.stderr = (open(descriptor, "w", closefd=False) for descriptor in (1, 2))  # noqa: SIM115
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["netdsl", *words]
        sys.addaudithook(counter)
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    except BaseException as error:
        os.write(2, f"Traceback: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)

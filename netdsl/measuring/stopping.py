"""Being stopped: once, at any moment, and never while what was started is being taken down."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from netdsl.testing.pace import Pace

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 10.0  # seconds for programs that were told to stop
_LOOK = 0.1
_PROC = Path("/proc")

Ending = Callable[[], None]


@dataclass(slots=True)
class Stop:
    """`is_asked`: somebody wants this to end. Raised as KeyboardInterrupt once, and not after `hold`. `others`: processes
    that this one had started before; they are left alone."""

    is_asked: bool = False
    is_held: bool = False
    others: frozenset[int] = frozenset()

    def hold(self) -> None:
        """From here on a stop is noted and does not interrupt."""
        self.is_held = True

    def release(self) -> None:
        """A stop may interrupt again; one that came meanwhile does now."""
        self.is_held = False
        if self.is_asked:
            raise KeyboardInterrupt

    def heard(self, number: int, _: FrameType | None = None) -> None:
        """The handler of the signals."""
        is_first, self.is_asked = not self.is_asked, True
        if self.is_held or not is_first:
            return
        if number != signal.SIGINT or not _has_terminal():
            _signal(_own(self.others), signal.SIGINT)  # a terminal would have told them itself
        raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Ctrl-C, SIGTERM and the end of the terminal all become one KeyboardInterrupt while the block runs. A thread that is
    not the main one hears no signals, and with `nohup` the end of the terminal is none."""
    stop = Stop(others=frozenset(children()))
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    is_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    before = {
        number: signal.signal(number, stop.heard) for number in _STOPS if not (is_nohup and number == signal.SIGHUP)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: it was no Python's


def end_children(pace: Pace, slowness: float, others: frozenset[int] = frozenset()) -> None:
    """Programs of this process that were at work when it was stopped: what they still make could not be taken down.

    They get time to end by themselves, then SIGTERM, then SIGKILL. `others` were there before and are not looked at.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = pace.now() + _GRACE * slowness
        while _own(others):
            if pace.now() > deadline:
                break
            pace.sleep(_LOOK)
        _signal(_own(others), number)


def children() -> tuple[int, ...]:
    """Processes that this one has started and that have not ended. By Linux's /proc, elsewhere by `ps`: small systems
    have one of them alone."""
    rows = _rows_of_proc(_PROC) if (_PROC / "self").exists() else _rows_of_ps()
    return tuple(number for number, parent, state in rows if parent == os.getpid() and not state.startswith("Z"))


def _rows_of_proc(proc: Path) -> Iterator[tuple[int, int, str]]:
    """Of each process its number, its parent's and its state (proc_pid_stat(5))."""
    for entry in os.scandir(proc):
        if entry.name.isdecimal():
            try:
                fields = Path(entry.path, "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            yield int(entry.name), int(fields[1]), fields[0]


def _rows_of_ps() -> Iterator[tuple[int, int, str]]:
    """But for the `ps` itself."""
    words = ["ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "stat="]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as ps:
        said, _ = ps.communicate()
    for row in (line.split() for line in said.splitlines()):
        if len(row) == 3 and int(row[0]) != ps.pid:
            yield int(row[0]), int(row[1]), row[2]


def _own(others: frozenset[int]) -> tuple[int, ...]:
    return tuple(number for number in children() if number not in others)


def _signal(processes: tuple[int, ...], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def _has_terminal() -> bool:
    """Whether this process is in the foreground of a terminal, whose Ctrl-C goes to all of its group."""
    try:
        with open("/dev/tty", "rb") as terminal:  # noqa: PTH123 - a device
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False

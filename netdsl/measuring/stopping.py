"""Handling of SIGINT, SIGTERM and SIGHUP: they interrupt a measurement once, and never during a teardown."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from netdsl.dataclass import dataclass
from netdsl.disk.system import system_names, system_text, terminal
from netdsl.testing.pace import Pace

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 10.0  # seconds that programs have to end after a signal
_POLL = 0.1  # seconds
_PROC = Path("/proc")


@dataclass(slots=True)
class Stop:
    """The state of a stop. `is_asked`: a signal has arrived; it is raised as KeyboardInterrupt once, and not after
    `hold`. `others`: child processes from before the measurement, which get no signal."""

    is_asked: bool = False
    is_held: bool = False
    others: frozenset[int] = frozenset()

    def hold(self) -> None:
        """From here on a signal is recorded and does not interrupt."""
        self.is_held = True

    def release(self) -> None:
        """Signals interrupt again; a signal that arrived since `hold` interrupts now."""
        self.is_held = False
        if self.is_asked:
            raise KeyboardInterrupt

    def heard(self, number: int, _: FrameType | None = None) -> None:
        """The handler of the signals."""
        is_first, self.is_asked = not self.is_asked, True
        if self.is_held or not is_first:
            return
        if number != signal.SIGINT or not _has_terminal():
            _signal(_started(self.others), signal.SIGINT)  # Ctrl-C of a terminal reaches the children by itself
        raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[Stop]:
    """A context in which SIGINT, SIGTERM and SIGHUP raise one KeyboardInterrupt. Without effect in a thread that is not
    the main one, which gets no signals; with `nohup` SIGHUP stays ignored."""
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
            signal.signal(
                number, signal.SIG_DFL if handler is None else handler
            )  # None: the handler was not set by Python


def end_children(pace: Pace, slowness: float, others: frozenset[int] = frozenset()) -> None:
    """End the child processes of an interrupted step, before the teardown: what they would still create would stay.

    They get time to end by themselves, then SIGTERM, then SIGKILL. Children in `others` are left alone.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = pace.now() + _GRACE * slowness
        while _started(others):
            if pace.now() > deadline:
                break
            pace.sleep(_POLL)
        _signal(_started(others), number)


def children() -> tuple[int, ...]:
    """The child processes of this process that have not ended. From Linux's /proc, elsewhere from `ps`: a small system
    may have only one of the two."""
    rows = _rows_of_proc(_PROC) if (_PROC / "self").exists() else _rows_of_ps()
    return tuple(number for number, parent, state in rows if parent == os.getpid() and not state.startswith("Z"))


def _rows_of_proc(proc: Path) -> Iterator[tuple[int, int, str]]:
    """Of each process: process id, parent's process id, state (proc_pid_stat(5))."""
    for name in system_names(proc):
        if name.isdecimal():
            fields = system_text(proc / name / "stat").rpartition(")")[2].split()
            if fields:  # it has not ended
                yield int(name), int(fields[1]), fields[0]


def _rows_of_ps() -> Iterator[tuple[int, int, str]]:
    """The same by `ps`, without the `ps` process."""
    words = ["ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "stat="]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as ps:
        output, _ = ps.communicate()
    for row in (line.split() for line in output.splitlines()):
        if len(row) == 3 and int(row[0]) != ps.pid:
            yield int(row[0]), int(row[1]), row[2]


def _started(others: frozenset[int]) -> tuple[int, ...]:
    return tuple(number for number in children() if number not in others)


def _signal(processes: tuple[int, ...], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def _has_terminal() -> bool:
    """Whether this process is in a terminal's foreground process group, which gets its Ctrl-C."""
    try:
        with terminal() as descriptor:
            return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False

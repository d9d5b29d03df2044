"""Being stopped: once, at any moment, and never while what was started is being taken down."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from netdsl.testing.pace import Pace

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 10.0  # seconds for programs that were told to stop
_LOOK = 0.1

Ending = Callable[[], None]


@dataclass(slots=True)
class Stop:
    """`is_asked`: somebody wants this to end. Raised as KeyboardInterrupt once, and not after `hold`."""

    is_asked: bool = False
    is_held: bool = False
    _before: dict[int, object] = field(default_factory=dict)

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
            _signal(children(), signal.SIGINT)  # a terminal would have told them itself
        raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Ctrl-C, SIGTERM and the end of the terminal all become one KeyboardInterrupt while the block runs. A thread that is
    not the main one hears no signals."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.heard) for number in _STOPS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_children(pace: Pace, slowness: float) -> None:
    """Programs of this process that were at work when it was stopped: what they still make could not be taken down.

    They get time to end by themselves, then SIGTERM, then SIGKILL.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = pace.now() + _GRACE * slowness
        while children():
            if pace.now() > deadline:
                break
            pace.sleep(_LOOK)
        _signal(children(), number)


def children() -> tuple[int, ...]:
    """Processes that this one has started and that have not ended. By `ps`, which every Unix has."""
    with subprocess.Popen(
        ["ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "stat="], stdout=subprocess.PIPE, text=True
    ) as ps:
        said, _ = ps.communicate()
    rows = (line.split() for line in said.splitlines())
    own = str(os.getpid())
    return tuple(
        int(row[0])
        for row in rows
        if len(row) == 3 and row[1] == own and not row[2].startswith("Z") and int(row[0]) != ps.pid
    )


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

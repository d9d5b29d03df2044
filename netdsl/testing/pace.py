"""The clock of tests, and blocks that Ctrl-C does not interrupt."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """`now`: a monotonic clock in seconds; `sleep`: waits."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """A context in which Ctrl-C is deferred to the end, so that a state can be restored."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        pressed: list[int] = []
        before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        if pressed:
            raise KeyboardInterrupt

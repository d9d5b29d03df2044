"""The clock that tests wait by, and the moments in which nobody may interrupt them."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """`now`: seconds that only grow; `sleep`: lets some pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Ctrl-C waits until the block has ended: what is being put back gets back."""
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

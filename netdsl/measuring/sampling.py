"""Readings at intervals while something else is done."""

import threading
from dataclasses import dataclass, field

from netdsl.measuring.types import BootKind, Moment, Reading
from netdsl.runtime.driver import Deployment, DriverError
from netdsl.runtime.meter import Meter
from netdsl.testing.pace import Pace

INTERVAL = 0.5  # seconds between two readings, of containers


@dataclass(slots=True)
class Sampler:
    """While the block runs another thread reads, first at once. `since`: when the boot began.

    After the block: `readings`, and in `failure` why there is none (None where there is one).
    """

    meter: Meter
    deployment: Deployment
    boot: BootKind
    moment: Moment
    since: float
    interval: float
    pace: Pace
    _taken: list[Reading] = field(default_factory=list)
    _last_error: DriverError | None = None
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def readings(self) -> tuple[Reading, ...]:
        return tuple(self._taken)

    @property
    def failure(self) -> DriverError | None:
        return None if self._taken else self._last_error

    def __enter__(self) -> "Sampler":
        self._thread = threading.Thread(target=self._run, name="netdsl-sampler", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                self._take()
            except DriverError as error:
                self._last_error = error  # nothing runs yet, or no more
            except OSError as error:
                self._last_error = DriverError(f"the system does not say what the nodes take: {error}")
            self._end.wait(self.interval)

    def _take(self) -> None:
        at = self.pace.now() - self.since
        usage = self.meter.usage(self.deployment)
        if usage.nodes:
            self._taken.append(Reading(self.boot, self.moment, round(at, 3), usage))

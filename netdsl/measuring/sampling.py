"""Periodic readings in a thread."""

import threading
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.measuring.types import BootKind, Moment, Reading
from netdsl.runtime.driver import Deployment, DriverError
from netdsl.runtime.meter import Meter
from netdsl.testing.pace import Pace

INTERVAL = 0.5  # seconds between two readings of containers


@dataclass(slots=True)
class Sampler:
    """A context in which a thread takes readings, the first one at once. `since`: when the boot began.

    After the block `readings` has the readings; `failure` has the last error if there is no reading, otherwise None.
    """

    meter: Meter
    deployment: Deployment
    boot: BootKind
    moment: Moment
    since: float
    interval: float
    pace: Pace
    _readings: list[Reading] = field(default_factory=list)
    _last_error: DriverError | None = None
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def readings(self) -> tuple[Reading, ...]:
        return tuple(self._readings)

    @property
    def failure(self) -> DriverError | None:
        return None if self._readings else self._last_error

    def __enter__(self) -> "Sampler":
        self._thread = threading.Thread(target=self._run, name="netdsl-sampler", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._read()
            except DriverError as error:
                self._last_error = error  # the nodes have not started, or have ended
            except OSError as error:
                self._last_error = DriverError(f"the system does not say what the nodes take: {error}")
            self._ended.wait(self.interval)

    def _read(self) -> None:
        at = self.pace.now() - self.since
        usage = self.meter.usage(self.deployment)
        if usage.nodes:
            self._readings.append(Reading(self.boot, self.moment, round(at, 3), usage))

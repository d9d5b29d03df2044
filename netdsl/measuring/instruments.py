"""What is measured along a path, by functions that a test can replace."""

from collections.abc import Callable
from dataclasses import dataclass

from netdsl.measuring.job import Job
from netdsl.measuring.probes import latency, throughput
from netdsl.measuring.types import Latency, Path, Throughput


@dataclass(frozen=True, slots=True)
class Instruments:
    """Each raises DriverError, `throughput` also Incomplete. `latency`: the plan's pings; `throughput`: TCP, and UDP with
    each payload of the plan, as far as the lab lets them through."""

    latency: Callable[[Job, Path], Latency]
    throughput: Callable[[Job, Path], tuple[Throughput, ...]]


INSTRUMENTS = Instruments(latency, throughput)

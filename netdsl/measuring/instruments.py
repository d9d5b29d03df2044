"""The measurements along a path, as functions that a test can replace."""

from collections.abc import Callable

from netdsl.dataclass import dataclass
from netdsl.measuring.job import Job
from netdsl.measuring.probes.latency import latency
from netdsl.measuring.probes.throughput import throughput
from netdsl.measuring.types import Latency, Path, Throughput


@dataclass(frozen=True, slots=True)
class Instruments:
    """`latency`: the plan's pings; `throughput`: TCP, and UDP with each payload of the plan, if the lab's filters
    accept them. Both raise DriverError, `throughput` also Incomplete."""

    latency: Callable[[Job, Path], Latency]
    throughput: Callable[[Job, Path], tuple[Throughput, ...]]


INSTRUMENTS = Instruments(latency, throughput)

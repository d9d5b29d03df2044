"""The measurements along a path, as functions that a test can replace."""

from collections.abc import Callable

from netdsl.dataclass import dataclass
from netdsl.measuring.job import Job
from netdsl.measuring.probes.first import first_answer
from netdsl.measuring.probes.latency import latency
from netdsl.measuring.probes.throughput import throughput
from netdsl.measuring.probes.wire import on_wire
from netdsl.measuring.types import FirstAnswer, Latency, OnWire, Path, Throughput


@dataclass(frozen=True, slots=True)
class Instruments:
    """`latency`: the plan's pings; `throughput`: TCP, and UDP with each payload of the plan, if the lab's filters
    accept them; `on_wire`: the size outside of each payload of the plan; `first_answer`: after its tunnels were down, None
    without. All raise DriverError, `throughput` also Incomplete."""

    latency: Callable[[Job, Path], Latency]
    throughput: Callable[[Job, Path], tuple[Throughput, ...]]
    on_wire: Callable[[Job, Path], tuple[OnWire, ...]]
    first_answer: Callable[[Job, Path], FirstAnswer | None]


INSTRUMENTS = Instruments(latency, throughput, on_wire, first_answer)

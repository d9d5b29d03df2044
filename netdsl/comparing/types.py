"""One lab in several runs, side by side: plain values for tables, machines and pages."""

from dataclasses import dataclass, field
from enum import StrEnum

from netdsl.measuring.types import Run


class Unit(StrEnum):
    SECONDS = "s"
    BYTES = "B"
    BITS = "bit/s"
    PACKETS = "packets/s"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Spread:
    """Every value (outliers kept), their median, and the 95 % bootstrap interval of that median; `low` and `high` are None
    where there are fewer than three values: then there is nothing to say about spread."""

    values: tuple[float, ...]
    median: float
    low: float | None
    high: float | None


class Group(StrEnum):
    BOOT = "boot"
    MEMORY = "memory"
    PROCESSOR = "processor"
    DISK = "disk"
    LATENCY = "latency"
    THROUGHPUT = "throughput"
    EXPECTATIONS = "expectations"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: `key` is stable, for machines (`boot.fresh.total`, `latency.a.client-1-server.p95`); `title` and
    `detail` for people. `better`: -1 less is better, 1 more is, 0 neither."""

    key: str
    group: Group
    title: str
    detail: str
    unit: Unit
    better: int


@dataclass(frozen=True, slots=True)
class Figure(Measured):
    """In one round."""

    value: float


@dataclass(frozen=True, slots=True)
class Quantity(Measured):
    """In each run of the comparison in its order, all rounds of it together (None: not measured there)."""

    by_run: tuple[Spread | None, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """How a run is called: `compose`, `vagrant (emulated)`; `caveat`: what must stand beside its figures."""

    name: str
    caveat: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One expectation: its verdict in each run, over all rounds (`passed`, `failed`, `passed 2 of 3`; empty: not there)."""

    place: str
    text: str
    by_run: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`warnings`: what a reader has to know before the figures (another payload, another machine, a high load, rounds that
    are missing)."""

    runs: tuple[Run, ...] = field(repr=False)
    columns: tuple[Column, ...]
    quantities: tuple[Quantity, ...]
    verdicts: tuple[Verdicts, ...]
    warnings: tuple[str, ...]

    def quantity(self, key: str) -> Quantity | None:
        return next((one for one in self.quantities if one.key == key), None)

"""The comparison of several runs of one source: plain values for tables, programs and pages."""

from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.measuring.types import Run


class Unit(StrEnum):
    SECONDS = "s"
    BYTES = "B"
    BITS = "bit/s"
    PACKETS = "packets/s"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Spread:
    """All values (with outliers), their median, and its 95 % bootstrap interval from `low` to `high`, None for fewer
    than three values."""

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
    WIRE = "wire"
    EXPECTATIONS = "expectations"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured. `key`: stable, for programs (`boot.fresh.total`, `latency.a.client-1-server.p95`); `title`,
    `detail`: for readers; `better`: -1 if less is better, 1 if more is, 0 if neither."""

    key: str
    group: Group
    title: str
    detail: str
    unit: Unit
    better: int


@dataclass(frozen=True, slots=True)
class Figure(Measured):
    """A value of one round."""

    value: float


@dataclass(frozen=True, slots=True)
class Quantity(Measured):
    """The spread over the rounds of each run, in the order of the comparison; None: not measured in that run."""

    by_run: tuple[Spread | None, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A run's name (`compose`, `vagrant (emulated)`, `compose vpn=ipsec`) and the reservation to show with its figures."""

    name: str
    caveat: str = ""


@dataclass(frozen=True, slots=True)
class Varied:
    """A parameter of the source and its value in each run."""

    name: str
    by_run: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One expectation: its verdict in each run, over all rounds (`passed`, `failed`, `passed 2 of 3`; empty: not
    tested)."""

    place: str
    text: str
    by_run: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`warnings`: reservations to read before the figures (another payload or machine, a high load, missing rounds).
    `varied`: the parameters that differ; empty for runs of one lab."""

    runs: tuple[Run, ...] = field(repr=False)
    columns: tuple[Column, ...]
    quantities: tuple[Quantity, ...]
    verdicts: tuple[Verdicts, ...]
    warnings: tuple[str, ...]
    varied: tuple[Varied, ...] = ()

    def quantity(self, key: str) -> Quantity | None:
        return next((quantity for quantity in self.quantities if quantity.key == key), None)

"""The data of each plot: plain values."""

from statistics import median
from typing import assert_never

from netdsl.comparing.types import Spread, Unit
from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled row with a spread for each run."""

    label: str
    by_run: tuple[Spread | None, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """`name`: prefix of every id in the SVG; `names`: the runs' names; `description`: the figures in words."""

    name: str
    names: tuple[str, ...]
    title: str
    description: str
    unit: Unit
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """A path with the round-trip times of all rounds of each run, in seconds."""

    label: str
    by_run: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Ranges:
    name: str
    names: tuple[str, ...]
    title: str
    description: str
    rows: tuple[Times, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    name: str
    names: tuple[str, ...]
    title: str
    description: str
    by_run: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """The throughput of all rounds for one packet size, in bits and packets per second."""

    payload: int
    bits: tuple[float, ...]
    packets: tuple[float, ...]

    def values(self, unit: Unit) -> tuple[float, ...]:
        match unit:
            case Unit.BITS:
                return self.bits
            case Unit.PACKETS:
                return self.packets
            case Unit.SECONDS | Unit.BYTES | Unit.SHARE:
                raise ValueError(f"a rate is not in {unit}")
            case _:
                assert_never(unit)

    def median(self, unit: Unit) -> float:
        return median(self.values(unit))


@dataclass(frozen=True, slots=True)
class SizeLine:
    """The points of one run and transport, by rising packet size."""

    run: int
    is_tcp: bool
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    name: str
    names: tuple[str, ...]
    title: str
    description: str
    lines: tuple[SizeLine, ...]

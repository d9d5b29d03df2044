"""What a comparison comes to, in words: each figure with what must stand beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from netdsl.comparing.statistics import overlap
from netdsl.comparing.types import Comparison, Group, Quantity, Spread, Unit
from netdsl.comparing.units import shown_ratio, shown_spread
from netdsl.diagnostics.wording import counted
from netdsl.measuring.types import Transport
from netdsl.report.figures import headed, paths_of


@dataclass(frozen=True, slots=True)
class Figure:
    """`run` is its number; `rest` says how many values."""

    run: int
    name: str
    figure: str
    rest: str
    caveat: str


@dataclass(frozen=True, slots=True)
class Headline:
    """One quantity of the summary, and what its runs are to the first one that has it."""

    kind: Group
    title: str
    detail: str
    figures: tuple[Figure, ...]
    ratios: tuple[str, ...]


def headlines(comparison: Comparison) -> tuple[Headline, ...]:
    return tuple(
        _headline(one, comparison) for one in _chosen(comparison) if any(spread is not None for spread in one.by_run)
    )


def held(comparison: Comparison) -> tuple[str, ...]:
    """For each run how many of the lab's expectations passed in every round."""
    said = []
    for run, column in enumerate(comparison.columns):
        verdicts = [one.by_run[run] for one in comparison.verdicts if one.by_run[run]]
        passed = sum(one == "passed" for one in verdicts)
        if not verdicts:
            said.append(f"{column.name}: no expectation was tried")
        elif passed == len(verdicts):
            said.append(f"{column.name}: {_all(passed)} passed in every round")
        else:
            said.append(f"{column.name}: {passed} of {len(verdicts)} expectations passed in every round")
    return tuple(said)


def _all(count: int) -> str:
    return "the one expectation" if count == 1 else f"all {count} expectations"


def _chosen(comparison: Comparison) -> Iterator[Quantity]:
    """Boots whole, memory at rest; of latency and throughput one path through a tunnel and one that is not."""
    for wanted in ("boot.fresh.total", "boot.warm.total", "memory.steady.all"):
        yield from _first(comparison, (wanted,))
    paths = paths_of(comparison)
    for is_inside in (True, False):
        names = [path.name for path in paths if bool(path.tunnels) is is_inside]
        yield from _first(comparison, [f"{Group.LATENCY}.{name}.median" for name in names])
    for is_inside in (True, False):
        names = [path.name for path in paths if bool(path.tunnels) is is_inside]
        yield from _first(comparison, [f"{Group.THROUGHPUT}.{name}.{Transport.TCP}.bits" for name in names])


def _first(comparison: Comparison, keys: Sequence[str]) -> Iterator[Quantity]:
    """The first of these that was measured at all, if any was."""
    yield from [one for key in keys if (one := comparison.quantity(key)) is not None][:1]


def _headline(quantity: Quantity, comparison: Comparison) -> Headline:
    figures = tuple(
        Figure(run, column.name, shown_spread(spread, quantity.unit), _rest(spread), column.caveat)
        for run, (column, spread) in enumerate(zip(comparison.columns, quantity.by_run, strict=True))
        if spread is not None
    )
    return Headline(quantity.group, headed(quantity), quantity.detail, figures, tuple(_ratios(quantity, comparison)))


def _rest(spread: Spread) -> str:
    return f"{counted(len(spread.values), 'value')}{', no interval' if spread.low is None else ''}"


def _ratios(quantity: Quantity, comparison: Comparison) -> Iterator[str]:
    there = [
        (column.name, spread)
        for column, spread in zip(comparison.columns, quantity.by_run, strict=True)
        if spread is not None
    ]
    for name, spread in there[1:]:
        yield _ratio(there[0], (name, spread), quantity.unit)


def _ratio(one: tuple[str, Spread], other: tuple[str, Spread], unit: Unit) -> str:
    (less, small), (more, large) = sorted((one, other), key=lambda side: side[1].median)
    if small.median <= 0 or large.median == small.median:
        return f"{one[0]} and {other[0]}: {'the same' if large.median == small.median else 'no ratio'}"
    if overlap(small, large):
        return f"{one[0]} and {other[0]}: their intervals overlap, no difference is shown"
    return f"{more}: {shown_ratio(large.median / small.median)} {_as(unit)} {less}"


def _as(unit: Unit) -> str:
    match unit:
        case Unit.SECONDS:
            return "as long as"
        case Unit.BITS | Unit.PACKETS:
            return "as fast as"
        case Unit.BYTES | Unit.SHARE:
            return "as much as"
        case _:
            assert_never(unit)

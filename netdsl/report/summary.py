"""The summary of a comparison: its main figures, each with its reservation."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from netdsl.comparing.statistics import overlap
from netdsl.comparing.types import Comparison, Group, Quantity, Spread, Unit
from netdsl.comparing.units import shown_ratio, shown_spread
from netdsl.dataclass import dataclass
from netdsl.diagnostics.wording import counted
from netdsl.measuring.types import Transport
from netdsl.report.figures import headed, paths_of


@dataclass(frozen=True, slots=True)
class Figure:
    """One run's figure. `run`: its number; `rest`: the number of values; `caveat`: the reservation of the run."""

    run: int
    name: str
    figure: str
    rest: str
    caveat: str


@dataclass(frozen=True, slots=True)
class Headline:
    """One quantity of the summary with the ratios of its runs to the first run that has it."""

    kind: Group
    title: str
    detail: str
    figures: tuple[Figure, ...]
    ratios: tuple[str, ...]


def headlines(comparison: Comparison) -> tuple[Headline, ...]:
    return tuple(
        _headline(quantity, comparison)
        for quantity in _chosen(comparison)
        if any(spread is not None for spread in quantity.by_run)
    )


def held(comparison: Comparison) -> tuple[str, ...]:
    """For each run the number of expectations that passed in every round."""
    texts = []
    for run, column in enumerate(comparison.columns):
        verdicts = [expectation.by_run[run] for expectation in comparison.verdicts if expectation.by_run[run]]
        passed = verdicts.count("passed")
        if not verdicts:
            texts.append(f"{column.name}: no expectation was tried")
        elif passed == len(verdicts):
            texts.append(f"{column.name}: {_all(passed)} passed in every round")
        else:
            texts.append(f"{column.name}: {passed} of {len(verdicts)} expectations passed in every round")
    return tuple(texts)


def _all(count: int) -> str:
    return "the one expectation" if count == 1 else f"all {count} expectations"


def _chosen(comparison: Comparison) -> Iterator[Quantity]:
    """Total boot times, memory at rest; latency and throughput of one path through a tunnel and of one without."""
    for key in ("boot.fresh.total", "boot.warm.total", "memory.steady.all"):
        yield from _first(comparison, (key,))
    paths = paths_of(comparison)
    for is_inside in (True, False):
        names = [path.name for path in paths if bool(path.tunnels) is is_inside]
        yield from _first(comparison, [f"{Group.LATENCY}.{name}.median" for name in names])
    for is_inside in (True, False):
        names = [path.name for path in paths if bool(path.tunnels) is is_inside]
        yield from _first(comparison, [f"{Group.THROUGHPUT}.{name}.{Transport.TCP}.bits" for name in names])


def _first(comparison: Comparison, keys: Sequence[str]) -> Iterator[Quantity]:
    """The first of the quantities that was measured, if any."""
    yield from [quantity for key in keys if (quantity := comparison.quantity(key)) is not None][:1]


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
    measured = [
        (column.name, spread)
        for column, spread in zip(comparison.columns, quantity.by_run, strict=True)
        if spread is not None
    ]
    for name, spread in measured[1:]:
        yield _ratio(measured[0], (name, spread), quantity.unit)


def _ratio(one: tuple[str, Spread], other: tuple[str, Spread], unit: Unit) -> str:
    (less, small), (more, large) = sorted((one, other), key=lambda side: side[1].median)
    if small.median <= 0 or large.median == small.median:
        return f"{one[0]} and {other[0]}: {'the same' if large.median == small.median else 'no ratio'}"
    if overlap(small, large):
        return f"{one[0]} and {other[0]}: their intervals overlap, no difference is shown"
    return f"{more}: {shown_ratio(large.median / small.median)} {_comparative(unit)} {less}"


def _comparative(unit: Unit) -> str:
    match unit:
        case Unit.SECONDS:
            return "as long as"
        case Unit.BITS | Unit.PACKETS:
            return "as fast as"
        case Unit.BYTES | Unit.SHARE:
            return "as much as"
        case _:
            assert_never(unit)

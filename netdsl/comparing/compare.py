"""Runs of one source side by side: of one lab, or of what it is with other parameters. Pure: the same runs give the same
comparison."""

from collections.abc import Iterator, Sequence

from netdsl.comparing.cautions import cautions, columns, usable_rounds
from netdsl.comparing.figures import LESS, all_times, figures
from netdsl.comparing.statistics import percentile, spread
from netdsl.comparing.types import Comparison, Figure, Group, Quantity, Spread, Unit, Verdicts
from netdsl.comparing.variation import is_same_source, path_titles, varied
from netdsl.measuring.types import Path, Round, Run
from netdsl.testing.types import Verdict


class CannotCompare(ValueError):
    """No run, or runs of different labs; the message has the remedy."""


def compare(runs: Sequence[Run]) -> Comparison:
    """The comparison of at least one run of one lab, or of one source with different parameters. Raises
    CannotCompare."""
    if not runs:
        raise CannotCompare("there is no run to compare")
    for run in runs[1:]:
        if run.subject.digest != runs[0].subject.digest and not _is_variant(runs[0], run):
            raise CannotCompare(_difference(runs[0], run))
    return Comparison(
        runs=tuple(runs),
        columns=columns(runs),
        quantities=tuple(_quantities(runs)),
        verdicts=tuple(_verdicts(runs)),
        warnings=tuple(cautions(runs)),
        varied=varied(runs),
    )


def _is_variant(first: Run, second: Run) -> bool:
    return first.subject.parameters != second.subject.parameters and is_same_source(first, second)


def _difference(first: Run, second: Run) -> str:
    names = tuple(f"`{run.subject.name}` ({run.target}, {run.subject.digest[:12]})" for run in (first, second))
    if first.subject.name != second.subject.name:
        return f"these are runs of two labs, {names[0]} and {names[1]}: compare runs of one"
    texts = {source.name: source.text for source in first.subject.sources}
    changed = [source.name for source in second.subject.sources if texts.get(source.name) != source.text]
    if first.subject.parameters != second.subject.parameters:
        changed.append("the parameters")
    differences = f" ({', '.join(changed)})" if changed else ""
    return (
        f"these are runs of two states of a lab, {names[0]} and {names[1]}{differences}: "
        "measure both from the same source with the same options"
    )


# ------------------------------------------------------------------------------------------------------- quantities


def _quantities(runs: Sequence[Run]) -> Iterator[Quantity]:
    """All quantities, ordered by group, then by path, then as in the first run that has them."""
    found: dict[str, tuple[dict[str, Figure], dict[int, list[float]]]] = {}
    titles = path_titles(runs)
    for number, run in enumerate(runs):
        for round_ in usable_rounds(run):
            for figure in figures(run, round_, titles):
                by_detail, values = found.setdefault(figure.key, ({}, {}))
                by_detail.setdefault(figure.detail, figure)
                values.setdefault(number, []).append(figure.value)
    quantities = [
        *(_quantity(tuple(by_detail.values()), values, len(runs)) for by_detail, values in found.values()),
        *_pooled(runs),
    ]
    order = tuple(Group)
    position = {quantity.key: index for index, quantity in enumerate(quantities)}
    yield from sorted(quantities, key=lambda one: (order.index(one.group), _path_order(one, runs), position[one.key]))


def _quantity(found: Sequence[Figure], values: dict[int, list[float]], runs: int) -> Quantity:
    """One quantity of all runs. `found`: a figure for each detail that occurs (segment sizes, for example)."""
    first = found[0]
    return Quantity(
        key=first.key,
        group=first.group,
        title=first.title,
        detail="; ".join(figure.detail for figure in found),
        unit=first.unit,
        better=first.better,
        by_run=tuple(spread(values[number]) if number in values else None for number in range(runs)),
    )


_LATENCIES = ("min", "median", "p95", "p99", "max", "lost", "first")
"""The order of a path's figures."""

_SHARES = (("min", 0.0), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def _pooled(runs: Sequence[Run]) -> Iterator[Quantity]:
    """Latency quantiles over all samples of all rounds: one value for each run, without spread."""
    titles = path_titles(runs)
    for path in _paths(runs).values():
        samples = [all_times(usable_rounds(run), path.name) for run in runs]
        if not any(samples):
            continue
        for name, share in _SHARES:
            yield Quantity(
                key=f"latency.{path.name}.{name}",
                group=Group.LATENCY,
                title=f"{titles[path.name]}: {name}",
                detail=f"of all answers of all rounds: {', '.join(str(len(times)) for times in samples)}",
                unit=Unit.SECONDS,
                better=LESS,
                by_run=tuple(_single(percentile(times, share)) if times else None for times in samples),
            )


def _single(value: float) -> Spread:
    return Spread((value,), value, None, None)


def _paths(runs: Sequence[Run]) -> dict[str, Path]:
    return {path.name: path for run in reversed(runs) for path in run.paths}


def _path_order(quantity: Quantity, runs: Sequence[Run]) -> tuple[int, int]:
    """The sort key within a group: by path, latencies from the minimum to the loss."""
    if quantity.group not in (Group.LATENCY, Group.THROUGHPUT, Group.WIRE):
        return (0, 0)
    positions = {name: index for index, name in enumerate(_paths(runs))}
    name = max(
        (name for name in positions if quantity.key.startswith(f"{quantity.group}.{name}.")), key=len, default=""
    )
    last = quantity.key.rpartition(".")[2]
    inner = _LATENCIES.index(last) if quantity.group is Group.LATENCY else 0
    return (positions.get(name, len(positions)), inner)


# --------------------------------------------------------------------------------------------------------- verdicts


def _verdicts(runs: Sequence[Run]) -> Iterator[Verdicts]:
    """The verdicts of each expectation. A block that is expected to fail has one verdict; its lines have none."""
    lines: dict[tuple[str, str], None] = {}
    for run in runs:
        for round_ in usable_rounds(run):
            tested = (line for line in round_.lines if line.verdict != Verdict.LINE)
            lines.update(dict.fromkeys((line.place, line.text) for line in tested))
    for place, text in lines:
        yield Verdicts(place, text, tuple(_verdict(usable_rounds(run), place, text) for run in runs))


def _verdict(rounds: Sequence[Round], place: str, text: str) -> str:
    """`passed`, or `passed 2 of 3, failed 1` if rounds differ (a round without a verdict differs too); empty if the
    expectation was tested in no round."""
    found = [_in_round(round_, place, text) for round_ in rounds]
    counts = {verdict: found.count(verdict) for verdict in dict.fromkeys(found)}
    if set(counts) <= {_NOT_TESTED}:
        return ""
    if len(counts) == 1:
        return found[0]
    (first, times), *rest = sorted(counts.items(), key=lambda item: (item[0] != "passed", item[0]))
    return ", ".join((f"{first} {times} of {len(found)}", *(f"{verdict} {number}" for verdict, number in rest)))


_NOT_TESTED = "not tested"


def _in_round(round_: Round, place: str, text: str) -> str:
    """The verdict in one round; the worst one if a line of the source has the expectation twice."""
    verdicts = [line.verdict for line in round_.lines if (line.place, line.text) == (place, text)]
    return next(
        (verdict for verdict in verdicts if verdict != Verdict.PASSED),
        Verdict.PASSED.value if verdicts else _NOT_TESTED,
    )

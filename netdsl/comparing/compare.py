"""Runs of one lab side by side. Pure: the same runs give the same comparison."""

from collections.abc import Iterator, Sequence

from netdsl.comparing.cautions import cautions, columns, usable_rounds
from netdsl.comparing.figures import LESS, all_times, figures, path_title
from netdsl.comparing.statistics import percentile, spread
from netdsl.comparing.types import Comparison, Figure, Group, Quantity, Spread, Unit, Verdicts
from netdsl.measuring.types import Path, Round, Run
from netdsl.testing.types import Verdict


class CannotCompare(ValueError):
    """Runs that have nothing in common, or none; the message says what to do."""


def compare(runs: Sequence[Run]) -> Comparison:
    """At least one run, of one lab. Raises CannotCompare."""
    if not runs:
        raise CannotCompare("there is no run to compare")
    for run in runs[1:]:
        if run.subject.digest != runs[0].subject.digest:
            raise CannotCompare(_difference(runs[0], run))
    return Comparison(
        runs=tuple(runs),
        columns=columns(runs),
        quantities=tuple(_quantities(runs)),
        verdicts=tuple(_verdicts(runs)),
        warnings=tuple(cautions(runs)),
    )


def _difference(one: Run, other: Run) -> str:
    names = tuple(f"`{run.subject.name}` ({run.target}, {run.subject.digest[:12]})" for run in (one, other))
    if one.subject.name != other.subject.name:
        return f"these are runs of two labs, {names[0]} and {names[1]}: compare runs of one"
    texts = {source.name: source.text for source in one.subject.sources}
    changed = [source.name for source in other.subject.sources if texts.get(source.name) != source.text]
    given = one.subject.parameters != other.subject.parameters
    where = [*changed, *(["the parameters"] if given else [])]
    told = f" ({', '.join(where)})" if where else ""
    return (
        f"these are runs of two states of a lab, {names[0]} and {names[1]}{told}: "
        "measure both from the same source, parameters and options"
    )


# ------------------------------------------------------------------------------------------------------- quantities


def _quantities(runs: Sequence[Run]) -> Iterator[Quantity]:
    """Ordered by group; in a group as the first run that has it."""
    found: dict[str, tuple[dict[str, Figure], dict[int, list[float]]]] = {}
    for number, run in enumerate(runs):
        for taken in usable_rounds(run):
            for figure in figures(run, taken):
                by_detail, values = found.setdefault(figure.key, ({}, {}))
                by_detail.setdefault(figure.detail, figure)
                values.setdefault(number, []).append(figure.value)
    made = [
        *(_quantity(tuple(by_detail.values()), values, len(runs)) for by_detail, values in found.values()),
        *_pooled(runs),
    ]
    order = tuple(Group)
    first = {one.key: place for place, one in enumerate(made)}
    yield from sorted(made, key=lambda one: (order.index(one.group), _path_place(one, runs), first[one.key]))


def _quantity(found: Sequence[Figure], values: dict[int, list[float]], runs: int) -> Quantity:
    """`found`: one for each detail that runs or rounds have of it (segments of another size); all are said."""
    figure = found[0]
    return Quantity(
        key=figure.key,
        group=figure.group,
        title=figure.title,
        detail="; ".join(one.detail for one in found),
        unit=figure.unit,
        better=figure.better,
        by_run=tuple(spread(values[number]) if number in values else None for number in range(runs)),
    )


_SHARES = (("min", 0.0), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def _pooled(runs: Sequence[Run]) -> Iterator[Quantity]:
    """Of all samples of all rounds together: one value, which has no spread."""
    for path in _paths(runs).values():
        samples = [all_times(usable_rounds(run), path.name) for run in runs]
        if not any(samples):
            continue
        for name, share in _SHARES:
            yield Quantity(
                key=f"latency.{path.name}.{name}",
                group=Group.LATENCY,
                title=f"{path_title(path.name, path)}: {name}",
                detail=f"of all answers of all rounds: {', '.join(str(len(times)) for times in samples)}",
                unit=Unit.SECONDS,
                better=LESS,
                by_run=tuple(_single(percentile(times, share)) if times else None for times in samples),
            )


def _single(value: float) -> Spread:
    return Spread((value,), value, None, None)


def _paths(runs: Sequence[Run]) -> dict[str, Path]:
    return {path.name: path for run in reversed(runs) for path in run.paths}


def _path_place(quantity: Quantity, runs: Sequence[Run]) -> tuple[int, int]:
    """Figures of a path stand together, latencies from the smallest on."""
    if quantity.group not in (Group.LATENCY, Group.THROUGHPUT):
        return (0, 0)
    places = {name: place for place, name in enumerate(_paths(runs))}
    name = max((name for name in places if quantity.key.startswith(f"{quantity.group}.{name}.")), key=len, default="")
    last = quantity.key.rpartition(".")[2]
    inner = ("min", "median", "p95", "p99", "max", "lost").index(last) if quantity.group is Group.LATENCY else 0
    return (places.get(name, len(places)), inner)


# --------------------------------------------------------------------------------------------------------- verdicts


def _verdicts(runs: Sequence[Run]) -> Iterator[Verdicts]:
    """Of what has a verdict: of a block that is to fail that is the block, not its lines."""
    lines: dict[tuple[str, str], None] = {}
    for run in runs:
        for taken in usable_rounds(run):
            asked = (line for line in taken.lines if line.verdict != Verdict.LINE)
            lines.update(dict.fromkeys((line.place, line.text) for line in asked))
    for place, text in lines:
        yield Verdicts(place, text, tuple(_verdict(usable_rounds(run), place, text) for run in runs))


def _verdict(rounds: Sequence[Round], place: str, text: str) -> str:
    """`passed`; of rounds that differ `passed 2 of 3, failed 1`, where one that did not get to it differs too; empty where
    it was never tested."""
    found = [_in_round(taken, place, text) for taken in rounds]
    counts = {verdict: found.count(verdict) for verdict in dict.fromkeys(found)}
    if set(counts) <= {_NOT_TESTED}:
        return ""
    if len(counts) == 1:
        return found[0]
    (first, times), *rest = sorted(counts.items(), key=lambda one: (one[0] != "passed", one[0]))
    return ", ".join((f"{first} {times} of {len(found)}", *(f"{verdict} {number}" for verdict, number in rest)))


_NOT_TESTED = "not tested"


def _in_round(taken: Round, place: str, text: str) -> str:
    """The worst, where a source has one expectation twice on a line."""
    verdicts = [line.verdict for line in taken.lines if (line.place, line.text) == (place, text)]
    return next((one for one in verdicts if one != Verdict.PASSED), Verdict.PASSED.value if verdicts else _NOT_TESTED)

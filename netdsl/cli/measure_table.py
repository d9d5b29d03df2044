"""A run as a table of 80 columns: the middle of its rounds, and the least and the most."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from netdsl.diagnostics.visible import visible
from netdsl.measuring.types import BootKind, Moment, Reading, Round, Run
from netdsl.runtime.meter import Usage

WIDTH = 80
_TITLE = 44
_MEBIBYTE = 2**20
_MOMENTS = (
    ("at rest", Moment.STEADY),
    ("while it boots, at most", Moment.BOOT),
    ("under load, at most", Moment.LOAD),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A quantity, a value for each round that has it (already in the unit that is shown)."""

    title: str
    unit: str
    values: tuple[float, ...]


def table(run: Run) -> str:
    return "".join(f"{line}\n" for line in _lines(run))


def _lines(run: Run) -> Iterator[str]:
    whole = sum(not one.is_cut for one in run.rounds)
    yield from _wrapped(f"{run.subject.name} on {run.target}, {whole} of {run.wanted} rounds")
    machine = run.machine
    yield from _wrapped(
        f"{machine.processor}, {machine.cores} cores, {machine.memory / 2**30:.1f} GiB, {machine.kernel} "
        f"({machine.architecture})",
        "  ",
    )
    if run.facts:
        yield from _wrapped("; ".join(f"{fact.name}: {fact.value}" for fact in run.facts), "  ")
    yield ""
    if len(run.rounds) > 1:
        yield f"{'':{_TITLE}}{'middle':>12}{'least':>12}{'most':>12}"
    for row in _rows(run):
        if row.values:
            yield from _row(row)
    yield from _verdicts(run.rounds)
    yield from _troubles(run.rounds)


def _row(row: Row) -> Iterator[str]:
    *before, last = textwrap.wrap(visible(row.title), _TITLE - 1, subsequent_indent="  ") or [""]
    yield from before
    figures = (median(row.values), min(row.values), max(row.values)) if len(row.values) > 1 else row.values
    yield f"{last:{_TITLE}}" + "".join(f"{_figure(value)} {row.unit}".rjust(12) for value in figures)


def _figure(value: float) -> str:
    """Three digits that count."""
    if value >= 100 or value == 0:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _rows(run: Run) -> Iterator[Row]:
    rounds = run.rounds
    for kind in run.plan.boots:
        yield from _boot_rows(kind, rounds)
    yield Row(
        "processor time of all nodes until it holds", "s", tuple(one.cpu for one in rounds if one.cpu is not None)
    )
    yield from _memory_rows(rounds)
    disks = [one.disk for one in rounds if one.disk is not None]
    yield Row(
        "disk: images or boxes, once", "MiB", tuple(sum(base.size for base in one.bases) / _MEBIBYTE for one in disks)
    )
    yield Row(
        "disk: what the nodes add", "MiB", tuple(sum(each.size for each in one.nodes) / _MEBIBYTE for one in disks)
    )
    yield from _path_rows(run)
    yield Row("taking down", "s", tuple(one.teardown for one in rounds if one.teardown is not None))


def _boot_rows(kind: BootKind, rounds: Sequence[Round]) -> Iterator[Row]:
    boots = [boot for one in rounds if (boot := one.boot(kind)) is not None]
    yield Row(f"{kind} boot until everything holds", "s", tuple(one.total for one in boots if one.total is not None))
    if kind is BootKind.FRESH:
        yield Row("  of it building", "s", tuple(one.build for one in boots))
    yield Row("  of it until every node is ready", "s", tuple(one.up for one in boots))
    yield Row("  and then", "s", tuple(one.holding for one in boots if one.holding is not None))


def _memory_rows(rounds: Sequence[Round]) -> Iterator[Row]:
    for title, moment in _MOMENTS:
        for name, of in (("cgroup", _cgroup), ("PSS", _pss)):
            values = [_memory(one.readings, moment, of) for one in rounds]
            yield Row(
                f"memory {title} ({name})", "MiB", tuple(value / _MEBIBYTE for value in values if value is not None)
            )


def _memory(readings: Sequence[Reading], moment: Moment, of: Callable[[Usage], int | None]) -> float | None:
    """Of all nodes together, in bytes: the most, but at rest the middle of the boots', as in `compare`."""
    found = [total for one in readings if one.moment is moment and (total := of(one.usage)) is not None]
    if not found:
        return None
    return float(median(found) if moment is Moment.STEADY else max(found))


def _cgroup(usage: Usage) -> int | None:
    return _whole([node.cgroup for node in usage.nodes])


def _pss(usage: Usage) -> int | None:
    """Helpers included."""
    total = _whole([node.pss for node in usage.nodes])
    return None if total is None else total + usage.helpers


def _whole(sizes: Sequence[int | None]) -> int | None:
    """None where a node has no such figure: a part would pass for all."""
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _path_rows(run: Run) -> Iterator[Row]:
    for path in run.paths:
        way = "in a tunnel" if path.is_encrypted else "in clear"
        found = [each for one in run.rounds for each in one.latencies if each.path == path.name and each.times]
        yield Row(f"{path.name} ({way}): round trip", "ms", tuple(median(each.times) * 1000 for each in found))
        flows = [each for one in run.rounds for each in one.throughputs if each.path == path.name]
        for transport, payload in dict.fromkeys((each.transport, each.payload) for each in flows):
            own = [each for each in flows if (each.transport, each.payload) == (transport, payload)]
            size = "" if transport.value == "tcp" else f" of {payload} bytes"
            yield Row(f"  {transport.value.upper()}{size}", "Mbit/s", tuple(each.bits / 1e6 for each in own))


def _verdicts(rounds: Sequence[Round]) -> Iterator[str]:
    lines = [line for one in rounds for line in one.lines if line.verdict != "-"]
    if not lines:
        return
    passed = sum(line.verdict == "passed" for line in lines)
    yield ""
    yield f"expectations: {passed} of {len(lines)} passed" + (" (all rounds together)" if len(rounds) > 1 else "")
    for one in rounds:
        for line in one.lines:
            if line.verdict not in ("passed", "-"):
                yield from _wrapped(f"round {one.number}: {line.place} {line.text}: {line.verdict}: {line.seen}", "  ")


def _troubles(rounds: Sequence[Round]) -> Iterator[str]:
    troubles = [(one.number, trouble) for one in rounds for trouble in one.troubles]
    if troubles:
        yield ""
        yield "what failed:"
    for number, trouble in troubles:
        first, *more = trouble.message.splitlines() or [""]
        yield from _wrapped(f"round {number}: {trouble.step}: {first}", "  ")
        for line in more:
            yield from _wrapped(f"| {line}", "    ")
        if trouble.remedy:
            yield from _wrapped(f"help: {trouble.remedy}", "    ")


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        visible(text), WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )

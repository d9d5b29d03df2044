"""The comparison of runs, for a terminal."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from netdsl.comparing.cautions import fact, machine_text, usable_rounds
from netdsl.comparing.columns import row, wrapped
from netdsl.comparing.paper_table import NARROWEST, WIDEST
from netdsl.comparing.statistics import overlap
from netdsl.comparing.types import Comparison, Group, Quantity, Unit
from netdsl.comparing.units import shown_ratio, shown_sizes, shown_spread
from netdsl.diagnostics.wording import counted
from netdsl.measuring.types import Run

_HEAD = 20
_RATIO = 6
_LEAST = 24  # columns of one run: `2.50 [2.45, 2.56] Gbit/s`; runs that do not fit are in a table below
_FACTS = ("engine", "provider", "hypervisor", "accelerator", "tunnels")
"""The facts of a runtime that are shown in a run's heading."""


def comparison_table(comparison: Comparison, width: int) -> str:
    """Lines of at most `width` columns, clamped to 60 to 110."""
    width = min(max(width, NARROWEST), WIDEST)
    return "".join(f"{line}\n" for line in _lines(comparison, width))


def heading(comparison: Comparison) -> str:
    subject = comparison.runs[0].subject
    title = f" ({subject.title})" if subject.title else ""
    return f"{subject.name}{title}: {'; '.join((sizes_text(comparison), *varied_texts(comparison)))}"


def sizes_text(comparison: Comparison) -> str:
    """The size of the lab; of several labs each, in the order of the runs."""
    subjects = [run.subject for run in comparison.runs]
    sizes = dict.fromkeys(shown_sizes(one.nodes, one.networks, one.tunnels) for one in subjects)
    return " or ".join(sizes)


def varied_texts(comparison: Comparison) -> tuple[str, ...]:
    """`vpn = ipsec, wireguard`: each parameter that differs, with its values."""
    return tuple(f"{one.name} = {', '.join(dict.fromkeys(one.by_run))}" for one in comparison.varied)


def run_text(run: Run) -> str:
    """When and on what machine a run was measured."""
    rounds = usable_rounds(run)
    found = [text for name in _FACTS if (text := _fact_text(run, name))]
    loads = [load for round_ in rounds for load in round_.load]
    busy = f"load {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    began = rounds[0].began[:16].replace("T", " ") + " UTC" if rounds else ""
    count = counted(run.done, "round") if run.done else "no complete round"
    parts = [count, began, busy, *found, machine_text(run.machine), f"netdsl {run.netdsl}"]
    return "; ".join(part for part in parts if part)


def _fact_text(run: Run, name: str) -> str:
    value = fact(run, name)
    return f"{name}: {value}" if value and name in ("accelerator", "tunnels") else value


def ratio(quantity: Quantity, first: int, second: int) -> float | None:
    """The median of the second run divided by that of the first; None if it has no meaning (shares, zero)."""
    one, other = quantity.by_run[first], quantity.by_run[second]
    if one is None or other is None or quantity.unit is Unit.SHARE or one.median <= 0 or other.median <= 0:
        return None
    return other.median / one.median


def ratio_text(quantity: Quantity, first: int, second: int) -> str:
    """The ratio as text; empty if there is none or the intervals overlap."""
    one, other = quantity.by_run[first], quantity.by_run[second]
    times = ratio(quantity, first, second)
    if one is None or other is None or times is None or overlap(one, other):
        return ""
    return shown_ratio(times)


def is_telling(quantity: Quantity) -> bool:
    """Whether the quantity gets a row: not if it is a loss or a build time of zero."""
    is_small = quantity.unit is Unit.SHARE or quantity.key.endswith(".build")
    return not is_small or any(spread is not None and spread.median > 0 for spread in quantity.by_run)


def split(title: str) -> tuple[str, str]:
    """A title as heading and line: (`fresh boot`, `total`)."""
    head, separator, name = title.rpartition(": ")
    return (head, name) if separator else ("", name)


GROUP_TITLES = {
    Group.BOOT: "BOOT",
    Group.MEMORY: "MEMORY of all nodes",
    Group.PROCESSOR: "PROCESSOR",
    Group.DISK: "DISK",
    Group.LATENCY: "LATENCY, there and back",
    Group.THROUGHPUT: "THROUGHPUT, what arrived",
    Group.WIRE: "OVERHEAD on the wire",
    Group.EXPECTATIONS: "EXPECTATIONS",
}


def _lines(comparison: Comparison, width: int) -> Iterator[str]:
    yield from wrapped(heading(comparison), width, "  ")
    yield "measured; median [95 % interval of the median]"
    yield ""
    for column, run in zip(comparison.columns, comparison.runs, strict=True):
        yield from wrapped(f"{column.name}: {run_text(run)}", width, "  ")
    if comparison.warnings:
        yield ""
        for warning in comparison.warnings:
            yield from wrapped(f"! {warning}", width, "  ")
    room = max(1, (width - _HEAD) // (_LEAST + 2))
    for together in _together(comparison):
        for first in range(0, len(together), room):
            yield ""
            yield from _grid(comparison, together[first : first + room], width)
    yield from _verdicts(comparison, width)


def _together(comparison: Comparison) -> list[list[int]]:
    """The runs whose figures stand side by side: all of them; those of each target where parameters differ."""
    numbers = list(range(len(comparison.runs)))
    if not comparison.varied:
        return [numbers]
    targets = dict.fromkeys(run.target for run in comparison.runs)
    return [[number for number in numbers if comparison.runs[number].target == target] for target in targets]


def _grid(comparison: Comparison, shown: Sequence[int], width: int) -> Iterator[str]:
    has_ratio = len(shown) == 2
    room = width - _HEAD - (_RATIO + 2 if has_ratio else 0)
    column = min(room // len(shown) - 2, 34)
    widths = (_HEAD, *(column for _ in shown), *([_RATIO] if has_ratio else []))
    heads = ["", *(comparison.columns[number].name for number in shown), *(["ratio"] if has_ratio else [])]
    yield from row(heads, widths)
    telling = [
        quantity
        for quantity in comparison.quantities
        if is_telling(quantity) and any(quantity.by_run[n] for n in shown)
    ]
    for group, found in groupby(telling, key=lambda quantity: quantity.group):
        yield ""
        yield GROUP_TITLES[group]
        for head, members in groupby(found, key=lambda quantity: split(quantity.title)[0]):
            if head and head != group:
                yield from wrapped(head, width, "  ")
            for quantity in members:
                yield from _figures(comparison, quantity, shown, widths, "  " if head else "")


def _figures(
    comparison: Comparison, quantity: Quantity, shown: Sequence[int], widths: Sequence[int], indent: str
) -> Iterator[str]:
    cells = [split(quantity.title)[1], *(cell(comparison, quantity, number) for number in shown)]
    if len(shown) == 2:
        cells.append(ratio_text(quantity, shown[0], shown[1]))
    inner = (widths[0] - len(indent), *widths[1:])
    for line in row(cells, inner):
        yield f"{indent}{line}".rstrip()


def is_pooled(quantity: Quantity) -> bool:
    """Whether the quantity is computed over all answers of all rounds instead of per round."""
    return quantity.group is Group.LATENCY and quantity.key.rpartition(".")[2] in ("min", "p95", "p99", "max")


def cell(comparison: Comparison, quantity: Quantity, number: int) -> str:
    """`24.0 [22.1, 27.0] s`; `24.0 s (2 of 3 rounds)` if some rounds lack it; `-` if all do."""
    spread = quantity.by_run[number]
    if spread is None:
        return "-"
    rounds = len(usable_rounds(comparison.runs[number]))
    is_whole = is_pooled(quantity) or len(spread.values) >= rounds
    measured = "" if is_whole else f" ({len(spread.values)} of {rounds} rounds)"
    return f"{shown_spread(spread, quantity.unit)}{measured}"


def _verdicts(comparison: Comparison, width: int) -> Iterator[str]:
    """One line for the expectations that passed in every run; for each other one its verdicts."""
    if not comparison.verdicts:
        return
    yield ""
    yield GROUP_TITLES[Group.EXPECTATIONS]
    absent = {""} if comparison.varied else set()  # a line that only some parameters have
    others = [one for one in comparison.verdicts if {*one.by_run} - absent != {"passed"}]
    passed = len(comparison.verdicts) - len(others)
    if passed:
        scope = "in every round of each run" if len(comparison.runs) > 1 else "in every round"
        scope += " that tested it" if absent else ""
        yield from wrapped(f"{passed} of {len(comparison.verdicts)} passed {scope}", width, "  ")
    for expectation in others:
        yield from wrapped(f"{expectation.place} {expectation.text}", width, "  ")
        for column, verdict in zip(comparison.columns, expectation.by_run, strict=True):
            yield from wrapped(f"{column.name}: {verdict or 'not tested'}", width, "    ", "  ")

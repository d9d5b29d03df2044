"""The plots of a comparison, each with a description of its figures in words."""

from collections.abc import Iterator

from netdsl.comparing.cautions import usable_rounds
from netdsl.comparing.figures import all_times
from netdsl.comparing.statistics import percentile
from netdsl.comparing.types import Comparison, Group, Quantity, Unit
from netdsl.comparing.units import shown, shown_spread
from netdsl.comparing.variation import path_titles
from netdsl.dataclass import dataclass
from netdsl.diagnostics.wording import counted
from netdsl.measuring.types import BootKind, Path, Run, Throughput, Transport
from netdsl.report.rows import Bars, Curves, Point, Ranges, Row, SizeLine, Sizes, Times

Plot = Bars | Ranges | Curves | Sizes


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plot with its group and caption."""

    group: Group
    plot: Plot
    caption: str


_BARS = "Bars reach from zero to the median; the line with ends is its 95\u00a0% interval, every mark one round."


def _memory(moment: str) -> tuple[str, ...]:
    return tuple(f"memory.{moment}.{kind}" for kind in ("all", "pss", "helpers", "cgroup"))


_BAR_PLOTS: tuple[tuple[Group, str, str, tuple[str, ...]], ...] = (
    (
        Group.BOOT,
        "boot",
        "Until every expectation holds, and down again",
        ("boot.fresh.total", "boot.warm.total", "boot.teardown"),
    ),
    (
        Group.BOOT,
        "boot-parts",
        "The parts of a boot",
        tuple(f"boot.{kind}.{part}" for kind in BootKind for part in ("build", "up", "holding")),
    ),
    (Group.MEMORY, "memory-steady", "Memory of all nodes together, at rest", _memory("steady")),
    (
        Group.MEMORY,
        "memory-max",
        "The most memory that was seen, while it boots and under load",
        tuple(f"memory.{moment}.{kind}" for moment in ("boot", "load") for kind in ("all", "cgroup")),
    ),
    (Group.PROCESSOR, "processor", "Processor time of the boots", ("processor.boot",)),
    (Group.DISK, "disk", "Disk", ("disk.total", "disk.base", "disk.nodes")),
)


def drawn(comparison: Comparison) -> tuple[Drawn, ...]:
    """Every plot, in the order of the page."""
    return (
        *_bar_plots(comparison),
        *_latency_plots(comparison),
        *_throughput_plots(comparison),
        *_wire_plots(comparison),
    )


def paths_of(comparison: Comparison) -> tuple[Path, ...]:
    """The paths of all runs, each once."""
    return tuple({path.name: path for run in comparison.runs for path in run.paths}.values())


def headed(quantity: Quantity) -> str:
    """The title with a capital letter, unless it begins with a node's name (latency, throughput)."""
    title = quantity.title
    return title if quantity.group in (Group.LATENCY, Group.THROUGHPUT, Group.WIRE) else title[:1].upper() + title[1:]


def _names(comparison: Comparison) -> tuple[str, ...]:
    return tuple(column.name for column in comparison.columns)


# ------------------------------------------------------------------------------------------------------------- bars


def _bar_plots(comparison: Comparison) -> Iterator[Drawn]:
    for group, name, title, keys in _BAR_PLOTS:
        found = tuple(quantity for key in keys if (quantity := comparison.quantity(key)) is not None)
        if found:
            rows = tuple(Row(headed(quantity), quantity.by_run) for quantity in found)
            description = " ".join(description_of(quantity, comparison) for quantity in found)
            yield Drawn(group, Bars(name, _names(comparison), title, description, found[0].unit, rows), _BARS)


def description_of(quantity: Quantity, comparison: Comparison) -> str:
    """`Fresh boot: compose 24.0 [22.1, 27.0] s, 3 values; vagrant (emulated) not measured.`"""
    parts = []
    for column, spread in zip(comparison.columns, quantity.by_run, strict=True):
        if spread is None:
            parts.append(f"{column.name} not measured")
            continue
        parts.append(f"{column.name} {shown_spread(spread, quantity.unit)}, {counted(len(spread.values), 'value')}")
    return f"{headed(quantity)}: {'; '.join(parts)}."


# ---------------------------------------------------------------------------------------------------------- latency


def _times(run: Run, path: Path) -> tuple[float, ...]:
    return tuple(all_times(usable_rounds(run), path.name))


def _latency_plots(comparison: Comparison) -> Iterator[Drawn]:
    names = _names(comparison)
    rows = [
        (path, tuple(_times(run, path) for run in comparison.runs))
        for path in paths_of(comparison)
        if any(_times(run, path) for run in comparison.runs)
    ]
    if not rows:
        return
    titles = path_titles(comparison.runs)
    times = tuple(Times(titles[path.name], by_run) for path, by_run in rows)
    description = " ".join(f"{row.label}: {_described_times(names, row.by_run)}." for row in times)
    plot = Ranges("latency", names, "Round-trip times of every path", description, times)
    yield Drawn(
        Group.LATENCY,
        plot,
        "Lines reach from the fastest answer of all rounds to the slowest, boxes hold the middle half, the mark is the"
        " median of them all; dots are the slowest hundredth.",
    )
    for number, (path, by_run) in enumerate(rows, 1):
        curve = Curves(f"latency-{number}", names, titles[path.name], _described_times(names, by_run) + ".", by_run)
        asked = " and ".join(
            sorted(
                {
                    latency.asking
                    for run in comparison.runs
                    for round_ in usable_rounds(run)
                    for latency in round_.latencies
                    if latency.path == path.name
                }
            )
        )
        yield Drawn(
            Group.LATENCY,
            curve,
            f"The share of answers ({asked}) that took no longer than this. Every answer of every round is a step; marks"
            " at 50\u00a0%, 95\u00a0% and the slowest.",
        )


def _described_times(names: tuple[str, ...], by_run: tuple[tuple[float, ...], ...]) -> str:
    def described(name: str, times: tuple[float, ...]) -> str:
        if not times:
            return f"{name} not measured"
        least, middle, most = (
            shown(time, Unit.SECONDS) for time in (min(times), percentile(sorted(times), 0.5), max(times))
        )
        return f"{name} median {middle}, from {least} to {most}, {counted(len(times), 'value')}"

    return "; ".join(described(name, times) for name, times in zip(names, by_run, strict=True))


# ------------------------------------------------------------------------------------------------------- throughput


def _throughput_plots(comparison: Comparison) -> Iterator[Drawn]:
    names, titles = _names(comparison), path_titles(comparison.runs)
    count = 0
    for path in paths_of(comparison):
        lines = tuple(line for number, run in enumerate(comparison.runs) for line in _size_lines(number, run, path))
        if not lines:
            continue
        count += 1
        description = "; ".join(_described_line(names, line) for line in lines) + "."
        yield Drawn(
            Group.THROUGHPUT,
            Sizes(f"throughput-{count}", names, titles[path.name], description, lines),
            "What arrived: every round a mark, lines through the medians of UDP; hollow marks are TCP with its largest"
            " segment. Runs of one size stand a little apart.",
        )


def _size_lines(number: int, run: Run, path: Path) -> Iterator[SizeLine]:
    for transport in Transport:
        found: dict[int, list[Throughput]] = {}
        for round_ in usable_rounds(run):
            for measured in round_.throughputs:
                if measured.path == path.name and measured.transport is transport:
                    found.setdefault(measured.payload, []).append(measured)
        if found:
            points = tuple(
                Point(
                    size, tuple(measured.bits for measured in of_size), tuple(measured.packets for measured in of_size)
                )
                for size, of_size in sorted(found.items())
            )
            yield SizeLine(number, transport is Transport.TCP, points)


def _described_line(names: tuple[str, ...], line: SizeLine) -> str:
    kind = "TCP" if line.is_tcp else "UDP"
    parts = ", ".join(
        f"{shown(point.median(Unit.BITS), Unit.BITS)} and {shown(point.median(Unit.PACKETS), Unit.PACKETS)}"
        f" at {point.payload} bytes"
        for point in line.points
    )
    return f"{names[line.run]}, {kind}: {parts}"


# ------------------------------------------------------------------------------------------------------------- wire


def _wire_plots(comparison: Comparison) -> Iterator[Drawn]:
    """Bars for each size of data, of the paths on which a packet grows in some run."""
    titles, count = path_titles(comparison.runs), 0
    for path in paths_of(comparison):
        head = f"wire.{path.name}."
        found = {int(one.key.removeprefix(head)): one for one in comparison.quantities if one.key.startswith(head)}
        if not any(spread is not None and spread.median for one in found.values() for spread in one.by_run):
            continue
        count += 1
        ordered = [found[size] for size in sorted(found)]
        rows = tuple(Row(f"{size} bytes of data", found[size].by_run) for size in sorted(found))
        description = " ".join(description_of(quantity, comparison) for quantity in ordered)
        plot = Bars(f"wire-{count}", _names(comparison), titles[path.name], description, Unit.BYTES, rows)
        yield Drawn(Group.WIRE, plot, f"What a packet grows by. {_BARS}")

"""Drawing the plots with matplotlib, from the data of `rows`."""

from collections.abc import Sequence
from math import ceil, floor, log10

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from netdsl.comparing.statistics import percentile
from netdsl.comparing.types import Spread, Unit
from netdsl.comparing.units import scale, shown, shown_roughly
from netdsl.report.canvas import LINE, TEXT, WIDTH, Sheet, guides, shortened
from netdsl.report.rows import Bars, Curves, Ranges, Sizes
from netdsl.report.theme import INK, MUTED, PAPER, style

_BAR, _GAP, _BETWEEN, _AXIS = 15.0, 4.0, 9.0, 34.0
_LEFT, _RIGHT = 5.0, 64.0
_WIDE = 12.0
"""An axis is logarithmic if the largest value is more than so many times the least."""


def bars(plot: Bars) -> str:
    """Bars from zero to the median with the 95 % interval and a mark for every value."""
    count = len(plot.names)
    block = LINE + count * (_BAR + _GAP) + _BETWEEN
    height = block * len(plot.rows)
    sheet = Sheet(plot.names, height + _AXIS - LINE, has_lines=False)
    axes = sheet.axes(_LEFT, 0, WIDTH - _LEFT - _RIGHT, height)
    axes.set_ylim(height, 0)
    largest = max((_farthest(spread) for row in plot.rows for spread in row.by_run if spread), default=0.0)
    axes.set_yticks([])
    _linear(axes, largest, plot.unit)
    guides(axes, along="x")
    for number, row in enumerate(plot.rows):
        top = number * block
        axes.text(0, top + LINE / 2, shortened(row.label, 52), va="center_baseline", color=INK, size=TEXT)
        for run, spread in enumerate(row.by_run):
            _bar(axes, top + LINE + run * (_BAR + _GAP), run, spread, plot.unit)
    return sheet.svg(plot.name, plot.title, plot.description)


def _bar(axes: Axes, top: float, run: int, spread: Spread | None, unit: Unit) -> None:
    middle = top + _BAR / 2
    if spread is None:
        axes.text(0, middle, " not measured", va="center_baseline", color=MUTED, size=TEXT - 1)
        return
    look = style(run)
    shape = Rectangle((0, top), spread.median, _BAR, fc=look.soft, ec=look.line, hatch=look.hatch, lw=1, clip_on=False)
    axes.add_patch(shape)
    if spread.low is not None and spread.high is not None:
        above = top + 4
        axes.plot([spread.low, spread.high], [above] * 2, color=INK, lw=1.3, clip_on=False)
        for end in (spread.low, spread.high):
            axes.plot([end] * 2, [above - 2.5, above + 2.5], color=INK, lw=1.3, clip_on=False)
    axes.plot(
        spread.values,
        [top + 10] * len(spread.values),
        look.marker,
        ms=5,
        mfc=look.line,
        mec=PAPER,
        mew=0.8,
        clip_on=False,
    )
    axes.annotate(
        shown(spread.median, unit),
        (_farthest(spread), middle),
        (6, 0),
        textcoords="offset points",
        va="center_baseline",
        color=INK,
        size=TEXT,
        annotation_clip=False,
    )


def _farthest(spread: Spread) -> float:
    return max(*spread.values, spread.median, spread.high or 0.0)


def ranges(plot: Ranges) -> str:
    """For each path and run a line from the fastest to the slowest answer, a box around the middle half, a mark at the
    median, dots beyond the 99th percentile."""
    count = len(plot.names)
    block = LINE + count * (_BAR - 1) + _BETWEEN
    height = block * len(plot.rows)
    sheet = Sheet(plot.names, height + _AXIS, has_lines=False)
    axes = sheet.axes(_LEFT + 5, 0, WIDTH - _LEFT - 15, height)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    _spanned(axes, [time for row in plot.rows for times in row.by_run for time in times], Unit.SECONDS)
    left = axes.get_xlim()[0]
    for number, row in enumerate(plot.rows):
        top = number * block
        axes.text(left, top + LINE / 2, shortened(row.label, 56), va="center_baseline", color=INK, size=TEXT)
        for run, times in enumerate(row.by_run):
            _range(axes, top + LINE + run * (_BAR - 1) + _BAR / 2, run, sorted(times))
    return sheet.svg(plot.name, plot.title, plot.description)


def _range(axes: Axes, middle: float, run: int, times: list[float]) -> None:
    if not times:
        axes.annotate("not measured", (axes.get_xlim()[0], middle), va="center_baseline", color=MUTED, size=TEXT - 1)
        return
    look = style(run)
    low, high = percentile(times, 0.25), percentile(times, 0.75)
    axes.plot([times[0], times[-1]], [middle] * 2, color=look.line, lw=1.2)
    axes.add_patch(Rectangle((low, middle - 5), high - low, 10, fc=look.soft, ec=look.line, hatch=look.hatch, lw=1))
    slowest = [time for time in times if time > percentile(times, 0.99)]
    axes.plot(slowest, [middle] * len(slowest), ".", ms=4, mfc=look.line, mec=look.line, mew=0)
    axes.plot([percentile(times, 0.5)], [middle], look.marker, ms=6.5, mfc=look.line, mec=PAPER, mew=0.9)


def curves(plot: Curves) -> str:
    """The cumulative distribution of answers, a step for each, with marks at 50 %, 95 % and the slowest."""
    sheet = Sheet(plot.names, 150 + _AXIS, has_lines=True)
    axes = sheet.axes(34, 6, WIDTH - 46, 140)
    axes.spines["left"].set_visible(True)
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 0.95], ["0", "25", "50", "75", "95\u00a0%"])
    guides(axes, along="y")
    _spanned(axes, [time for times in plot.by_run for time in times], Unit.SECONDS)
    for run, unsorted in enumerate(plot.by_run):
        times, look = sorted(unsorted), style(run)
        if not times:
            continue
        shares = [number / len(times) for number in range(1, len(times) + 1)]
        axes.step([times[0], *times], [0, *shares], where="post", color=look.line, ls=look.dashes, lw=1.6)
        marks = [(percentile(times, share), share) for share in (0.5, 0.95)] + [(times[-1], 1.0)]
        x, y = zip(*marks, strict=True)
        axes.plot(x, y, look.marker, ms=6, mfc=look.line, mec=PAPER, mew=0.9, clip_on=False)
    return sheet.svg(plot.name, plot.title, plot.description)


def sizes(plot: Sizes) -> str:
    """Bits and packets per second by the bytes of user data in a packet: a mark for every round, lines through the
    medians of UDP, hollow marks for TCP."""
    sheet = Sheet(plot.names, 2 * (LINE + 112 + 24) + 2, has_lines=True)
    widest = max((point.payload for line in plot.lines for point in line.points), default=1500)
    for number, (unit, label) in enumerate(((Unit.BITS, "bits a second"), (Unit.PACKETS, "packets a second (pps)"))):
        top = number * (LINE + 112 + 24)
        axes = sheet.axes(60, top + LINE, WIDTH - 72, 106)
        axes.spines["left"].set_visible(True)
        axes.set_xlim(0, widest * 1.06)
        axes.set_xticks(_apart({point.payload for line in plot.lines for point in line.points}, widest / 9))
        axes.text(0, 1.0, label, transform=axes.transAxes, va="bottom", color=INK, size=TEXT)
        _rates(axes, plot, unit, widest / 90)
        if number:
            axes.set_xlabel("bytes of user data in a packet", color=MUTED, size=TEXT - 1, labelpad=2)
    return sheet.svg(plot.name, plot.title, plot.description)


def _rates(axes: Axes, plot: Sizes, unit: Unit, apart: float) -> None:
    """One of the two plots. Runs are shifted by `apart` bytes, so that none hides another."""
    values = [value for line in plot.lines for point in line.points for value in point.values(unit)]
    _upright(axes, [value for value in values if value > 0], unit)
    for line in plot.lines:
        look = style(line.run)
        face = PAPER if line.is_tcp else look.line
        beside = (line.run - (len(plot.names) - 1) / 2) * apart
        if not line.is_tcp:
            x = [point.payload + beside for point in line.points]
            axes.plot(x, [point.median(unit) for point in line.points], color=look.line, ls=look.dashes, lw=1.6)
        for point in line.points:
            rates = point.values(unit)
            edge = look.line if line.is_tcp else PAPER
            axes.plot(
                [point.payload + beside] * len(rates),
                rates,
                look.marker,
                ms=5.5,
                mfc=face,
                mec=edge,
                mew=1,
                clip_on=False,
            )


def _apart(sizes: set[int], least: float) -> list[int]:
    """The sizes that can be labelled without overlap; of two that are too near the larger."""
    labelled: list[int] = []
    for size in sorted(sizes, reverse=True):
        if not labelled or labelled[-1] - size >= least:
            labelled.append(size)
    return labelled[::-1]


# ------------------------------------------------------------------------------------------------------------- axes


def _linear(axes: Axes, largest: float, unit: Unit) -> None:
    """A horizontal axis from zero."""
    axes.set_xlim(0, largest * 1.04 or 1)
    factor = _factor(largest, unit)
    axes.xaxis.set_major_locator(_Steps(factor))
    axes.xaxis.set_major_formatter(_named(factor, unit))


class _Steps(MaxNLocator):
    """Ticks at round numbers of a scaled unit, of MiB instead of bytes."""

    def __init__(self, factor: float) -> None:
        super().__init__(nbins=4, steps=[1, 2, 2.5, 5, 10])
        self._factor = factor

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        return [tick * self._factor for tick in super().tick_values(vmin / self._factor, vmax / self._factor)]


def _factor(largest: float, unit: Unit) -> float:
    """The scale of an axis: the one in which its largest value is shown."""
    return scale(largest, unit)[0]


def _named(factor: float, unit: Unit) -> FuncFormatter:
    name = scale(factor, unit)[1]
    return FuncFormatter(lambda value, _: f"{value / factor:g} {name}" if value else "0")


def _spanned(axes: Axes, values: list[float], unit: Unit) -> None:
    """A horizontal axis for the values, logarithmic if they are far apart."""
    guides(axes, along="x")
    low, high = min(values), max(values)
    if low <= 0 or high / low <= _WIDE:
        _linear(axes, high, unit)
        return
    axes.set_xscale("log")
    axes.set_xlim(low / 1.25, high * 1.25)
    ticks = _decades(*axes.get_xlim())
    axes.set_xticks(ticks, [shown_roughly(tick, unit) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("logarithmic scale", color=MUTED, size=TEXT - 1, labelpad=2)


def _upright(axes: Axes, values: list[float], unit: Unit) -> None:
    """A vertical axis, logarithmic if values are far apart, labelled with its unit and scale."""
    guides(axes, along="y")
    low, high = min(values, default=0.0), max(values, default=0.0)
    if low <= 0 or high / low <= _WIDE:
        axes.set_ylim(0, high * 1.12 or 1)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(_named(_factor(high, unit), unit))
        return
    axes.set_yscale("log")
    axes.set_ylim(low / 1.6, high * 1.6)
    ticks = _decades(*axes.get_ylim())
    axes.set_yticks(ticks, [shown_roughly(tick, unit) for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())


def _decades(low: float, high: float) -> list[float]:
    """Three to six round numbers: powers of ten, or also three times them if these are too few."""
    powers = range(floor(log10(low)) - 1, ceil(log10(high)) + 1)
    found: list[float] = []
    for parts in ((1,), (1, 3), (1, 2, 5)):
        found = [part * 10.0**power for power in powers for part in parts if low <= part * 10.0**power <= high]
        if len(found) >= 3:
            break
    return found

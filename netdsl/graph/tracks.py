"""The routing of tunnel lines: horizontally below the row of their ends, those that overlap on separate tracks; between
rows at an x that no box covers. Labels stand on the tracks, clear of crossing lines if there is room."""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from netdsl.dataclass import dataclass

_MARGIN = 8.0
_LONG_PITCH, _SHORT_PITCH = 27.0, 40.0
_OVERLAP = 12.0  # pixels of a label that lie on its run at least
_FEW = 4  # tunnels in one channel up to which a label may have two lines


@dataclass(frozen=True, slots=True)
class Run:
    """The horizontal piece of the tunnel `key` in the channel below a row. `long`, `short`: the label's size in one
    line and in two; None if the label is at another piece."""

    key: int
    left: float
    right: float
    long: tuple[float, float] | None = None
    short: tuple[float, float] | None = None

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True, slots=True)
class Laid:
    """A run on its track. `y`: from the channel's top; `label`: left, width, height; `is_long`: the label has one
    line."""

    run: Run
    y: float
    label: tuple[float, float, float] | None
    is_long: bool


@dataclass(frozen=True, slots=True)
class Channel:
    laid: tuple[Laid, ...]
    height: float


def channel(runs: Sequence[Run], crossing: Iterable[float]) -> Channel:
    """The tracks of a channel, short runs nearer to the boxes. `crossing`: the x of lines that cross the whole
    channel."""
    if not runs:
        return Channel((), 0.0)
    is_many = len(runs) > _FEW
    sizes = {run.key: _label_of(run, is_many) for run in runs}
    pitch = _LONG_PITCH if all(is_long for _, is_long in sizes.values()) else _SHORT_PITCH
    spans = {run.key: _span(run, sizes[run.key][0]) for run in runs}
    track: dict[int, int] = {}
    tracks: list[list[tuple[float, float]]] = []
    for run in sorted(runs, key=lambda run: (run.right - run.left, run.left, run.key)):
        left, right = spans[run.key]
        free = (n for n, occupied in enumerate(tracks) if all(right < a or b < left for a, b in occupied))
        lowest = max((track[o.key] + 1 for o in runs if o.key in track and _contains(run, o)), default=0)
        at = next((n for n in free if n >= lowest), len(tracks))
        if at == len(tracks):
            tracks.append([])
        tracks[at].append((left, right))
        track[run.key] = at
    lines = tuple(crossing)
    laid = []
    for run in runs:
        size, is_long = sizes[run.key]
        at = track[run.key]
        legs = [x for o in runs if track[o.key] >= at and o is not run for x in (o.left, o.right)]
        label = None if size is None else (_label_left(run, size[0], spans[run.key], (*lines, *legs)), *size)
        laid.append(Laid(run, pitch * (at + 0.5) + 4, label, is_long))
    return Channel(tuple(laid), pitch * len(tracks) + 6)


def _label_of(run: Run, is_many: bool) -> tuple[tuple[float, float] | None, bool]:
    if run.long is None or run.short is None:
        return None, True
    is_long = is_many or run.long[0] <= run.right - run.left - 2 * _MARGIN
    return (run.long if is_long else run.short), is_long


def _span(run: Run, size: tuple[float, float] | None) -> tuple[float, float]:
    """The interval that a run occupies with its label; a label longer than its run may overhang one end."""
    wide, length = 0.0 if size is None else size[0], run.right - run.left
    reach = 0.0 if wide <= length else wide - _OVERLAP if wide > 2 * length else (wide - length) / 2
    return run.left - reach - _MARGIN, run.right + reach + _MARGIN


def _contains(run: Run, other: Run) -> bool:
    return run.left <= other.left and other.right <= run.right


def _label_left(run: Run, wide: float, span: tuple[float, float], lines: Iterable[float]) -> float:
    """The left of a label: the free position nearest to the middle of its run; the middle if none is free."""
    wanted = run.middle - wide / 2
    low, high = span[0] + _MARGIN, span[1] - _MARGIN - wide
    edges = [low - 4, *sorted(x for x in lines if span[0] < x < span[1]), high + wide + 4]
    best: float | None = None
    for before, after in itertools.pairwise(edges):
        if after - before < wide + 8:
            continue
        left = min(max(wanted, before + 4), after - 4 - wide)
        touches = left < run.right and left + wide > run.left
        if touches and (best is None or abs(left - wanted) < abs(best - wanted)):
            best = left
    return wanted if best is None else best


def corridor(one: float, other: float, walls: Iterable[tuple[float, float]], occupied: Iterable[float]) -> float:
    """The x of a vertical piece between `one` and `other` that no wall and no other tunnel occupies, with the least
    detour."""
    covered = _joined([(left - 10, right + 10) for left, right in walls] + [(x - 9, x + 9) for x in occupied])
    starts = [left for left, _ in covered]
    candidates = [x for x in (one, other, (one + other) / 2) if not _is_covered(x, covered, starts)]
    free = itertools.chain(candidates, *covered)
    return min(free, key=lambda x: (abs(x - one) + abs(x - other), x))


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Open intervals as disjoint ones, ascending: what lies between two of them, and their ends, is in none."""
    found: list[tuple[float, float]] = []
    for left, right in sorted(spans):
        if found and left < found[-1][1]:
            if right > found[-1][1]:
                found[-1] = (found[-1][0], right)
        else:
            found.append((left, right))
    return found


def _is_covered(x: float, covered: Sequence[tuple[float, float]], starts: Sequence[float]) -> bool:
    at = bisect_left(starts, x)
    return at > 0 and x < covered[at - 1][1]

"""Where tunnels run: below the row of their ends, each on a track of its own where others run beside it, and between
rows on a way that no box stands in. Labels stand on tracks, off the lines that cross them where there is room."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MARGIN = 8.0
_LONG_PITCH, _SHORT_PITCH = 27.0, 40.0
_HOLD = 12.0  # of a label stands on its run at the least
_FEW = 4  # tunnels in one channel whose names may stand over their ranges


@dataclass(frozen=True, slots=True)
class Run:
    """A tunnel's piece in the channel below a row: `key` says which. `long`, `short`: the label's size in one line or two;
    None where it stands elsewhere."""

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
    """A run on its track: `y` from the channel's top; `label`: left, width, height; `is_long`: in one line."""

    run: Run
    y: float
    label: tuple[float, float, float] | None
    is_long: bool


@dataclass(frozen=True, slots=True)
class Channel:
    laid: tuple[Laid, ...]
    height: float


def channel(runs: Sequence[Run], crossing: Iterable[float]) -> Channel:
    """Short runs lie near the boxes, longer ones below them. `crossing`: where other lines cross the whole channel."""
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
        free = (n for n, taken in enumerate(tracks) if all(right < a or b < left for a, b in taken))
        lowest = max((track[o.key] + 1 for o in runs if o.key in track and _holds(run, o)), default=0)
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
        label = None if size is None else (_place(run, size[0], spans[run.key], (*lines, *legs)), *size)
        laid.append(Laid(run, pitch * (at + 0.5) + 4, label, is_long))
    return Channel(tuple(laid), pitch * len(tracks) + 6)


def _label_of(run: Run, is_many: bool) -> tuple[tuple[float, float] | None, bool]:
    if run.long is None or run.short is None:
        return None, True
    is_long = is_many or run.long[0] <= run.right - run.left - 2 * _MARGIN
    return (run.long if is_long else run.short), is_long


def _span(run: Run, size: tuple[float, float] | None) -> tuple[float, float]:
    """What a run keeps free: a label that is longer than it may hang on one of its ends."""
    wide, length = 0.0 if size is None else size[0], run.right - run.left
    reach = 0.0 if wide <= length else wide - _HOLD if wide > 2 * length else (wide - length) / 2
    return run.left - reach - _MARGIN, run.right + reach + _MARGIN


def _holds(run: Run, other: Run) -> bool:
    return run.left <= other.left and other.right <= run.right


def _place(run: Run, wide: float, span: tuple[float, float], lines: Iterable[float]) -> float:
    """The left of a label: the free place nearest to the middle of its run; the middle where there is none."""
    wish = run.middle - wide / 2
    low, high = span[0] + _MARGIN, span[1] - _MARGIN - wide
    edges = [low - 4, *sorted(x for x in lines if span[0] < x < span[1]), high + wide + 4]
    best: float | None = None
    for before, after in itertools.pairwise(edges):
        if after - before < wide + 8:
            continue
        left = min(max(wish, before + 4), after - 4 - wide)
        touches = left < run.right and left + wide > run.left
        if touches and (best is None or abs(left - wish) < abs(best - wish)):
            best = left
    return wish if best is None else best


def corridor(one: float, other: float, walls: Iterable[tuple[float, float]], taken: Iterable[float]) -> float:
    """An x between two others, or beside them, that no wall covers and no tunnel has taken: the least way round."""
    covered = sorted([(left - 10, right + 10) for left, right in walls] + [(x - 9, x + 9) for x in taken])
    candidates = {one, other, (one + other) / 2, *(x for wall in covered for x in wall)}
    free = [x for x in candidates if not any(left < x < right for left, right in covered)]
    return min(free, key=lambda x: (abs(x - one) + abs(x - other), x))

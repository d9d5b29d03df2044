"""Where in its row each thing stands: as near as the others let it to what it is joined with.

For one row that is a regression with an order to keep, which pooling of neighbours solves exactly (Ayer et al. 1955); rows
take turns. Linear in the vertices for each of a fixed number of turns.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_TURNS = 12
_CENTRE, _TALL = 0.04, 8  # how strongly the middle draws in pictures of more rows: they would drift away to one side

Pull = tuple[int, float, float]  # towards which vertex, how far beside it, how strongly


@dataclass(frozen=True, slots=True)
class Tie:
    """A line between two vertices, and where on each (from its middle) it begins. `pull`: how strongly it draws, beside the
    share that one of many lines has."""

    upper: int
    upper_at: float
    lower: int
    lower_at: float
    pull: float = 1.0


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a thing would like to stand, how strongly, and how far to its right the next one begins at the least."""

    wish: float
    weight: float
    pitch: float


def settled(slots: Sequence[Slot]) -> list[float]:
    """The places with the least squared distance to the wishes that keep order and pitch."""
    offset, offsets = 0.0, []
    for slot in slots:
        offsets.append(offset)
        offset += slot.pitch
    pools: list[tuple[float, float, int]] = []  # sum of weighted wishes, weight, how many
    for slot, shift in zip(slots, offsets, strict=True):
        total, weight, count = (slot.wish - shift) * slot.weight, slot.weight, 1
        while pools and pools[-1][0] / pools[-1][1] > total / weight:
            before = pools.pop()
            total, weight, count = total + before[0], weight + before[1], count + before[2]
        pools.append((total, weight, count))
    places = [total / weight for total, weight, count in pools for _ in range(count)]
    return [place + shift for place, shift in zip(places, offsets, strict=True)]


def middles(
    rows: Sequence[Sequence[int]], widths: Mapping[int, float], gaps: Mapping[int, float], ties: Sequence[Tie]
) -> dict[int, float]:
    """The middle of each vertex. `gaps`: how much room is left behind each vertex."""
    place: dict[int, float] = {}
    for row in rows:
        x = 0.0
        for vertex in row:
            place[vertex] = x + widths[vertex] / 2
            x += widths[vertex] + gaps[vertex]
        for vertex in row:
            place[vertex] -= x / 2
    up, down = _pulls(place, ties)
    centre = _CENTRE if len(rows) > _TALL else 0.0
    both = {vertex: up[vertex] + down[vertex] for vertex in place}
    for turn in range(_TURNS):
        last = turn >= _TURNS - 4
        for pulls, order in ((up, rows), (down, rows[::-1])):
            for row in order:
                _settle(row, place, widths, gaps, both if last else pulls, centre)
    return place


def _pulls(vertices: Iterable[int], ties: Sequence[Tie]) -> tuple[dict[int, list[Pull]], dict[int, list[Pull]]]:
    """What draws each vertex upwards and downwards. What has many lines on one side stands in their middle, and draws
    each of them only a little."""
    below, above = Counter(tie.upper for tie in ties), Counter(tie.lower for tie in ties)
    up: dict[int, list[Pull]] = {vertex: [] for vertex in vertices}
    down: dict[int, list[Pull]] = {vertex: [] for vertex in up}
    for tie in ties:
        shift = tie.lower_at - tie.upper_at
        down[tie.upper].append((tie.lower, shift, tie.pull / above[tie.lower] ** 2))
        up[tie.lower].append((tie.upper, -shift, tie.pull / below[tie.upper] ** 2))
    return up, down


def _settle(
    row: Sequence[int],
    place: dict[int, float],
    widths: Mapping[int, float],
    gaps: Mapping[int, float],
    pulls: Mapping[int, list[Pull]],
    centre: float,
) -> None:
    slots = []
    for at, vertex in enumerate(row):
        weight = sum(pull for _, _, pull in pulls[vertex])
        drawn = sum((place[other] + shift) * pull for other, shift, pull in pulls[vertex])
        wish = drawn / (weight + centre) if weight else place[vertex]
        after = row[at + 1] if at + 1 < len(row) else vertex
        pitch = (widths[vertex] + widths[after]) / 2 + gaps[vertex]
        slots.append(Slot(wish, max(weight, 0.01), pitch))
    for vertex, x in zip(row, settled(slots), strict=True):
        place[vertex] = x

"""Horizontal positions: each vertex as near to its neighbours in other rows as its own row allows.

For one row this is isotonic regression, which pool-adjacent-violators solves exactly (Ayer et al. 1955); the rows are
solved in turn. Linear in the vertices for each of a fixed number of turns.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from netdsl.dataclass import dataclass

_TURNS = 12
_CENTRE, _TALL = (
    0.04,
    8,
)  # pull towards the middle in components of more than `_TALL` rows, which would drift to one side

Pull = tuple[int, float, float]  # the vertex that attracts, the offset from its middle, the weight


@dataclass(frozen=True, slots=True)
class Tie:
    """A line between two vertices with its offset from the middle of each. `pull`: a factor of its weight."""

    upper: int
    upper_at: float
    lower: int
    lower_at: float
    pull: float = 1.0


@dataclass(frozen=True, slots=True)
class Slot:
    """The wanted position of a vertex, its weight, and the least distance to the position of the next one."""

    wanted: float
    weight: float
    pitch: float


def settled(slots: Sequence[Slot]) -> list[float]:
    """The positions with the least weighted squared distance to the wanted ones that keep order and pitch."""
    offset, offsets = 0.0, []
    for slot in slots:
        offsets.append(offset)
        offset += slot.pitch
    pools: list[tuple[float, float, int]] = []  # sum of weighted positions, weight, number of slots
    for slot, shift in zip(slots, offsets, strict=True):
        total, weight, count = (slot.wanted - shift) * slot.weight, slot.weight, 1
        while pools and pools[-1][0] / pools[-1][1] > total / weight:
            before = pools.pop()
            total, weight, count = total + before[0], weight + before[1], count + before[2]
        pools.append((total, weight, count))
    positions = [total / weight for total, weight, count in pools for _ in range(count)]
    return [position + shift for position, shift in zip(positions, offsets, strict=True)]


def middles(
    rows: Sequence[Sequence[int]], widths: Mapping[int, float], gaps: Mapping[int, float], ties: Sequence[Tie]
) -> dict[int, float]:
    """The x of the middle of each vertex. `gaps`: the room to leave behind each vertex."""
    position: dict[int, float] = {}
    for row in rows:
        x = 0.0
        for vertex in row:
            position[vertex] = x + widths[vertex] / 2
            x += widths[vertex] + gaps[vertex]
        for vertex in row:
            position[vertex] -= x / 2
    up, down = _pulls(position, ties)
    centre = _CENTRE if len(rows) > _TALL else 0.0
    both = {vertex: up[vertex] + down[vertex] for vertex in position}
    for turn in range(_TURNS):
        last = turn >= _TURNS - 4
        for pulls, order in ((up, rows), (down, rows[::-1])):
            for row in order:
                _settle(row, position, widths, gaps, both if last else pulls, centre)
    return position


def _pulls(vertices: Iterable[int], ties: Sequence[Tie]) -> tuple[dict[int, list[Pull]], dict[int, list[Pull]]]:
    """The pulls on each vertex from the row above and from the row below. The weight of a line falls with the square of
    the number of lines on that side of the vertex that attracts: a hub is drawn to the middle of its lines."""
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
    position: dict[int, float],
    widths: Mapping[int, float],
    gaps: Mapping[int, float],
    pulls: Mapping[int, list[Pull]],
    centre: float,
) -> None:
    slots = []
    for at, vertex in enumerate(row):
        weight = sum(pull for _, _, pull in pulls[vertex])
        weighted = sum((position[other] + shift) * pull for other, shift, pull in pulls[vertex])
        wanted = weighted / (weight + centre) if weight else position[vertex]
        after = row[at + 1] if at + 1 < len(row) else vertex
        pitch = (widths[vertex] + widths[after]) / 2 + gaps[vertex]
        slots.append(Slot(wanted, max(weight, 0.01), pitch))
    for vertex, x in zip(row, settled(slots), strict=True):
        position[vertex] = x

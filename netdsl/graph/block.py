"""One connected part of a picture, from its own corner."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from netdsl.graph.arrange import Block, Line, Web
from netdsl.graph.drawing import Box, Curve, Panel, Point, Rect, Side, Wire
from netdsl.graph.model import Graph
from netdsl.graph.rows import Slot, Tie, middles, settled
from netdsl.graph.shapes import BoxShape, PanelShape, box_shape, moved_box, moved_panel, panel_shape
from netdsl.graph.sizes import label_size
from netdsl.graph.tracks import Channel, Run, channel, corridor

_BOX_GAP, _PANEL_GAP = 36.0, 28.0
_BEND, _STEEP, _MOST_BEND = 38.0, 0.13, 110.0  # height of the curves between rows, and what a far way adds to it
_FEW_NAMES = 6  # of tunnels, for which room is made between neighbours of a part
_CHAIN = 2.0
_INSET, _PITCH = 14.0, 13.0  # of lines at a network's edge


@dataclass(frozen=True, slots=True)
class Placed:
    width: float
    height: float
    panels: tuple[Panel, ...]
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    curves: tuple[Curve, ...]


@dataclass(slots=True)
class _Plan:
    """What is known of a part while it is placed: `x` are lefts, `y` tops of vertices."""

    graph: Graph
    web: Web
    rows: tuple[tuple[int, ...], ...]
    row: dict[int, int]
    lines: tuple[Line, ...]
    boxes: dict[int, BoxShape] = field(default_factory=dict)
    panels: dict[int, PanelShape] = field(default_factory=dict)
    x: dict[int, float] = field(default_factory=dict)
    y: dict[int, float] = field(default_factory=dict)
    start: dict[Line, float] = field(default_factory=dict)
    end: dict[Line, float] = field(default_factory=dict)

    def shape(self, vertex: int) -> BoxShape | PanelShape:
        return self.boxes.get(vertex) or self.panels[vertex]

    def room(self, vertex: int) -> float:
        return self.boxes[vertex].room if vertex in self.boxes else self.panels[vertex].width

    def bottom(self, vertex: int) -> float:
        return self.y[vertex] + self.shape(vertex).height

    def port(self, line: Line) -> float:
        return self.x[line.device] + self.boxes[line.device].ports[line.port][0]

    def leg(self, joint: int, vertex: int) -> float:
        return self.x[vertex] + next(leg.x for leg in self.boxes[vertex].legs if leg.joint == joint)

    def joints(self) -> Iterator[int]:
        for joint, (one, other) in enumerate(self.web.bonds):
            if one in self.row and other in self.row:
                yield joint


def place(graph: Graph, web: Web, block: Block, columns: int) -> Placed:
    """Networks with at most so many `columns` of nodes in them."""
    row = {vertex: number for number, vertices in enumerate(block.rows) for vertex in vertices}
    plan = _Plan(graph, web, block.rows, row, tuple(line for line in web.lines if line.device in row))
    _shape(plan, columns)
    _across(plan)
    _join(plan)
    bends = _bends(plan)
    runs, corridors = _runs(plan)
    crossing = _crossing(plan, corridors)
    channels = [channel(found, crossing[number]) for number, found in enumerate(runs)]
    tops = _down(plan, channels, bends)
    wires = tuple(_wires(plan, channels, tops, bends))
    curves = tuple(_curves(plan, channels, tops, corridors))
    return _whole(plan, wires, curves)


# --- shapes and columns


def _shape(plan: _Plan, columns: int) -> None:
    encrypted = frozenset(plan.graph.carried())
    order = {vertex: at for vertices in plan.rows for at, vertex in enumerate(vertices)}
    of_device: dict[int, list[Line]] = {}
    for line in plan.lines:
        of_device.setdefault(line.device, []).append(line)
    sides = _sides(plan, order)
    for vertex in plan.row:
        place = plan.web.vertices[vertex].device
        if place is None:
            plan.panels[vertex] = panel_shape(plan.graph, plan.web, vertex, columns, encrypted)
            continue
        lines = sorted(of_device.get(vertex, ()), key=lambda line: order[line.segment])
        above = tuple(line.port for line in lines if plan.row[line.segment] < plan.row[vertex])
        below = tuple(line.port for line in lines if plan.row[line.segment] > plan.row[vertex])
        left, right = sides.get(vertex, ((), ()))
        plan.boxes[vertex] = box_shape(plan.graph.devices[place], above, below, left, right)


def _sides(plan: _Plan, order: dict[int, int]) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
    """For each box the tunnels that leave it to the left and to the right, so that they lie within each other."""
    found: dict[int, tuple[list[tuple[float, int]], list[tuple[float, int]]]] = {}
    for joint in plan.joints():
        one, other = plan.web.bonds[joint]
        far = _share(plan, order, other) - _share(plan, order, one)
        if far == 0:
            far = 0.001
        for vertex, way in ((one, far), (other, -far)):
            left, right = found.setdefault(vertex, ([], []))
            (right if way > 0 else left).append((-abs(way) if way > 0 else abs(way), joint))
    return {
        vertex: (tuple(joint for _, joint in sorted(left)), tuple(joint for _, joint in sorted(right)))
        for vertex, (left, right) in found.items()
    }


def _share(plan: _Plan, order: dict[int, int], vertex: int) -> float:
    """How far to the right in its row."""
    return (order[vertex] + 0.5) / len(plan.rows[plan.row[vertex]])


def _across(plan: _Plan) -> None:
    widths = {vertex: plan.room(vertex) for vertex in plan.row}
    gaps = {vertex: _BOX_GAP if vertex in plan.boxes else _PANEL_GAP for vertex in plan.row} | _names_between(plan)
    ties = []
    for line in plan.lines:
        at = plan.boxes[line.device].ports[line.port][0] - widths[line.device] / 2
        if plan.row[line.device] < plan.row[line.segment]:
            ties.append(Tie(line.device, at, line.segment, 0.0))
        else:
            ties.append(Tie(line.segment, 0.0, line.device, at))
    centres = middles(plan.rows, widths, gaps, (*ties, *_chains(plan)))
    plan.x = {vertex: centres[vertex] - widths[vertex] / 2 for vertex in plan.row}
    _stretch(plan)


def _chains(plan: _Plan) -> Iterator[Tie]:
    """Two nodes on a link stand over one another, or a row of them would lead away to one side."""
    ends: dict[int, list[Line]] = {}
    for line in plan.lines:
        place = plan.web.vertices[line.segment].segment
        if place is not None and plan.graph.segments[place].is_link:
            ends.setdefault(line.segment, []).append(line)
    for lines in ends.values():
        lines.sort(key=lambda line: plan.row[line.device])
        upper, lower = lines[0], lines[-1]
        if plan.row[upper.device] < plan.row[lower.device]:
            yield Tie(upper.device, 0.0, lower.device, 0.0, _CHAIN)


def _names_between(plan: _Plan) -> dict[int, float]:
    """Where few tunnels join neighbours, their names find room between them."""
    joints = list(plan.joints())
    found: dict[int, float] = {}
    after = {one: other for row in plan.rows for one, other in itertools.pairwise(row)}
    for joint in joints:
        one, other = plan.web.bonds[joint]
        left = one if after.get(one) == other else other if after.get(other) == one else None
        if left is not None:
            wide = label_size(plan.graph.joints[joint], is_long=False)[0]
            found[left] = max(found.get(left, _BOX_GAP), wide + 12)
    return found if len(found) <= _FEW_NAMES else {}


def _stretch(plan: _Plan) -> None:
    """A network that several lines meet from one side gets as wide as they are apart, if its neighbours let it."""
    reach: dict[tuple[int, bool], list[float]] = {}
    for line in plan.lines:
        reach.setdefault((line.segment, plan.row[line.device] < plan.row[line.segment]), []).append(plan.port(line))
    for (vertex, _), ports in reach.items():
        if len(ports) < 2:
            continue
        row = plan.rows[plan.row[vertex]]
        at = row.index(vertex)
        left, right = plan.x[vertex], plan.x[vertex] + plan.room(vertex)
        low = plan.x[row[at - 1]] + plan.room(row[at - 1]) + _PANEL_GAP if at else min(ports) - _INSET
        high = plan.x[row[at + 1]] - _PANEL_GAP if at + 1 < len(row) else max(ports) + _INSET
        left, right = min(left, max(low, min(ports) - _INSET)), max(right, min(high, max(ports) + _INSET))
        plan.x[vertex] = left
        plan.panels[vertex] = replace(plan.panels[vertex], width=right - left)


# --- lines


def _join(plan: _Plan) -> None:
    """Where each line begins and meets its network's edge: straight down where it can be, else at the near end, none upon
    another."""
    by_edge: dict[tuple[int, bool], list[Line]] = {}
    for line in plan.lines:
        by_edge.setdefault((line.segment, plan.row[line.device] < plan.row[line.segment]), []).append(line)
    for (segment, _), lines in by_edge.items():
        left, right = plan.x[segment] + _INSET, plan.x[segment] + plan.room(segment) - _INSET
        slots = []
        for line in lines:
            cell = plan.boxes[line.device].cells[line.port].rect
            low = max(plan.x[line.device] + cell.x + _INSET, left)
            high = min(plan.x[line.device] + cell.right - _INSET, right)
            is_straight = low <= high
            x = plan.port(line)
            plan.start[line] = min(max(x, low), high) if is_straight else x
            slots.append((min(max(plan.start[line], left), right), 100.0 if is_straight else 1.0, line))
        slots.sort(key=lambda slot: (slot[0], plan.start[slot[2]], slot[2].port))
        pitch = min(_PITCH, (right - left) / max(len(lines) - 1, 1))
        places = settled([Slot(x, weight, pitch) for x, weight, _ in slots])
        shift = min(0.0, right - places[-1]) if places[0] >= left else left - places[0]
        plan.end.update((line, min(max(x + shift, left), right)) for (_, _, line), x in zip(slots, places, strict=True))


def _bends(plan: _Plan) -> list[float]:
    """The height of the curves below each row."""
    found = [_BEND] * (len(plan.rows) - 1)
    for line in plan.lines:
        upper = min(plan.row[line.device], plan.row[line.segment])
        far = abs(plan.start[line] - plan.end[line])
        found[upper] = max(found[upper], min(_BEND + _STEEP * far, _MOST_BEND))
    return [*found, 0.0]


def _wires(plan: _Plan, channels: Sequence[Channel], tops: list[float], bends: list[float]) -> Iterator[Wire]:
    for line in plan.lines:
        place = plan.web.vertices[line.device].device
        assert place is not None, "a line begins at a device"
        device = plan.graph.devices[place]
        x, row = plan.start[line], plan.row[line.device]
        if plan.boxes[line.device].ports[line.port][1] is Side.BOTTOM:
            start, bend = plan.bottom(line.device), tops[row] + channels[row].height
            turn, end = bend + bends[row], plan.y[line.segment]
        else:
            start = plan.y[line.device]
            bend = tops[row - 1] + channels[row - 1].height + bends[row - 1]
            turn, end = bend - bends[row - 1], plan.bottom(line.segment)
        points = ((x, start), (x, bend), (plan.end[line], turn), (plan.end[line], end))
        yield Wire(device, device.ports[line.port], *points)


# --- tunnels


def _runs(plan: _Plan) -> tuple[list[list[Run]], dict[int, float]]:
    """The pieces of tunnels below each row, and for a tunnel between two rows the x that it goes down by."""
    runs: list[list[Run]] = [[] for _ in plan.rows]
    corridors: dict[int, float] = {}
    for joint in plan.joints():
        one, other = sorted(plan.web.bonds[joint], key=lambda vertex: plan.row[vertex])
        here, there = plan.leg(joint, one), plan.leg(joint, other)
        upper, lower = plan.row[one], plan.row[other]
        tunnel = plan.graph.joints[joint]
        sizes = label_size(tunnel, is_long=True), label_size(tunnel, is_long=False)
        if upper == lower:
            runs[upper].append(Run(joint, min(here, there), max(here, there), *sizes))
            continue
        walls = [
            (plan.x[vertex], plan.x[vertex] + plan.room(vertex))
            for number in range(upper + 1, lower + 1)
            for vertex in plan.rows[number]
        ]
        x = corridors[joint] = corridor(here, there, walls, corridors.values())
        is_first = abs(here - x) >= abs(there - x)
        runs[upper].append(Run(joint, min(here, x), max(here, x), *(sizes if is_first else ())))
        runs[lower].append(Run(joint, min(there, x), max(there, x), *(() if is_first else sizes)))
    return runs, corridors


def _crossing(plan: _Plan, corridors: dict[int, float]) -> list[list[float]]:
    """What goes straight through the channel below each row."""
    found: list[list[float]] = [[] for _ in plan.rows]
    for line in plan.lines:
        if plan.boxes[line.device].ports[line.port][1] is Side.BOTTOM:
            found[plan.row[line.device]].append(plan.start[line])
    for joint, x in corridors.items():
        rows = sorted(plan.row[vertex] for vertex in plan.web.bonds[joint])
        for number in range(rows[0], rows[1] + 1):
            found[number].append(x)
    return found


def _curves(
    plan: _Plan, channels: Sequence[Channel], tops: list[float], corridors: dict[int, float]
) -> Iterator[Curve]:
    laid = {(number, each.run.key): each for number, found in enumerate(channels) for each in found.laid}
    for joint in plan.joints():
        one, other = sorted(plan.web.bonds[joint], key=lambda vertex: plan.row[vertex])
        points: list[Point] = [(plan.leg(joint, one), plan.bottom(one))]
        labelled = (plan.row[one], laid[plan.row[one], joint])
        for number in dict.fromkeys((plan.row[one], plan.row[other])):
            each = laid[number, joint]
            y = tops[number] + each.y
            points += [(points[-1][0], y), (corridors.get(joint, plan.leg(joint, other)), y)]
            if each.label is not None:
                labelled = (number, each)
        if joint in corridors:
            points.append((plan.leg(joint, other), points[-1][1]))
        points.append((plan.leg(joint, other), plan.bottom(other)))
        number, each = labelled
        assert each.label is not None, "one of a tunnel's runs has its label"
        left, wide, high = each.label
        label = Rect(left, tops[number] + each.y - high / 2, wide, high)
        tunnel = plan.graph.joints[joint]
        yield Curve(tunnel, tuple(dict.fromkeys(points)), label, each.is_long)


# --- the whole


def _down(plan: _Plan, channels: Sequence[Channel], bends: Sequence[float]) -> list[float]:
    """Set every top; the y where the channel below each row begins. Networks over the root stand on their line's side."""
    y, tops = 0.0, []
    hung = {line.segment for line in plan.lines if plan.row[line.device] < plan.row[line.segment]}
    for number, row in enumerate(plan.rows):
        high = max(plan.shape(vertex).height for vertex in row)
        for vertex in row:
            spare = high - plan.shape(vertex).height
            plan.y[vertex] = y + (spare / 2 if vertex in plan.boxes else 0 if vertex in hung else spare)
        y += high
        tops.append(y)
        y += channels[number].height + bends[number]
    return tops


def _whole(plan: _Plan, wires: tuple[Wire, ...], curves: tuple[Curve, ...]) -> Placed:
    """Moved so that its left is 0."""
    lefts = [plan.x[vertex] for vertex in plan.row]
    rights = [plan.x[vertex] + plan.room(vertex) for vertex in plan.row]
    lefts += [x for curve in curves for x in (curve.label.x, *(point[0] for point in curve.points))]
    rights += [x for curve in curves for x in (curve.label.right, *(point[0] for point in curve.points))]
    bottoms = [plan.bottom(vertex) for vertex in plan.row]
    bottoms += [y for curve in curves for y in (curve.label.bottom, *(point[1] for point in curve.points))]
    left = min(lefts)
    panels, boxes = [], []
    for vertex in plan.row:
        place = plan.web.vertices[vertex]
        if place.segment is not None:
            segment = plan.graph.segments[place.segment]
            panels.append(moved_panel(segment, plan.panels[vertex], plan.x[vertex] - left, plan.y[vertex]))
        elif place.device is not None:
            device = plan.graph.devices[place.device]
            boxes.append(moved_box(device, plan.boxes[vertex], plan.x[vertex] - left, plan.y[vertex]))
    return Placed(
        max(rights) - left,
        max(bottoms),
        tuple(panels),
        tuple(boxes),
        tuple(Wire(w.device, w.port, *((x - left, y) for x, y in (w.start, w.bend, w.turn, w.end))) for w in wires),
        tuple(
            Curve(
                c.joint,
                tuple((x - left, y) for x, y in c.points),
                Rect(c.label.x - left, c.label.y, c.label.width, c.label.height),
                c.is_long,
            )
            for c in curves
        ),
    )

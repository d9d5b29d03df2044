"""One connected component, laid out from its own corner: heights, lines and tunnels."""

from collections.abc import Iterator, Sequence

from netdsl.dataclass import dataclass
from netdsl.graph.arrange import Block, Line, Web
from netdsl.graph.drawing import Box, Curve, Panel, Place, Point, Rect, Side, Wire
from netdsl.graph.model import Graph
from netdsl.graph.plan import INSET, Plan, planned
from netdsl.graph.rows import Slot, settled
from netdsl.graph.sizes import label_size
from netdsl.graph.tracks import Channel, Run, channel, corridor

_BEND, _STEEP, _MOST_BEND = (
    38.0,
    0.13,
    110.0,
)  # pixels: height of the curves between rows, its growth by horizontal distance, its limit
_PITCH = 13.0  # pixels between lines at a network's edge


@dataclass(frozen=True, slots=True)
class Placed:
    width: float
    height: float
    panels: tuple[Panel, ...]
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    curves: tuple[Curve, ...]


def placed(graph: Graph, web: Web, block: Block, columns: int) -> Placed:
    """The component, with at most `columns` columns of nodes in each network."""
    plan = planned(graph, web, block, columns)
    _join(plan)
    bends = _bends(plan)
    runs, corridors = _runs(plan)
    crossing = _crossing(plan, corridors)
    channels = [channel(found, crossing[number]) for number, found in enumerate(runs)]
    tops = _down(plan, channels, bends)
    wires = tuple(_wires(plan, channels, tops, bends))
    curves = tuple(_curves(plan, channels, tops, corridors))
    return _whole(plan, wires, curves)


# --- lines


def _join(plan: Plan) -> None:
    """Set where each line begins and where it meets its network's edge: vertical where possible, else at the nearer
    end, no two at one point."""
    by_edge: dict[tuple[int, bool], list[Line]] = {}
    for line in plan.lines:
        by_edge.setdefault((line.segment, plan.row[line.device] < plan.row[line.segment]), []).append(line)
    for (segment, _), lines in by_edge.items():
        left, right = plan.x[segment] + INSET, plan.x[segment] + plan.room(segment) - INSET
        slots = []
        for line in lines:
            cell = plan.boxes[line.device].cells[line.port].rect
            low = max(plan.x[line.device] + cell.x + INSET, left)
            high = min(plan.x[line.device] + cell.right - INSET, right)
            is_straight = low <= high
            x = plan.port(line)
            plan.start[line] = min(max(x, low), high) if is_straight else x
            slots.append((min(max(plan.start[line], left), right), 100.0 if is_straight else 1.0, line))
        slots.sort(key=lambda slot: (slot[0], plan.start[slot[2]], slot[2].port))
        pitch = min(_PITCH, (right - left) / max(len(lines) - 1, 1))
        ends = settled([Slot(x, weight, pitch) for x, weight, _ in slots])
        shift = min(0.0, right - ends[-1]) if ends[0] >= left else left - ends[0]
        plan.end.update((line, min(max(x + shift, left), right)) for (_, _, line), x in zip(slots, ends, strict=True))


def _bends(plan: Plan) -> list[float]:
    """The height of the curves below each row."""
    found = [_BEND] * (len(plan.rows) - 1)
    for line in plan.lines:
        upper = min(plan.row[line.device], plan.row[line.segment])
        distance = abs(plan.start[line] - plan.end[line])
        found[upper] = max(found[upper], min(_BEND + _STEEP * distance, _MOST_BEND))
    return [*found, 0.0]


def _wires(plan: Plan, channels: Sequence[Channel], tops: list[float], bends: list[float]) -> Iterator[Wire]:
    for line in plan.lines:
        index = plan.web.vertices[line.device].device
        assert index is not None, "a line begins at a device"
        device = plan.graph.devices[index]
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


def _runs(plan: Plan) -> tuple[list[list[Run]], dict[int, float]]:
    """The horizontal pieces of tunnels below each row, and for each tunnel between two rows the x of its vertical
    piece."""
    runs: list[list[Run]] = [[] for _ in plan.rows]
    corridors: dict[int, float] = {}
    walls_of: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for joint in plan.joints():
        one, other = sorted(plan.web.bonds[joint], key=lambda vertex: plan.row[vertex])
        x_one, x_other = plan.leg(joint, one), plan.leg(joint, other)
        upper, lower = plan.row[one], plan.row[other]
        tunnel = plan.graph.joints[joint]
        sizes = label_size(tunnel, is_long=True), label_size(tunnel, is_long=False)
        if upper == lower:
            runs[upper].append(Run(joint, min(x_one, x_other), max(x_one, x_other), *sizes))
            continue
        if (upper, lower) not in walls_of:
            walls_of[upper, lower] = [
                (plan.x[vertex], plan.x[vertex] + plan.room(vertex))
                for number in range(upper + 1, lower + 1)
                for vertex in plan.rows[number]
            ]
        walls = walls_of[upper, lower]
        x = corridors[joint] = corridor(x_one, x_other, walls, corridors.values())
        is_first = abs(x_one - x) >= abs(x_other - x)
        runs[upper].append(Run(joint, min(x_one, x), max(x_one, x), *(sizes if is_first else ())))
        runs[lower].append(Run(joint, min(x_other, x), max(x_other, x), *(() if is_first else sizes)))
    return runs, corridors


def _crossing(plan: Plan, corridors: dict[int, float]) -> list[list[float]]:
    """The x of each vertical line through the channel below each row."""
    found: list[list[float]] = [[] for _ in plan.rows]
    for line in plan.lines:
        if plan.boxes[line.device].ports[line.port][1] is Side.BOTTOM:
            found[plan.row[line.device]].append(plan.start[line])
    for joint, x in corridors.items():
        rows = sorted(plan.row[vertex] for vertex in plan.web.bonds[joint])
        for number in range(rows[0], rows[1] + 1):
            found[number].append(x)
    return found


def _curves(plan: Plan, channels: Sequence[Channel], tops: list[float], corridors: dict[int, float]) -> Iterator[Curve]:
    laid = {(number, run.run.key): run for number, found in enumerate(channels) for run in found.laid}
    for joint in plan.joints():
        one, other = sorted(plan.web.bonds[joint], key=lambda vertex: plan.row[vertex])
        points: list[Point] = [(plan.leg(joint, one), plan.bottom(one))]
        labelled = (plan.row[one], laid[plan.row[one], joint])
        for number in dict.fromkeys((plan.row[one], plan.row[other])):
            run = laid[number, joint]
            y = tops[number] + run.y
            points += [(points[-1][0], y), (corridors.get(joint, plan.leg(joint, other)), y)]
            if run.label is not None:
                labelled = (number, run)
        if joint in corridors:
            points.append((plan.leg(joint, other), points[-1][1]))
        points.append((plan.leg(joint, other), plan.bottom(other)))
        number, run = labelled
        assert run.label is not None, "one of a tunnel's runs has its label"
        left, wide, high = run.label
        label = Rect(left, tops[number] + run.y - high / 2, wide, high)
        tunnel = plan.graph.joints[joint]
        yield Curve(tunnel, tuple(dict.fromkeys(points)), label, run.is_long)


# --- the whole


def _down(plan: Plan, channels: Sequence[Channel], bends: Sequence[float]) -> list[float]:
    """Set the top of each vertex. Returns the y at which the channel below each row begins. Networks above the root are
    aligned to the side of their lines."""
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


def _whole(plan: Plan, wires: tuple[Wire, ...], curves: tuple[Curve, ...]) -> Placed:
    """The component, moved so that its left edge is at 0."""
    lefts = [plan.x[vertex] for vertex in plan.row]
    rights = [plan.x[vertex] + plan.room(vertex) for vertex in plan.row]
    lefts += [x for curve in curves for x in (curve.label.x, *(point[0] for point in curve.points))]
    rights += [x for curve in curves for x in (curve.label.right, *(point[0] for point in curve.points))]
    bottoms = [plan.bottom(vertex) for vertex in plan.row]
    bottoms += [y for curve in curves for y in (curve.label.bottom, *(point[1] for point in curve.points))]
    left = min(lefts)
    panels, boxes = [], []
    for vertex in plan.row:
        at, here = plan.web.vertices[vertex], _translation(plan.x[vertex] - left, plan.y[vertex])
        if at.segment is not None:
            inside = plan.panels[vertex]
            rect = Rect(0, 0, inside.width, inside.height)
            panels.append(Panel(plan.graph.segments[at.segment], rect, inside.chips).placed(here))
        elif at.device is not None:
            shape = plan.boxes[vertex]
            rect = Rect(0, 0, shape.width, shape.height)
            boxes.append(Box(plan.graph.devices[at.device], rect, shape.cells, shape.centre).placed(here))
    shifted = _translation(-left, 0)
    return Placed(
        max(rights) - left,
        max(bottoms),
        tuple(panels),
        tuple(boxes),
        tuple(wire.placed(shifted) for wire in wires),
        tuple(curve.placed(shifted) for curve in curves),
    )


def _translation(x: float, y: float) -> Place:
    return lambda point: (point[0] + x, point[1] + y)

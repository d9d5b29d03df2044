"""One connected component while it is laid out: the shapes of its vertices and their horizontal positions."""

import itertools
from collections.abc import Iterator
from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.graph.arrange import Block, Line, Web
from netdsl.graph.model import Graph
from netdsl.graph.rows import Tie, middles
from netdsl.graph.shapes import BoxShape, PanelShape, box_shape, panel_shape
from netdsl.graph.sizes import label_size

INSET = 14.0  # pixels that stay free of lines at both ends of a network's edge
_BOX_GAP, _PANEL_GAP = 36.0, 28.0
_FEW_NAMES = 6  # up to so many tunnel names get room between the neighbours that the tunnel joins
_CHAIN = 2.0  # pull between the two nodes of a link  # pull between the two nodes of a link


@dataclass(slots=True)
class Plan:
    """`x`, `y`: the left and the top of each vertex; `start`, `end`: the x of each line at its device and its
    segment."""

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


def planned(graph: Graph, web: Web, block: Block, columns: int) -> Plan:
    """The component with shapes and horizontal positions. Networks have at most `columns` columns of nodes."""
    row = {vertex: number for number, vertices in enumerate(block.rows) for vertex in vertices}
    plan = Plan(graph, web, block.rows, row, tuple(line for line in web.lines if line.device in row))
    _shape(plan, columns)
    _across(plan)
    return plan


def _shape(plan: Plan, columns: int) -> None:
    encrypted = frozenset(plan.graph.carried())
    order = {vertex: at for vertices in plan.rows for at, vertex in enumerate(vertices)}
    of_device: dict[int, list[Line]] = {}
    for line in plan.lines:
        of_device.setdefault(line.device, []).append(line)
    sides = _sides(plan, order)
    for vertex in plan.row:
        index = plan.web.vertices[vertex].device
        if index is None:
            plan.panels[vertex] = panel_shape(plan.graph, plan.web, vertex, columns, encrypted)
            continue
        lines = sorted(of_device.get(vertex, ()), key=lambda line: order[line.segment])
        above = tuple(line.port for line in lines if plan.row[line.segment] < plan.row[vertex])
        below = tuple(line.port for line in lines if plan.row[line.segment] > plan.row[vertex])
        left, right = sides.get(vertex, ((), ()))
        plan.boxes[vertex] = box_shape(plan.graph.devices[index], above, below, left, right)


def _sides(plan: Plan, order: dict[int, int]) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
    """For each box the joints that leave it to the left and to the right, ordered so that their lines nest."""
    found: dict[int, tuple[list[tuple[float, int]], list[tuple[float, int]]]] = {}
    for joint in plan.joints():
        one, other = plan.web.bonds[joint]
        distance = (_share(plan, order, other) - _share(plan, order, one)) or 0.001
        for vertex, signed in ((one, distance), (other, -distance)):
            left, right = found.setdefault(vertex, ([], []))
            (right if signed > 0 else left).append((-abs(signed) if signed > 0 else abs(signed), joint))
    return {
        vertex: (tuple(joint for _, joint in sorted(left)), tuple(joint for _, joint in sorted(right)))
        for vertex, (left, right) in found.items()
    }


def _share(plan: Plan, order: dict[int, int], vertex: int) -> float:
    """The position of a vertex in its row, from 0 (left) to 1 (right)."""
    return (order[vertex] + 0.5) / len(plan.rows[plan.row[vertex]])


def _across(plan: Plan) -> None:
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


def _chains(plan: Plan) -> Iterator[Tie]:
    """Ties that keep the two nodes of a link above one another: a chain of links would drift to one side."""
    ends: dict[int, list[Line]] = {}
    for line in plan.lines:
        index = plan.web.vertices[line.segment].segment
        if index is not None and plan.graph.segments[index].is_link:
            ends.setdefault(line.segment, []).append(line)
    for lines in ends.values():
        lines.sort(key=lambda line: plan.row[line.device])
        upper, lower = lines[0], lines[-1]
        if plan.row[upper.device] < plan.row[lower.device]:
            yield Tie(upper.device, 0.0, lower.device, 0.0, _CHAIN)


def _names_between(plan: Plan) -> dict[int, float]:
    """The gap behind a vertex, wide enough for the name of a tunnel to its right neighbour, if there are few such
    names."""
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


def _stretch(plan: Plan) -> None:
    """Widen each network to span the lines that meet it from one side, as far as its neighbours leave room."""
    reach: dict[tuple[int, bool], list[float]] = {}
    for line in plan.lines:
        reach.setdefault((line.segment, plan.row[line.device] < plan.row[line.segment]), []).append(plan.port(line))
    for (vertex, _), ports in reach.items():
        if len(ports) < 2:
            continue
        row = plan.rows[plan.row[vertex]]
        at = row.index(vertex)
        left, right = plan.x[vertex], plan.x[vertex] + plan.room(vertex)
        low = plan.x[row[at - 1]] + plan.room(row[at - 1]) + _PANEL_GAP if at else min(ports) - INSET
        high = plan.x[row[at + 1]] - _PANEL_GAP if at + 1 < len(row) else max(ports) + INSET
        left, right = min(left, max(low, min(ports) - INSET)), max(right, min(high, max(ports) + INSET))
        plan.x[vertex] = left
        plan.panels[vertex] = replace(plan.panels[vertex], width=right - left)

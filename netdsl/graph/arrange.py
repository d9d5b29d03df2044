"""Which thing stands in which row, and in which order: the discrete half of the layout.

A lab is a graph of nodes and networks. One that both belong to has every line between neighbouring rows if rows are
distances from one vertex (the graph has two colours), so no line ever passes a box. igraph finds the components, the centre
of each, and an order in the rows with few crossings.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import igraph

from netdsl.graph.model import Graph
from netdsl.ir.ids import NodeId

_MOST_FOR_CENTRE = 1500  # vertices: every vertex's eccentricity is quadratic
_MOST_FOR_ORDER = 1500
_FEW, _TRIES = 150, 24  # vertices of a part whose order is begun from so many places


@dataclass(frozen=True, slots=True)
class Vertex:
    """The place of a device, or else of a segment, in its graph."""

    device: int | None = None
    segment: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A device's port (its place) and the segment that it is on, as vertices."""

    device: int
    port: int
    segment: int


@dataclass(frozen=True, slots=True)
class Web:
    """What has to be placed: devices that are no leaves, all segments, the lines between them. `leaves`: for each segment's
    vertex the devices within it."""

    vertices: tuple[Vertex, ...]
    lines: tuple[Line, ...]
    leaves: tuple[tuple[int, ...], ...]
    bonds: tuple[tuple[int, int], ...]  # the two vertices of each joint, in the graph's order
    uplinked: frozenset[int]


@dataclass(frozen=True, slots=True)
class Block:
    """A connected part: its rows of vertices, from the top."""

    rows: tuple[tuple[int, ...], ...]


def web_of(graph: Graph) -> Web:
    number = {device.id: place for place, device in enumerate(graph.devices) if not device.is_leaf}
    first = len(number)
    vertices = [Vertex(device=place) for place in number.values()]
    vertices += [Vertex(segment=place) for place in range(len(graph.segments))]
    vertex = {graph.devices[each.device].id: place for place, each in enumerate(vertices) if each.device is not None}
    segment = {each.id: first + place for place, each in enumerate(graph.segments)}
    leaves: list[list[int]] = [[] for _ in vertices]
    lines: list[Line] = []
    for place, device in enumerate(graph.devices):
        if device.is_leaf:
            leaves[segment[device.ports[0].network]].append(place)
            continue
        lines += [Line(vertex[device.id], at, segment[port.network]) for at, port in enumerate(device.ports)]
    return Web(
        tuple(vertices),
        tuple(lines),
        tuple(map(tuple, leaves)),
        tuple((vertex[joint.one], vertex[joint.other]) for joint in graph.joints),
        frozenset(vertex[device.id] for device in graph.devices if device.has_uplink),
    )


def hanging(graph: Graph) -> frozenset[tuple[NodeId, str]]:
    """The ports (node, interface) whose network stands over the node: formats that place things themselves are told by the
    order of a line's ends."""
    web = web_of(graph)
    row = {vertex: at for block in blocks(web) for at, vertices in enumerate(block.rows) for vertex in vertices}
    found = {(device.id, device.ports[0].interface) for device in graph.devices if device.is_leaf}
    for line in web.lines:
        place = web.vertices[line.device].device
        if place is not None and row[line.segment] < row[line.device]:
            found.add((graph.devices[place].id, graph.devices[place].ports[line.port].interface))
    return frozenset(found)


def blocks(web: Web) -> Iterator[Block]:
    """The connected parts in the order of the source."""
    whole = igraph.Graph(n=len(web.vertices), edges=[(line.device, line.segment) for line in web.lines])
    for members in whole.connected_components():
        yield Block(_rows(web, whole.induced_subgraph(members), members))


def _rows(web: Web, part: igraph.Graph, members: list[int]) -> tuple[tuple[int, ...], ...]:
    root = _root(web, part, members)
    above = _above(web, part, members, root)
    depth = part.distances(source=root)[0]
    level = [-int(far) if place in above else int(far) for place, far in enumerate(depth)]
    top = min(level)
    level = [one - top for one in level]
    order = _order(web, part, members, level, root)
    rows: list[list[int]] = [[] for _ in range(max(level) + 1)]
    for place in sorted(range(len(members)), key=lambda place: (order[place], members[place])):
        rows[level[place]].append(members[place])
    return tuple(map(tuple, rows))


def _root(web: Web, part: igraph.Graph, members: list[int]) -> int:
    """The middle of the part; of several a node before a network, that with most lines, the source's first."""
    degrees = part.degree()
    far = part.eccentricity() if len(members) <= _MOST_FOR_CENTRE else [0.0] * len(members)

    def rank(place: int) -> tuple[float, bool, int, int]:
        return far[place], web.vertices[members[place]].device is None, -degrees[place], place

    return min(range(len(members)), key=rank)


def _above(web: Web, part: igraph.Graph, members: list[int], root: int) -> frozenset[int]:
    """What stands over the root: the branches that lead out of the lab, if others do not."""
    if members[root] in web.uplinked:
        return frozenset()
    rest = [place for place in range(len(members)) if place != root]
    branches = [[rest[place] for place in branch] for branch in part.induced_subgraph(rest).connected_components()]
    leading = [branch for branch in branches if any(members[place] in web.uplinked for place in branch)]
    if not leading or len(leading) == len(branches):
        return frozenset()
    return frozenset(place for branch in leading for place in branch)


def _order(web: Web, part: igraph.Graph, members: list[int], level: list[int], root: int) -> list[float]:
    """A number for each vertex, by which its row is sorted. A tunnel between two of a row stands in the row below, so that
    its ends come to stand side by side.

    igraph's order depends on the one it begins with, so a small part is begun from several; of equals the source's wins.
    """
    if len(members) > _MOST_FOR_ORDER:
        return [float(place) for place in range(len(members))]
    edges, levels = _with_tunnels(web, part, members, level)
    firsts = [list(range(len(levels)))]
    if len(levels) <= _FEW:
        firsts.append(_hubs_between(edges, levels, len(members), root))
        chance = Random(1)  # noqa: S311 - a fixed row of numbers, the same everywhere
        firsts += [chance.sample(firsts[0], len(levels)) for _ in range(_TRIES)]
    orders = (_forwards(_untangled(edges, levels, first), levels) for first in firsts)
    if len(firsts) == 1:
        return next(orders)[: len(members)]
    return min(orders, key=lambda order: _cost(edges, levels, order, len(members)))[: len(members)]


def _hubs_between(edges: list[tuple[int, int]], levels: list[int], own: int, root: int) -> list[int]:
    """The vertices as a tree of branches, in the source's order, but at each fork the branch with most ends of tunnels in
    the middle."""
    near: list[list[int]] = [[] for _ in levels]
    for one, other in edges:
        near[one].append(other)
        near[other].append(one)
    parent, row = {root: root}, [root]
    for vertex in row:
        for other in near[vertex]:
            if other < own and other not in parent:
                parent[other] = vertex
                row.append(other)
    ends = {vertex: sum(other >= own for other in near[vertex]) for vertex in row}
    for vertex in reversed(row[1:]):
        ends[parent[vertex]] += ends[vertex]
    children: dict[int, list[int]] = {}
    for vertex in row[1:]:
        children.setdefault(parent[vertex], []).append(vertex)
    found, waiting = [], [root]
    while waiting:
        vertex = waiting.pop()
        found.append(vertex)
        branches = sorted(children.get(vertex, ()))
        hub = max(branches, key=lambda branch: ends[branch], default=None)
        if hub is not None and ends[hub] > 1:
            branches.remove(hub)
            branches.insert(len(branches) // 2, hub)
        waiting += reversed(branches)
    return [*found, *range(own, len(levels))]


def _with_tunnels(
    web: Web, part: igraph.Graph, members: list[int], level: list[int]
) -> tuple[list[tuple[int, int]], list[int]]:
    here = {vertex: place for place, vertex in enumerate(members)}
    pairs = {
        (here[one], here[other])
        for one, other in web.bonds
        if one in here and other in here and level[here[one]] == level[here[other]]
    }
    edges, levels = list(part.get_edgelist()), list(level)
    for one, other in sorted(pairs):
        edges += [(one, len(levels)), (other, len(levels))]
        levels.append(level[one] + 1)
    return edges, levels


def _untangled(edges: list[tuple[int, int]], levels: list[int], first: list[int]) -> list[float]:
    """An order with few crossings; `first` says which vertex igraph sees at which place."""
    number = {vertex: place for place, vertex in enumerate(first)}
    graph = igraph.Graph(n=len(levels), edges=[(number[one], number[other]) for one, other in edges])
    found = graph.layout_sugiyama(layers=[levels[vertex] for vertex in first], maxiter=100).coords
    return [found[number[vertex]][0] for vertex in range(len(levels))]


def _cost(edges: list[tuple[int, int]], levels: list[int], order: list[float], own: int) -> tuple[int, float, int]:
    """Crossings, how far tunnels reach, and what stands before one that the source has before it."""
    by_row: dict[int, list[tuple[float, float]]] = {}
    reach = 0.0
    ends: dict[int, float] = {}
    for one, other in edges:
        upper, lower = (one, other) if levels[one] < levels[other] else (other, one)
        by_row.setdefault(levels[upper], []).append((order[upper], order[lower]))
        if other >= own:
            reach += abs(order[one] - ends.setdefault(other, order[one]))
    crossings = 0
    for lines in by_row.values():
        lines.sort()
        for at, (begin, end) in enumerate(lines):
            crossings += sum(end > after and begin < later for later, after in lines[at + 1 :])
    places: dict[int, list[float]] = {}
    for vertex in range(own):
        places.setdefault(levels[vertex], []).append(order[vertex])
    turned = sum(early > late for row in places.values() for early, late in itertools.combinations(row, 2))
    return crossings, round(reach, 3), turned


def _forwards(order: list[float], level: list[int]) -> list[float]:
    """An order and its mirror image are as good: the one that is nearer to the source's."""
    rows: dict[int, list[float]] = {}
    for number, x in enumerate(order):
        rows.setdefault(level[number], []).append(x)
    lean: float = sum((at - (len(row) - 1) / 2) * x for row in rows.values() for at, x in enumerate(row))
    return order if lean > -1e-6 else [-x for x in order]

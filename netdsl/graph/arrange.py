"""The discrete half of the layout: the row of each vertex, and the order within the rows.

Nodes and networks are the vertices of a bipartite graph. With rows by distance from one vertex, every line joins
neighbouring rows, so no line passes a box. igraph finds the components, the centre of each, and an order with few
crossings.
"""

import itertools
from collections.abc import Iterator
from random import Random

import igraph

from netdsl.dataclass import dataclass
from netdsl.graph.model import Graph
from netdsl.ir.ids import NodeId

_MOST_FOR_CENTRE = 1500  # vertices: every vertex's eccentricity is quadratic
_MOST_FOR_ORDER = 1500
_SMALL, _TRIES = 150, 24  # a component of at most `_SMALL` vertices is ordered from `_TRIES` random starting orders


@dataclass(frozen=True, slots=True)
class Vertex:
    """The index of a device, or else of a segment, in its graph."""

    device: int | None = None
    segment: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line from a device to a segment: both as vertices, and the index of the device's port."""

    device: int
    port: int
    segment: int


@dataclass(frozen=True, slots=True)
class Web:
    """The vertices to be placed (devices that are no leaves, all segments) and the lines between them. `leaves`: for
    each vertex the indices of the devices drawn within it."""

    vertices: tuple[Vertex, ...]
    lines: tuple[Line, ...]
    leaves: tuple[tuple[int, ...], ...]
    bonds: tuple[tuple[int, int], ...]  # the two vertices of each joint, in the order of `Graph.joints`
    uplinked: frozenset[int]


@dataclass(frozen=True, slots=True)
class Block:
    """A connected component: its rows of vertices, from the top."""

    rows: tuple[tuple[int, ...], ...]


def web_of(graph: Graph) -> Web:
    inner = [index for index, device in enumerate(graph.devices) if not device.is_leaf]
    vertices = [Vertex(device=index) for index in inner]
    vertices += [Vertex(segment=index) for index in range(len(graph.segments))]
    vertex = {graph.devices[index].id: number for number, index in enumerate(inner)}
    segment_vertex = {segment.id: number for number, segment in enumerate(graph.segments, len(inner))}
    leaves: list[list[int]] = [[] for _ in vertices]
    lines: list[Line] = []
    for index, device in enumerate(graph.devices):
        if device.is_leaf:
            leaves[segment_vertex[device.ports[0].network]].append(index)
            continue
        lines += [Line(vertex[device.id], at, segment_vertex[port.network]) for at, port in enumerate(device.ports)]
    return Web(
        tuple(vertices),
        tuple(lines),
        tuple(map(tuple, leaves)),
        tuple((vertex[joint.one], vertex[joint.other]) for joint in graph.joints),
        frozenset(vertex[device.id] for device in graph.devices if device.has_uplink),
    )


def hanging(graph: Graph) -> frozenset[tuple[NodeId, str]]:
    """The ports (node, interface) whose network is drawn above the node. Formats that are laid out by their own program
    (dot, Mermaid) take the order of a line's ends as top and bottom."""
    web = web_of(graph)
    row = {vertex: at for block in blocks(web) for at, vertices in enumerate(block.rows) for vertex in vertices}
    found = {(device.id, device.ports[0].interface) for device in graph.devices if device.is_leaf}
    for line in web.lines:
        index = web.vertices[line.device].device
        if index is not None and row[line.segment] < row[line.device]:
            found.add((graph.devices[index].id, graph.devices[index].ports[line.port].interface))
    return frozenset(found)


def blocks(web: Web) -> Iterator[Block]:
    """The connected components in the order of the source."""
    whole = igraph.Graph(n=len(web.vertices), edges=[(line.device, line.segment) for line in web.lines])
    for members in whole.connected_components():
        yield Block(_rows(web, whole.induced_subgraph(members), members))


def _rows(web: Web, part: igraph.Graph, members: list[int]) -> tuple[tuple[int, ...], ...]:
    root = _root(web, part, members)
    above = _above(web, part, members, root)
    depth = part.distances(source=root)[0]
    level = [-int(distance) if member in above else int(distance) for member, distance in enumerate(depth)]
    top = min(level)
    level = [signed - top for signed in level]
    order = _order(web, part, members, level, root)
    rows: list[list[int]] = [[] for _ in range(max(level) + 1)]
    for member in sorted(range(len(members)), key=lambda member: (order[member], members[member])):
        rows[level[member]].append(members[member])
    return tuple(map(tuple, rows))


def _root(web: Web, part: igraph.Graph, members: list[int]) -> int:
    """The centre of a component. Of several: a node before a network, then most lines, then the source's order."""
    degrees = part.degree()
    eccentricity = part.eccentricity() if len(members) <= _MOST_FOR_CENTRE else [0.0] * len(members)

    def rank(member: int) -> tuple[float, bool, int, int]:
        return eccentricity[member], web.vertices[members[member]].device is None, -degrees[member], member

    return min(range(len(members)), key=rank)


def _above(web: Web, part: igraph.Graph, members: list[int], root: int) -> frozenset[int]:
    """The members to place above the root: branches with an uplink, unless every branch has one."""
    if members[root] in web.uplinked:
        return frozenset()
    others = [member for member in range(len(members)) if member != root]
    branches = [[others[at] for at in branch] for branch in part.induced_subgraph(others).connected_components()]
    with_uplink = [branch for branch in branches if any(members[member] in web.uplinked for member in branch)]
    if not with_uplink or len(with_uplink) == len(branches):
        return frozenset()
    return frozenset(member for branch in with_uplink for member in branch)


def _order(web: Web, part: igraph.Graph, members: list[int], level: list[int], root: int) -> list[float]:
    """A sort key for each vertex within its row. A tunnel between two vertices of a row is a vertex of the row below,
    so that its ends come side by side.

    igraph's order depends on the starting order, so a small component is tried with several. Of equally good results
    the one nearest to the source's order wins.
    """
    if len(members) > _MOST_FOR_ORDER:
        return [float(member) for member in range(len(members))]
    edges, levels = _with_tunnels(web, part, members, level)
    firsts = [list(range(len(levels)))]
    if len(levels) <= _SMALL:
        firsts.append(_hubs_between(edges, levels, len(members), root))
        chance = Random(1)  # noqa: S311 - a fixed seed: the same sequence on every machine
        firsts += [chance.sample(firsts[0], len(levels)) for _ in range(_TRIES)]
    orders = (_forwards(_untangled(edges, levels, first), levels) for first in firsts)
    if len(firsts) == 1:
        return next(orders)[: len(members)]
    return min(orders, key=lambda order: _cost(edges, levels, order, len(members)))[: len(members)]


def _hubs_between(edges: list[tuple[int, int]], levels: list[int], vertices: int, root: int) -> list[int]:
    """A starting order: depth first from the root, in the source's order, but at each fork the branch with most tunnel
    ends in the middle. The first `vertices` vertices are the component's, the others are tunnels."""
    neighbours: list[list[int]] = [[] for _ in levels]
    for one, other in edges:
        neighbours[one].append(other)
        neighbours[other].append(one)
    parent, row = {root: root}, [root]
    for vertex in row:
        for other in neighbours[vertex]:
            if other < vertices and other not in parent:
                parent[other] = vertex
                row.append(other)
    ends = {vertex: sum(other >= vertices for other in neighbours[vertex]) for vertex in row}
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
    return [*found, *range(vertices, len(levels))]


def _with_tunnels(
    web: Web, part: igraph.Graph, members: list[int], level: list[int]
) -> tuple[list[tuple[int, int]], list[int]]:
    member = {vertex: index for index, vertex in enumerate(members)}
    pairs = {
        (member[one], member[other])
        for one, other in web.bonds
        if one in member and other in member and level[member[one]] == level[member[other]]
    }
    edges, levels = list(part.get_edgelist()), list(level)
    for one, other in sorted(pairs):
        edges += [(one, len(levels)), (other, len(levels))]
        levels.append(level[one] + 1)
    return edges, levels


def _untangled(edges: list[tuple[int, int]], levels: list[int], first: list[int]) -> list[float]:
    """An order with few crossings. `first`: the starting order, the vertices as igraph numbers them."""
    number = {vertex: index for index, vertex in enumerate(first)}
    graph = igraph.Graph(n=len(levels), edges=[(number[one], number[other]) for one, other in edges])
    found = graph.layout_sugiyama(layers=[levels[vertex] for vertex in first], maxiter=100).coords
    return [found[number[vertex]][0] for vertex in range(len(levels))]


def _cost(edges: list[tuple[int, int]], levels: list[int], order: list[float], vertices: int) -> tuple[int, float, int]:
    """Number of crossings, total length of tunnels, and pairs of a row that are not in the source's order."""
    by_row: dict[int, list[tuple[float, float]]] = {}
    reach = 0.0
    ends: dict[int, float] = {}
    for one, other in edges:
        upper, lower = (one, other) if levels[one] < levels[other] else (other, one)
        by_row.setdefault(levels[upper], []).append((order[upper], order[lower]))
        if other >= vertices:
            reach += abs(order[one] - ends.setdefault(other, order[one]))
    crossings = 0
    for lines in by_row.values():
        lines.sort()
        for at, (begin, end) in enumerate(lines):
            crossings += sum(end > after and begin < later for later, after in lines[at + 1 :])
    rows: dict[int, list[float]] = {}
    for vertex in range(vertices):
        rows.setdefault(levels[vertex], []).append(order[vertex])
    inversions = sum(early > late for row in rows.values() for early, late in itertools.combinations(row, 2))
    return crossings, round(reach, 3), inversions


def _forwards(order: list[float], level: list[int]) -> list[float]:
    """The order or its mirror image, which has as many crossings: whichever is nearer to the source's order."""
    rows: dict[int, list[float]] = {}
    for number, x in enumerate(order):
        rows.setdefault(level[number], []).append(x)
    lean: float = sum((at - (len(row) - 1) / 2) * x for row in rows.values() for at, x in enumerate(row))
    return order if lean > -1e-6 else [-x for x in order]

"""From one router or subnet: by which neighbour each other vertex is reached, by stretches of the skeleton's line.

Shortest paths; of equally short ones the neighbour named first (by the node's interfaces, then by the routers'
order). A neighbour on a shortest path is nearer to the goal than oneself: whatever each router chooses, packets
arrive.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from netdsl.dataclass import dataclass
from netdsl.kinds.auto.skeleton import Chain, Skeleton

LOCAL = -1  # the start itself, or a subnet it is on

Hop = tuple[int, int]  # over this subnet, to this router


@dataclass(frozen=True, slots=True)
class Ways:
    """`starts` are where stretches begin, ascending; `labels` index `hops`, or are LOCAL; the last stretch goes to
    `end`."""

    starts: tuple[int, ...]
    labels: tuple[int, ...]
    hops: tuple[Hop, ...]
    end: int

    def at(self, place: int) -> int:
        """The label of one place of the line."""
        return self.labels[bisect_right(self.starts, place) - 1]

    def over(self, lowest: int, highest: int) -> int | None:
        """The one label of all places between two, both included; None where there are several."""
        index = bisect_right(self.starts, lowest) - 1
        is_one = index + 1 == len(self.starts) or highest < self.starts[index + 1]
        return self.labels[index] if is_one else None


@dataclass(slots=True)
class _Drawing:
    """Ways being found: pieces of the line, never overlapping, and the hops seen so far."""

    skeleton: Skeleton
    pieces: list[tuple[int, int, int]]  # from, to (exclusive), label
    hops: dict[Hop, int]

    def label(self, subnet: int, router: int) -> int:
        return self.hops.setdefault((subnet, router), len(self.hops))

    def vertex(self, vertex: int, label: int) -> None:
        place = self.skeleton.first[vertex]
        self.pieces.append((place, place + 1, label))

    def tree(self, vertex: int, label: int) -> None:
        self.pieces.append((self.skeleton.first[vertex], self.skeleton.end[vertex], label))

    def finish(self, part: int) -> Ways:
        starts: list[int] = []
        labels: list[int] = []
        for start, end, label in sorted(self.pieces):
            if start < end and (not labels or labels[-1] != label):
                starts.append(start)
                labels.append(label)
        return Ways(tuple(starts), tuple(labels), tuple(self.hops), self.skeleton.bounds[part][1])


Pins = dict[int, tuple[int, int]]  # vertices of the core whose distance and label are known: oneself and what is near


def ways_from(skeleton: Skeleton, start: int) -> Ways:
    """The ways from a router (over its subnets) or from a subnet (for a host on it), to all that it is connected
    with."""
    drawing = _Drawing(skeleton, [], {})
    if start >= len(skeleton.topology.routers):
        _draw_outside(drawing, start, None)
    else:
        drawing.vertex(start, LOCAL)
        for subnet in skeleton.children[start]:
            _draw_subnet(drawing, subnet, None)
        if skeleton.parent[start] >= 0:
            _draw_outside(drawing, skeleton.parent[start], start)
        else:
            _draw_core(drawing, _router_pins(drawing, start))
    return drawing.finish(skeleton.component[start])


def _draw_subnet(drawing: _Drawing, subnet: int, start: int | None) -> None:
    """A subnet that one is on, and the trees of its routers, but not `start`'s own."""
    drawing.vertex(subnet, LOCAL)
    for router in drawing.skeleton.children[subnet]:
        if router != start:
            drawing.tree(router, drawing.label(subnet, router))


def _draw_outside(drawing: _Drawing, subnet: int, start: int | None) -> None:
    """All that is reached over a subnet, from `start` in a tree below it, or from a host on it."""
    skeleton = drawing.skeleton
    _draw_subnet(drawing, subnet, start)
    parent = skeleton.parent[subnet]
    if parent >= 0:
        label = drawing.label(subnet, parent)
        low, high = skeleton.bounds[skeleton.component[subnet]]
        drawing.pieces.append((low, skeleton.first[subnet], label))
        drawing.pieces.append((skeleton.end[subnet], high, label))
        return
    pins: Pins = {subnet: (0, LOCAL)}
    for router in skeleton.core_neighbours[subnet]:
        pins[router] = (skeleton.topology.edge_cost(subnet, router), drawing.label(subnet, router))
        drawing.tree(router, pins[router][1])
    _draw_core(drawing, pins)


def _router_pins(drawing: _Drawing, start: int) -> Pins:
    skeleton, topology = drawing.skeleton, drawing.skeleton.topology
    pins: Pins = {start: (0, LOCAL)}
    for subnet in skeleton.core_neighbours[start]:
        _draw_subnet(drawing, subnet, None)
        pins[subnet] = (topology.edge_cost(start, subnet), LOCAL)
    for subnet in skeleton.core_neighbours[start]:
        for router in skeleton.core_neighbours[subnet]:
            if router not in pins:
                distance = pins[subnet][0] + topology.edge_cost(subnet, router)
                pins[router] = (distance, drawing.label(subnet, router))
                drawing.tree(router, pins[router][1])
    return pins


def _draw_core(drawing: _Drawing, pins: Pins) -> None:
    """All of the core but the pins, which are drawn already."""
    skeleton = drawing.skeleton
    part = skeleton.component[next(iter(pins))]
    pinned_inside: dict[int, list[int]] = {}
    for vertex in pins:
        if skeleton.position_in_chain[vertex] >= 0:
            chain = skeleton.chains_of[vertex][0]
            pinned_inside.setdefault(chain, []).append(skeleton.position_in_chain[vertex])
    for positions in pinned_inside.values():
        positions.sort()
    known = _junction_labels(skeleton, pins, pinned_inside) | pins
    for junction in skeleton.junctions_in[part]:
        if junction not in pins:
            drawing.tree(junction, known[junction][1])
    for number in skeleton.long_chains_in[part]:
        _draw_chain(drawing, skeleton.chains[number], known, pinned_inside.get(number, []))


def _junction_labels(skeleton: Skeleton, pins: Pins, pinned_inside: dict[int, list[int]]) -> Pins:
    """Distance and label of every junction but the pins that can be reached: Dijkstra over chains, until none is left.

    Only the outermost pins of a chain reach its ends: a way past a pin is that pin's.
    """
    part = skeleton.component[next(iter(pins))]
    left = sum(junction not in pins for junction in skeleton.junctions_in[part])
    waiting: list[tuple[int, int, int]] = []  # distance, label, junction
    settled: Pins = {}
    for vertex, (distance, label) in pins.items():
        if skeleton.position_in_chain[vertex] < 0:
            waiting.append((distance, label, vertex))
    for number, positions in pinned_inside.items():
        chain = skeleton.chains[number]
        low, high = positions[0], positions[-1]
        distance, label = pins[chain.vertices[low]]
        waiting.append((distance + chain.at[low], label, chain.vertices[0]))
        distance, label = pins[chain.vertices[high]]
        waiting.append((distance + chain.length - chain.at[high], label, chain.vertices[-1]))
    heapify(waiting)
    while waiting and left:
        distance, label, junction = heappop(waiting)
        if junction in settled:
            continue
        settled[junction] = pins.get(junction, (distance, label))
        left -= junction not in pins
        distance, label = settled[junction]
        for number in skeleton.chains_of[junction]:
            chain = skeleton.chains[number]
            other = chain.vertices[-1] if chain.vertices[0] == junction else chain.vertices[0]
            if number not in pinned_inside and other not in settled and other not in pins:
                heappush(waiting, (distance + chain.length, label, other))
    return settled


def _draw_chain(drawing: _Drawing, chain: Chain, known: Pins, positions: Sequence[int]) -> None:
    """The vertices inside a chain: each belongs to the pin or end that it is nearest to."""
    stops = [0, *positions, len(chain.vertices) - 1]
    first, end = drawing.skeleton.first, drawing.skeleton.end
    for left, right in pairwise(stops):
        if right - left < 2:
            continue
        left_distance, left_label = known[chain.vertices[left]]
        right_distance, right_label = known[chain.vertices[right]]
        balance = right_distance + chain.at[right] - left_distance + chain.at[left]
        cut = bisect_left(chain.at, (balance + 1) // 2, left + 1, right)
        if cut < right and 2 * chain.at[cut] == balance and left_label < right_label:
            cut += 1
        for low, high, label in ((left + 1, cut, left_label), (cut, right, right_label)):
            if low < high:
                piece = (first[chain.vertices[low]], end[chain.vertices[high - 1]], label)
                drawing.pieces.append(piece)


def search_ways(skeleton: Skeleton, starts: Iterable[int]) -> Ways:
    """The same for a node on several subnets of one part that does not forward between them: Dijkstra over all
    vertices."""
    topology = skeleton.topology
    distances: dict[int, int] = {}
    labels: dict[int, int] = {}
    hops: dict[Hop, int] = {}
    waiting: list[tuple[int, int, int]] = [(0, LOCAL, subnet) for subnet in starts]
    part = skeleton.component[waiting[0][2]]
    while waiting:
        distance, label, vertex = heappop(waiting)
        if vertex in distances:
            continue
        distances[vertex], labels[vertex] = distance, label
        for other in topology.neighbours[vertex]:
            if other not in distances:
                onward = hops.setdefault((vertex, other), len(hops)) if label == LOCAL else label
                heappush(waiting, (distance + topology.edge_cost(vertex, other), onward, other))
    drawing = _Drawing(skeleton, [], hops)
    for vertex, label in labels.items():
        drawing.vertex(vertex, label)
    return drawing.finish(part)


def ways_by_part(skeleton: Skeleton, starts: tuple[int, ...]) -> dict[int, Ways]:
    """The ways through each part that a node sends into; labels count on from part to part."""
    by_part: dict[int, list[int]] = {}
    for start in starts:
        by_part.setdefault(skeleton.component[start], []).append(start)
    found: dict[int, Ways] = {}
    offset = 0
    for part, own in by_part.items():
        forwards = own[0] < len(skeleton.topology.routers)
        ways = ways_from(skeleton, own[0]) if forwards or len(own) == 1 else search_ways(skeleton, own)
        labels = tuple(label if label == LOCAL else label + offset for label in ways.labels)
        found[part] = Ways(ways.starts, labels, ways.hops, ways.end)
        offset += len(ways.hops)
    return found


@dataclass(frozen=True, slots=True)
class WaysBeneath:
    """A node's ways without networks that tunnels carry. `hops` are all that the node has; hops that only these ways take
    are added to them."""

    skeleton: Skeleton
    by_part: dict[int, Ways]
    hops: list[Hop]

    def at(self, vertex: int) -> int | None:
        """The label of a vertex, by the node's `hops`; None where there is no such way."""
        ways = self.by_part.get(self.skeleton.component[vertex])
        if ways is None:
            return None
        label = ways.at(self.skeleton.first[vertex])
        if label == LOCAL:
            return LOCAL
        own = [hop for each in self.by_part.values() for hop in each.hops]
        if own[label] not in self.hops:
            self.hops.append(own[label])
        return self.hops.index(own[label])

"""A graph laid out on a line, so that 'where does it go from here' is a few stretches of that line.

Trees that hang on the graph are folded: each takes one stretch at the vertex it hangs on. What is left (the core) is
*junctions*, and *chains* of vertices with two neighbours between them. From anywhere, the vertices of one chain are
reached in one, two or three stretches. So a ring of n routers costs n times a few steps, not n times n, and a tree
what its edges cost.
"""

from collections.abc import Sequence
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.kinds.auto.topology import Topology


@dataclass(frozen=True, slots=True)
class Chain:
    """The vertices from one junction to another (or the same), both included; `at` is each one's distance from the
    first."""

    vertices: tuple[int, ...]
    at: tuple[int, ...]

    @property
    def length(self) -> int:
        return self.at[-1]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """`first[v]`, `end[v]`: the stretch of the line that vertex v takes together with the trees hanging on it; v
    itself is at `first[v]`. `parent[v]` is -1 in the core. `component` numbers the connected parts, `bounds` are
    their stretches."""

    topology: Topology
    parent: Sequence[int]
    children: Sequence[Sequence[int]]
    core_neighbours: Sequence[Sequence[int]]
    junctions_in: Sequence[Sequence[int]]  # of a connected part
    chains: tuple[Chain, ...]
    long_chains_in: Sequence[Sequence[int]]  # of a connected part: those with vertices between their ends
    chains_of: Sequence[Sequence[int]]  # of a junction; of a vertex inside a chain, that one
    position_in_chain: Sequence[int]  # -1: a junction, or in a tree
    component: Sequence[int]
    bounds: tuple[tuple[int, int], ...]
    first: Sequence[int]
    end: Sequence[int]
    line: Sequence[int] = field(repr=False)  # the vertex at each place


def make_skeleton(topology: Topology) -> Skeleton:
    """Linear in vertices and edges."""
    parent = _fold(topology)
    children: list[list[int]] = [[] for _ in parent]
    for vertex, other in enumerate(parent):
        if other >= 0:
            children[other].append(vertex)
    core_neighbours = [
        [other for other in others if parent[other] < 0] if parent[vertex] < 0 else []
        for vertex, others in enumerate(topology.neighbours)
    ]
    roots_of, component = _components(core_neighbours, parent)
    junctions = _junctions(roots_of, core_neighbours)
    chains = _chains(topology, junctions, core_neighbours)
    chains_of: list[list[int]] = [[] for _ in parent]
    position_in_chain = [-1] * len(parent)
    for number, chain in enumerate(chains):
        for index, vertex in enumerate(chain.vertices):
            if number not in chains_of[vertex][-1:]:
                chains_of[vertex].append(number)
            if 0 < index < len(chain.vertices) - 1:
                position_in_chain[vertex] = index
    junctions_in = [[vertex for vertex in roots if vertex in junctions] for roots in roots_of]
    long_chains_in: list[list[int]] = [[] for _ in roots_of]
    inner_in: list[list[int]] = [[] for _ in roots_of]
    for number, chain in ((number, chain) for number, chain in enumerate(chains) if len(chain.vertices) > 2):
        part = component[chain.vertices[0]]
        long_chains_in[part].append(number)
        inner_in[part].extend(chain.vertices[1:-1])
    first, end, line = [0] * len(parent), [0] * len(parent), list[int]()
    bounds = []
    for number in range(len(roots_of)):
        start = len(line)
        for root in [*junctions_in[number], *inner_in[number]]:
            _lay_tree(root, children, component, number, (first, end, line))
        bounds.append((start, len(line)))
    return Skeleton(
        topology, parent, children, core_neighbours, junctions_in, chains, long_chains_in, chains_of, position_in_chain,
        component, tuple(bounds), first, end, line,
    )  # fmt: skip


def _fold(topology: Topology) -> list[int]:
    """Takes vertices with one neighbour away until none is left: each one's parent (-1: stays)."""
    degree = [len(others) for others in topology.neighbours]
    parent = [-1] * len(degree)
    gone = [False] * len(degree)
    folded = [vertex for vertex, number in enumerate(degree) if number == 1]
    for vertex in folded:  # grows as it is read
        if degree[vertex] != 1:
            continue  # the last of a tree: its root
        gone[vertex] = True
        other = next(other for other in topology.neighbours[vertex] if not gone[other])
        parent[vertex] = other
        degree[vertex] = 0
        degree[other] -= 1
        if degree[other] == 1:
            folded.append(other)
    return parent


def _components(core_neighbours: Sequence[Sequence[int]], parent: Sequence[int]) -> tuple[list[list[int]], list[int]]:
    """The core's vertices by connected part, in order; and each vertex's part (those in trees follow when laid out)."""
    component = [-1] * len(parent)
    roots_of: list[list[int]] = []
    for start in range(len(parent)):
        if parent[start] >= 0 or component[start] >= 0:
            continue
        number = len(roots_of)
        component[start] = number
        found = [start]
        for vertex in found:  # grows as it is read
            for other in core_neighbours[vertex]:
                if component[other] < 0:
                    component[other] = number
                    found.append(other)
        roots_of.append(sorted(found))
    return roots_of, component


def _junctions(roots_of: list[list[int]], core_neighbours: Sequence[Sequence[int]]) -> set[int]:
    """Vertices where ways part; of a plain ring its first vertex."""
    junctions: set[int] = set()
    for roots in roots_of:
        parting = [vertex for vertex in roots if len(core_neighbours[vertex]) != 2]
        junctions.update(parting or roots[:1])
    return junctions


def _chains(topology: Topology, junctions: set[int], core_neighbours: Sequence[Sequence[int]]) -> tuple[Chain, ...]:
    chains: list[Chain] = []
    inside: set[int] = set()
    for junction in sorted(junctions):
        for step in core_neighbours[junction]:
            if step in inside or (step in junctions and step < junction):
                continue  # found from its other end
            vertices, at = [junction, step], [0, topology.edge_cost(junction, step)]
            while vertices[-1] not in junctions:
                inside.add(vertices[-1])
                here, before = vertices[-1], vertices[-2]
                left, right = core_neighbours[here]
                onward = right if left == before else left
                vertices.append(onward)
                at.append(at[-1] + topology.edge_cost(here, onward))
            chains.append(Chain(tuple(vertices), tuple(at)))
    return tuple(chains)


def _lay_tree(
    root: int,
    children: Sequence[Sequence[int]],
    component: list[int],
    number: int,
    layout: tuple[list[int], list[int], list[int]],
) -> None:
    """Puts a vertex and all that hangs on it on the line, each before what hangs on it."""
    first, end, line = layout
    waiting = [root]
    laid: list[int] = []
    while waiting:
        vertex = waiting.pop()
        component[vertex] = number
        first[vertex] = len(line)
        line.append(vertex)
        laid.append(vertex)
        waiting.extend(reversed(children[vertex]))
    for vertex in reversed(laid):
        last = children[vertex][-1] if children[vertex] else None
        end[vertex] = first[vertex] + 1 if last is None else end[last]

"""`routing auto`: what a node's own lines leave unsaid, by shortest path over segments and routers, aggregated.

One domain is what routers join without source NAT between (see `topology`). In it each node with `routing auto` gets
routes to every subnet and every loopback, with three exceptions: a prefix that stands twice in the domain is nobody's
(it has no one place); what a line of the node covers is the line's (a default only the rest); what lies behind source
NAT or only in a tunnel is not announced.

The way out of a domain is its nearest *exit*: a router with an uplink, with a default line, or with source NAT towards
another domain. If there is one, that is the node's default. Without one, see `aggregate`.

What the outer packets of a tunnel go to, and the way out, is reached without the networks that tunnels carry, where there
is such a way: else a tunnel may be led into itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from heapq import heapify, heappop, heappush
from itertools import chain

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, Prefix
from netdsl.ir.node import Route
from netdsl.ir.prefixes import host_prefix, prefix_of
from netdsl.ir.sizes import TooLarge
from netdsl.kinds.auto.aggregate import Goal, Line, Trie, Walked, cover, make_trie
from netdsl.kinds.auto.skeleton import Skeleton, make_skeleton
from netdsl.kinds.auto.topology import Topology, make_topology
from netdsl.kinds.auto.ways import LOCAL, Hop, Ways, WaysBeneath, ways_by_part
from netdsl.lower.directory import Directory
from netdsl.packets.fabric import Fabric
from netdsl.packets.routes import RoutingTable
from netdsl.packets.tunnels import TunnelStates
from netdsl.semantics.bindings import BoundNode, BoundRoute

MOST_ROUTES = 250_000
MOST_PARTS = 800_000
"""Of address spaces, that lead different ways: for all nodes, as are the routes."""
_ELSEWHERE: Hop = (-1, -1)  # where a line's default or the uplink leads

Automatic = tuple[Prefix, Hop]  # a route, by vertices


@dataclass(slots=True)
class AutoRouting:
    """The routes of one family. Tries and what hosts of one subnet share are made once."""

    directory: Directory
    topology: Topology
    skeleton: Skeleton
    bare: Skeleton
    exits: Sequence[int]
    walked: Walked
    _tries: dict[tuple[int, ...], Trie | None] = field(default_factory=dict)
    _shared: dict[int, tuple[Automatic, ...]] = field(default_factory=dict)
    _prefixes: dict[tuple[int, int], Prefix] = field(default_factory=dict)

    def routes(self, node: BoundNode) -> tuple[Route, ...]:
        """A node's automatic routes: a default first, the others by ascending prefix."""
        attachments = self.topology.attachments[node.id]
        if not attachments:
            return ()
        return tuple(
            Route(
                prefix,
                self.topology.attachments[self.topology.routers[router]][subnet].address,
                attachments[subnet].interface,
                is_automatic=True,
                origin=node.place,
            )
            for prefix, (subnet, router) in self._automatic(node)
        )

    def _automatic(self, node: BoundNode) -> tuple[Automatic, ...]:
        starts = self._starts(node)
        is_plain = len(starts) == 1 and starts[0] >= len(self.topology.routers)
        if not is_plain or node.routes or node.loopbacks or node.uplink is not None:
            return self._cover(node, starts)
        if starts[0] not in self._shared:
            self._shared[starts[0]] = self._cover(node, starts)
        return self._shared[starts[0]]

    def _starts(self, node: BoundNode) -> tuple[int, ...]:
        """The vertices that a node sends from: itself if it forwards, and the subnets on which it is a guest."""
        own = self.topology.vertex_of.get(node.id)
        attachments = self.topology.attachments[node.id]
        if own is None or not node.kind.forwards or not self.topology.neighbours[own]:
            return tuple(attachments)
        guest = self.topology.guests.get(node.id, ())
        return (own, *(vertex for vertex in attachments if vertex in guest))

    def _cover(self, node: BoundNode, starts: tuple[int, ...]) -> tuple[Automatic, ...]:
        by_part = ways_by_part(self.skeleton, starts)
        ways, parts = list(by_part.values()), tuple(by_part)
        hops = [hop for way in ways for hop in way.hops]
        beneath = WaysBeneath(self.bare, ways_by_part(self.bare, starts), hops) if self.topology.under else None
        default = self._default(node, starts, ways, hops, beneath)
        if default is not None and len(parts) > 1:
            parts = self._not_all_behind(default, parts, ways)
        joined = _joined(ways) if beneath is None else self._with_under(_joined(ways), beneath, default)
        trie = self._trie(parts)
        found: list[tuple[int, int, int]] = []
        width = 32 if self.topology.version == 4 else 128
        if trie is not None:
            found = cover(trie, joined, width, default, self._lines(node), self.walked)
        if default is not None and not self._has_default(node):
            found.insert(0, (0, 0, default))
        return tuple((self._prefix(value, length), hops[label]) for value, length, label in found)

    def _with_under(self, joined: Ways, beneath: WaysBeneath, default: int | None) -> Ways:
        """The ways, and beyond the end of the line those to the subnets that outer packets of tunnels go to: without
        networks that tunnels carry, or out of the domain, where there is such a way."""
        leaves = default is not None and beneath.hops[default][0] not in self.topology.carried
        labels: list[int] = []
        for vertex in self.topology.under:
            label = beneath.at(vertex)
            if label is None and leaves:
                label = default
            labels.append(joined.at(self.skeleton.first[vertex]) if label is None else label)
        end = len(self.skeleton.line)
        places = range(end, end + len(labels))
        return Ways((*joined.starts, *places), (*joined.labels, *labels), (), places.stop)

    def _default(
        self,
        node: BoundNode,
        starts: tuple[int, ...],
        ways: list[Ways],
        hops: list[Hop],
        beneath: WaysBeneath | None,
    ) -> int | None:
        """The label of the default: a line's, the uplink's, the nearest exit's (a guest's outside first); None
        without."""
        if self._has_default(node):
            said = self._said_default(node, hops)
            if said is not None:
                return said
            hops.append(_ELSEWHERE)
            return len(hops) - 1
        joined = _joined(ways)
        own = self.topology.vertex_of.get(node.id)
        outside = [start for start in starts if start != own] if own in starts else list(starts)
        for start in outside or starts:
            leaving = self.exits[start]
            if leaving >= 0 and leaving != own:
                label = None if beneath is None else beneath.at(leaving)
                if label is None:
                    label = joined.at(self.skeleton.first[leaving])
                if label != LOCAL:
                    return label
        if outside and own in starts:
            return _only(ways[1:])
        return None

    def _has_default(self, node: BoundNode) -> bool:
        return node.uplink is not None or _default_line(node, self.topology.version) is not None

    def _said_default(self, node: BoundNode, hops: list[Hop]) -> int | None:
        """The label of the neighbour that a line's default leads to, where it is one."""
        said, own = _default_line(node, self.topology.version), self.topology.attachments[node.id]
        for label, (subnet, router) in enumerate(hops):
            owner = self.topology.attachments[self.topology.routers[router]][subnet]
            if said is not None and (owner.address, own[subnet].interface) == (said.next_hop, said.interface):
                return label
        return None

    def _not_all_behind(self, default: int, parts: tuple[int, ...], ways: list[Ways]) -> tuple[int, ...]:
        """The parts that do not lie behind the default as a whole."""
        under = {self.skeleton.component[vertex] for vertex in self.topology.under}
        return tuple(
            part
            for part, way in zip(parts, ways, strict=True)
            if part in under or not set(way.labels) <= {LOCAL, default}
        )

    def _trie(self, parts: tuple[int, ...]) -> Trie | None:
        """The goals of some parts; what stands twice in one is no goal, what an earlier part has too is the
        earlier's."""
        if parts not in self._tries:
            goals: dict[Prefix, Goal] = {}
            for part in parts:
                for prefix, goal in self._goals(part).items():
                    goals.setdefault(prefix, goal)
            self._tries[parts] = make_trie(list(goals.values()), 32 if self.topology.version == 4 else 128)
        return self._tries[parts]

    def _goals(self, part: int) -> dict[Prefix, Goal]:
        low, high = self.skeleton.bounds[part]
        beneath = {vertex: len(self.skeleton.line) + number for number, vertex in enumerate(self.topology.under)}
        goals: dict[Prefix, Goal] = {}
        twice: set[Prefix] = set()
        for place in range(low, high):
            vertex = self.skeleton.line[place]
            for prefix in self.topology.prefixes_at(vertex):
                if prefix in goals:
                    twice.add(prefix)
                goals[prefix] = (int(prefix.network_address), prefix.prefixlen, beneath.get(vertex, place))
        return {prefix: goal for prefix, goal in goals.items() if prefix not in twice}

    def _lines(self, node: BoundNode) -> list[Line]:
        """What the node says itself: its lines but a default, and its loopbacks."""
        said = [
            *(route.prefix for route in node.routes if route.prefix is not None and route.prefix.prefixlen),
            *(host_prefix(own.ip) for own in node.loopbacks),
        ]
        return [
            (int(prefix.network_address), prefix.prefixlen)
            for prefix in said
            if prefix.version == self.topology.version
        ]

    def _prefix(self, value: int, length: int) -> Prefix:
        if (value, length) not in self._prefixes:
            self._prefixes[value, length] = prefix_of(self.topology.version, value, length)
        return self._prefixes[value, length]


def written(directory: Directory) -> Mapping[NodeId, tuple[Route, ...]]:
    """What `routing auto` adds, for every node that has it. Raises TooLarge."""
    asking = [node for node in directory.nodes.values() if node.has_auto_routing]
    if not asking:
        return {}
    walked = Walked()
    families = [_auto_routing(directory, version, walked) for version in (4, 6)]
    found: dict[NodeId, tuple[Route, ...]] = {}
    count = 0
    for node in asking:
        found[node.id] = tuple(chain.from_iterable(family.routes(node) for family in families))
        count += len(found[node.id])
        if count > MOST_ROUTES:
            raise TooLarge(f"`routing auto` finds more than {MOST_ROUTES} routes for all nodes together", node.place)
        if walked.parts > MOST_PARTS:
            message = f"`routing auto` has to tell apart more than {MOST_PARTS} parts of address spaces, for all nodes"
            raise TooLarge(f"{message} together", node.place)
    return found


def learned(fabric: Fabric, tunnels: TunnelStates) -> Mapping[NodeId, tuple[RoutingTable, ...]]:
    return {}


def _auto_routing(directory: Directory, version: int, walked: Walked) -> AutoRouting:
    topology = make_topology(directory, version)
    skeleton = make_skeleton(topology)
    bare = make_skeleton(topology.bare) if topology.under else skeleton
    return AutoRouting(directory, topology, skeleton, bare, _exits(directory, topology), walked)


def _exits(directory: Directory, topology: Topology) -> Sequence[int]:
    """Of every vertex the nearest exit, without networks that tunnels carry where there is such a way."""
    nearest = _nearest_exits(directory, topology)
    if not topology.under:
        return nearest
    beneath = _nearest_exits(directory, topology.bare)
    return [own if own >= 0 else other for own, other in zip(beneath, nearest, strict=True)]


def _nearest_exits(directory: Directory, topology: Topology) -> Sequence[int]:
    """Of every vertex the nearest exit of its domain, the one declared first of equally near ones; -1 without."""
    waiting = [
        (0, vertex, vertex)
        for vertex, node in enumerate(topology.routers)
        if _is_exit(directory.nodes[node], topology) and topology.neighbours[vertex]
    ]
    nearest = [-1] * len(topology.neighbours)
    heapify(waiting)
    while waiting:
        distance, leaving, vertex = heappop(waiting)
        if nearest[vertex] >= 0:
            continue
        nearest[vertex] = leaving
        for other in topology.neighbours[vertex]:
            if nearest[other] < 0:
                heappush(waiting, (distance + topology.edge_cost(vertex, other), leaving, other))
    return nearest


def _is_exit(node: BoundNode, topology: Topology) -> bool:
    has_default = _default_line(node, topology.version) is not None
    return node.kind.forwards and (node.uplink is not None or has_default or node.id in topology.guests)


def _default_line(node: BoundNode, version: int) -> BoundRoute | None:
    for route in node.routes:
        if route.next_hop.version == version and (route.prefix is None or route.prefix.prefixlen == 0):
            return route
    return None


def _only(ways: Iterable[Ways]) -> int | None:
    """The one label of all these ways; None if there are several, or none."""
    labels = {label for way in ways for label in way.labels} - {LOCAL}
    return labels.pop() if len(labels) == 1 else None


def _joined(ways: Sequence[Ways]) -> Ways:
    """Ways through several parts as one, by ascending place."""
    if len(ways) == 1:
        return ways[0]
    ordered = sorted((way for way in ways if way.starts), key=lambda way: way.starts[0])
    return Ways(
        tuple(start for way in ordered for start in way.starts),
        tuple(label for way in ordered for label in way.labels),
        (),
        ordered[-1].end,
    )

"""Routes that lead round in a circle, to nowhere, or one way only.

A way is walked from each line `route … via` to each network of the lab that the line covers, at most `_MOST_STEPS` hops in
all, through a tunnel too where a line has its next hop inside. Default routes, which cover everything, are not: where they
alone go round, that is a circle of their graph, and only a network that no router of the circle has a better route to is
walked. A way that a tunnel protects, or that is translated, is left to `expect`; so are networks whose prefix several
segments have.
"""

from collections.abc import Iterator
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Address, NetworkId, NodeId, Prefix
from netdsl.ir.node import Route
from netdsl.ir.prefixes import ANYWHERE, contains, holds, in_any
from netdsl.packets.fabric import Fabric
from netdsl.packets.routes import Hop
from netdsl.packets.view import View
from netdsl.source import Place

_MOST_STEPS = 60_000
_MOST_TRIED = 20
_MOST_HOPS = 255


def check_routes(fabric: Fabric, diagnostics: Diagnostics) -> frozenset[tuple[NodeId, Prefix]]:
    """Loops, black holes, ways without a way back: these by the router that has none, and where it would lead."""
    ways = _Ways(fabric, diagnostics)
    ways.check()
    return frozenset(ways.without_return)


@dataclass(frozen=True, slots=True)
class _Goal:
    """A network of the lab by one of its prefixes, and an address that somebody has there."""

    network: NetworkId
    prefix: Prefix
    address: Address


@dataclass(frozen=True, slots=True)
class _End:
    """Where a way ends: with the goal reached, without a route, or not followed further (None)."""

    node: NodeId
    is_there: bool | None
    passed: tuple[NodeId, ...]


@dataclass(slots=True)
class _Ways:
    fabric: Fabric
    diagnostics: Diagnostics
    _steps: int = 0
    without_return: set[tuple[NodeId, Prefix]] = field(default_factory=set)
    _told: set[object] = field(default_factory=set)

    def check(self) -> None:
        by_version: dict[int, list[_Goal]] = {4: [], 6: []}
        for goal in _goals(self.fabric):
            by_version[goal.prefix.version].append(goal)
        for version, own in by_version.items():
            for view, circle in self._circles(version):
                self._round(view, circle, own)
        for view in self.fabric.views.values():
            for route in view.node.routes:
                if self._is_asked(view, route) and not self._lines_of(view, route, by_version[route.prefix.version]):
                    return

    def _is_asked(self, view: View, route: Route) -> bool:
        is_line = _is_line(route) and route.prefix.prefixlen > 0
        return is_line and (not view.node.kind.is_end_system or self._is_first_host(view, route))

    def _lines_of(self, view: View, route: Route, goals: list[_Goal]) -> bool:
        """False: that was enough."""
        for goal in goals:
            if contains(route.prefix, goal.prefix) and self._is_by(view, route, goal):
                self._line(view, route, goal)
                if self._steps > _MOST_STEPS:
                    return False
        return True

    def _circles(self, version: int) -> Iterator[tuple[View, list[View]]]:
        """The circles of routers' default routes, each with a router of it that has a line of its own."""
        following: dict[NodeId, NodeId] = {}
        for view in self.fabric.views.values():
            default = view.main.exact(ANYWHERE[version]) if view.node.kind.forwards else None
            if default is not None and default.gateway is not None:
                found = self._next(view, default, default.gateway)
                if found is not None:
                    following[view.id] = found.id
        seen: dict[NodeId, NodeId] = {}
        for start in following:
            node = start
            while node in following and node not in seen:
                seen[node] = start
                node = following[node]
            if seen.get(node) != start:
                continue
            circle, first = [node], node
            while following[circle[-1]] != first:
                circle.append(following[circle[-1]])
            views = [self.fabric.views[one] for one in circle]
            lined = next((view for view in views if _default_line(view, version) is not None), None)
            if lined is not None:
                yield lined, views

    def _round(self, view: View, circle: list[View], goals: list[_Goal]) -> None:
        """The first network that the circle's routers have no better route to."""
        route = _default_line(view, goals[0].prefix.version) if goals else None
        if route is None:
            return
        better = {given.network for one in circle for interface in one.node.interfaces for given in interface.addresses}
        better |= {line.prefix for one in circle for line in one.node.routes if line.prefix.prefixlen}
        lengths = {prefix.prefixlen for prefix in better}
        tried = 0
        for goal in goals:
            if any(goal.prefix.supernet(new_prefix=n) in better for n in lengths if n <= goal.prefix.prefixlen):
                continue
            if self._line(view, route, goal) or tried > _MOST_TRIED:
                return
            tried += 1

    def _is_first_host(self, view: View, route: Route) -> bool:
        """Hosts of one segment with the same line have the same way."""
        interface = view.interfaces.get(route.interface)
        segment = view.id if interface is None else self.fabric.segment_of[interface.network]
        return self._is_new("host", segment, route.prefix, route.next_hop)

    @staticmethod
    def _is_by(view: View, route: Route, goal: _Goal) -> bool:
        found = view.main.find(goal.address)
        return found is not None and found.origin is route.origin and found.gateway == route.next_hop

    def _line(self, view: View, route: Route, goal: _Goal) -> bool:
        """True: it goes round."""
        end = self._follow(view, goal.address)
        if end.is_there is None:
            return False
        if end.node in end.passed:
            self._loop(route, goal, end)
            return True
        if route.prefix.prefixlen:
            (self._back if end.is_there else self._hole)(view, route, goal, end)
        return False

    def _follow(self, view: View, address: Address) -> _End:
        passed: list[NodeId] = []
        while len(passed) < _MOST_HOPS:
            self._steps += 1
            if view.is_local(address) or any(
                holds(given.network, address) for one in view.node.interfaces for given in one.addresses
            ):
                return _End(view.id, True, tuple(passed))
            if view.id in passed:
                return _End(view.id, False, tuple(passed))
            if passed and (not view.node.kind.forwards or view.node.nat.source):
                return _End(view.id, None, tuple(passed))
            if any(in_any(address, child.remote) for end in view.node.tunnels for child in end.children):
                return _End(view.id, None, tuple(passed))
            route = view.main.find(address)
            if route is None:
                return _End(view.id, False, tuple(passed))
            found = self._next(view, route, address)
            if found is None:
                return _End(view.id, None, tuple(passed))  # told by `next-hop-nobody`, or outside of the lab
            passed.append(view.id)
            view = found
        return _End(view.id, None, tuple(passed))

    def _next(self, view: View, route: Hop, address: Address) -> View | None:
        """Where a route leads: to the next hop, or to the other end of the tunnel."""
        if route.interface in view.interfaces:
            found = self.fabric.neighbour(view, route.interface, route.gateway or address)
            return None if found is None else found[0]
        device = view.devices.get(route.interface)
        policies = () if device is None or route.gateway is None else device.policies
        peers = (one.association.peer for one in policies if one.association and in_any(address, one.remote))
        return next((self.fabric.views[peer] for peer in peers), None)

    def _is_new(self, *what: object) -> bool:
        is_new = what not in self._told
        self._told.add(what)
        return is_new

    def _loop(self, route: Route, goal: _Goal, end: _End) -> None:
        circle = end.passed[end.passed.index(end.node) :]
        if not self._is_new("loop", frozenset(circle)) or route.origin is None:
            return
        names = ", ".join(f"`{name}`" for name in circle)
        self.diagnostics.report(
            catalogue.ROUTING_LOOP,
            f"packets to `{goal.network}` ({goal.prefix}) go round between {names}",
            route.origin,
            related=tuple(self._lines(circle, goal.address, route.origin)),
        )

    def _lines(self, nodes: tuple[NodeId, ...], address: Address, but: Place) -> Iterator[Label]:
        for node in nodes:
            found = self.fabric.views[node].main.find(address)
            if found is not None and found.origin is not None and found.origin != but:
                yield Label(found.origin, f"`{node}` sends them on")

    def _hole(self, view: View, route: Route, goal: _Goal, end: _End) -> None:
        if not self._is_new("hole", view.id, route.prefix) or route.origin is None:
            return
        last = self.fabric.views[end.node].node.origin
        self.diagnostics.report(
            catalogue.BLACK_HOLE,
            f"packets of `{view.id}` to `{goal.network}` end at `{end.node}`, which has no route to {goal.prefix}",
            route.origin,
            related=() if last is None else (Label(last, f"no route to {goal.prefix} here"),),
        )

    def _back(self, view: View, route: Route, goal: _Goal, end: _End) -> None:
        """From somebody on the network back to those that the first router is on."""
        passed = [self.fabric.views[node] for node in (*end.passed, end.node)]
        if any(one.node.nat.source or one.node.nat.destination or one.node.tunnels for one in passed):
            return
        for interface in view.node.interfaces:
            if interface.name == route.interface:
                continue
            for given in interface.addresses:
                if given.version != goal.prefix.version or not self._has_host(interface.network, view):
                    continue
                back = self._follow(passed[-1], given.ip)
                if (
                    back.is_there is False
                    and back.node not in back.passed
                    and self._is_new("way", view.id, goal.network)
                ):
                    self._one_way(view, route, goal, back, given.network)

    def _has_host(self, network: NetworkId, but: View) -> bool:
        members = self.fabric.members.get(self.fabric.segment_of[network], ())
        return any(other is not but and other.node.kind.is_end_system for other, _ in members)

    def _one_way(self, view: View, route: Route, goal: _Goal, back: _End, home: Prefix) -> None:
        last = self.fabric.views[back.node].node.origin
        self.without_return.add((back.node, home))
        if route.origin is None:
            return
        self.diagnostics.report(
            catalogue.ONE_WAY_PATH,
            f"`{view.id}` has a way to `{goal.network}`, and `{back.node}` none back to {home}",
            route.origin,
            related=() if last is None else (Label(last, f"no route to {home} here"),),
        )


def _default_line(view: View, version: int) -> Route | None:
    """The router's own `default via`."""
    own = (route for route in view.node.routes if route.prefix == ANYWHERE[version] and _is_line(route))
    return next(own, None)


def _is_line(route: Route) -> bool:
    """Whether the source has it, and it leads to a next hop."""
    return not route.is_automatic and route.origin is not None and route.next_hop is not None


def _goals(fabric: Fabric) -> Iterator[_Goal]:
    """Prefixes that one segment alone has."""
    found: dict[Prefix, _Goal | None] = {}
    for view in fabric.views.values():
        for interface in view.node.interfaces:
            segment = fabric.segment_of[interface.network]
            for given in interface.addresses:
                prefix = given.network
                if prefix.prefixlen == prefix.max_prefixlen:
                    continue  # a borrowed address is no range
                if prefix not in found:
                    found[prefix] = _Goal(interface.network, prefix, given.ip)
                else:
                    known = found[prefix]
                    if known is not None and fabric.segment_of[known.network] != segment:
                        found[prefix] = None
    yield from (goal for goal in found.values() if goal is not None)

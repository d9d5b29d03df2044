"""The ways to an address from everywhere: a tree, each (node, interface) of which is looked at once.

At each place stands whom the node stops or might change, as a set of sources; each way sums up what stands from its place
to the end.
"""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Chain
from netdsl.ir.ids import Address, NodeId
from netdsl.packets.fabric import Fabric
from netdsl.packets.links import DeadEnd, no_route, onward, way_out
from netdsl.packets.routes import Hop
from netdsl.packets.types import Outcome
from netdsl.packets.view import Exit, View, is_unicast
from netdsl.verify.crowd import Crowd, Some
from netdsl.verify.judging import NOTHING, Judge, Kind, Ruled

_MOST_HOPS = 60  # nobody's time to live is over before
_NOBODY: Some = 0
_EVERYBODY: Some = -1


@dataclass(slots=True, eq=False)
class Port:
    """A node, and the interface by which packets come to it; None: it sends them. `bit`: the node's."""

    judge: Judge
    view: View
    interface: str | None
    bit: int


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What happens to packets for an address at a port. `leads`: to the next one, or why nowhere; None: the node takes
    them. `foreign`: whose may be a tunnel's; `doubted`: whom the node does not believe; `ruled` in `chain`: of each
    kind."""

    port: Port
    leads: Port | DeadEnd | None
    ruled: tuple[Ruled, ...]
    chain: Chain = Chain.FORWARD
    foreign: Some = _NOBODY
    doubted: Some = _NOBODY


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """From a stage to the end. `last`: the node that takes the packets. `nodes`: bits of all on the way. `unsure`: whom
    something stops or may change; `held`: of each kind, whom rules do, as long as no node on the way knows the flow."""

    stage: Stage
    next: "Way | None"
    last: View | None
    hops: int
    nodes: int
    unsure: Some
    held: tuple[Some, ...]


@dataclass(slots=True, eq=False)
class Trees:
    """Of all addresses that are asked about. `bits`: one for each node. `size`: of a packet, in bytes."""

    fabric: Fabric
    crowd: Crowd
    kinds: tuple[Kind, ...]
    size: int
    bits: dict[NodeId, int] = field(default_factory=dict)
    _silent: tuple[Ruled, ...] = ()
    _ports: dict[tuple[NodeId, str | None], Port] = field(default_factory=dict)
    _judges: dict[NodeId, Judge] = field(default_factory=dict)
    _stages: dict[tuple[object, ...], Stage] = field(default_factory=dict)
    _trees: dict[Address, dict[Port, Way]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bits = {node: 1 << number for number, node in enumerate(self.fabric.views)}
        self._silent = tuple(NOTHING for _ in self.kinds)

    def way(self, view: View, destination: Address) -> Way:
        """Of what a node sends. The address is one of the crowd's."""
        port = self._port(view, None)
        tree = self._trees.get(destination)
        if tree is None:
            tree = self._trees[destination] = {}
        passed: dict[Port, Stage] = {}
        while (found := tree.get(port)) is None:
            stage = self._unclear(port) if port in passed else self._stage(port, destination)
            if not isinstance(stage.leads, Port):
                found = tree[port] = self._end(stage)
                break
            passed[port] = stage
            port = stage.leads
        for before in reversed(passed):
            found = tree[before] = self._before(passed[before], found)
        return found

    def _end(self, stage: Stage) -> Way:
        last = stage.port.view if stage.leads is None else None
        held = tuple([ruled.translated | ruled.stopped for ruled in stage.ruled])
        return Way(stage, None, last, 0, stage.port.bit, stage.foreign | stage.doubted, held)

    def _before(self, stage: Stage, way: Way) -> Way:
        if way.hops >= _MOST_HOPS:
            return self._end(self._unclear(stage.port))
        unsure = stage.foreign | stage.doubted | way.unsure
        held = way.held
        if stage.ruled is not self._silent:
            held = tuple([r.translated | r.stopped | rest for r, rest in zip(stage.ruled, held, strict=True)])
        return Way(stage, way, way.last, way.hops + 1, way.nodes | stage.port.bit, unsure, held)

    # --- one place

    def _port(self, view: View, interface: str | None) -> Port:
        key = (view.id, interface)
        found = self._ports.get(key)
        if found is None:
            judge = self._judges.get(view.id)
            if judge is None:
                judge = self._judges[view.id] = Judge(view, self.crowd, self.kinds, self.fabric.is_user_space)
            found = self._ports[key] = Port(judge, view, interface, self.bits[view.id])
        return found

    def _unclear(self, port: Port) -> Stage:
        return Stage(port, None, self._silent, foreign=_EVERYBODY)

    def _stage(self, port: Port, destination: Address) -> Stage:
        view, judge, place = port.view, port.judge, self.crowd.places[destination]
        if judge.own >> place & 1:
            return self._unclear(port) if port.interface is None else self._taken(port, destination)
        route = self._route(port, destination)
        if isinstance(route, DeadEnd):
            changes = port.interface is not None and view.node.nat.destination
            return self._unclear(port) if changes else Stage(port, route, self._silent)
        if route.interface in view.devices:
            return self._unclear(port)
        alike = judge.alike(place)
        if route.gateway is None:
            return self._onward(port, route, destination, alike)
        key = (port, route.interface, route.gateway, route.mtu, destination.version, alike)
        found = self._stages.get(key)
        if found is None:
            found = self._onward(port, route, destination, alike)
            if isinstance(found.leads, Port):
                self._stages[key] = found
        return found

    def _route(self, port: Port, destination: Address) -> Hop | DeadEnd:
        if port.interface is not None:
            return onward(port.view, port.interface, destination)
        route = port.view.route(destination) if is_unicast(destination, port.view) else None
        return route or no_route(port.view, destination)

    def _taken(self, port: Port, destination: Address) -> Stage:
        judge, interface = port.judge, port.interface
        assert interface is not None, "what a node sends to itself is no stage"
        ruled = judge.ruled(destination, judge.alike(self.crowd.places[destination]), interface, None)
        return Stage(port, None, ruled, Chain.INPUT, judge.foreign(destination), judge.doubted(interface))

    def _onward(self, port: Port, route: Hop, destination: Address, alike: int) -> Stage:
        judge, interface = port.judge, port.interface
        found = way_out(self.fabric, port.view, route, destination, self.size)
        if isinstance(found, DeadEnd) and found.outcome is Outcome.TOO_BIG:
            return self._unclear(port)  # whether its sender is told takes another walk
        if isinstance(found, Exit) and found.interface in port.view.segments:
            return self._unclear(port)
        leads = self._port(found.other, found.there) if isinstance(found, Exit) else found
        ruled = judge.ruled(destination, alike, interface, route.interface)
        foreign = judge.foreign(destination)
        if interface is None:
            return Stage(port, leads, ruled, Chain.OUTPUT, foreign)
        return Stage(port, leads, ruled, Chain.FORWARD, foreign, judge.doubted(interface))

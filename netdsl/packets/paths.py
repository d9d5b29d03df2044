"""The paths of classes of packets: what the walk of one packet found out serves all that take the same path.

A *leg* leads from an ingress (a node, and the interface by which packets come to it) through this node, and through a
tunnel that begins there, to the next ingress where the packet is as it was sent. It holds for the class of packets that
nothing on it told apart, and for what its nodes knew of the flow: the walk follows one packet of each class. A *path* is
the sum of the legs to where packets for one destination end; all of a class that come to an ingress share it.

What changes a packet's addresses (translation) and what is too big has no path: each packet is followed alone.
"""

from dataclasses import field
from functools import reduce

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId
from netdsl.packets.checks import TTL, circle, may_disbelieve
from netdsl.packets.classes import AddressIndex, AddressSet, PacketClass, class_of
from netdsl.packets.doubts import doubts
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Delivered, Frame, Stop
from netdsl.packets.tracking import Flows, Key, Known, Tracker, key_of, of_class, reverse
from netdsl.packets.types import Outcome, Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk

FlowSet = int
"""Flows in the nodes that track them, as bits of one number (see `FlowIndex`)."""


@dataclass(slots=True, eq=False)
class FlowIndex:
    """A number for each pair of a node and a flow in it, both directions alike: the flow of the packets that are asked
    about, or of outer ones."""

    numbers: dict[tuple[NodeId, Key | None], int] = field(default_factory=dict)

    def bit(self, node: NodeId, packet: Packet) -> FlowSet:
        if packet.alike is not None:
            key = None
        else:
            there, back = key_of(packet), key_of(reverse(packet))
            key = there if _order(there) <= _order(back) else back
        return 1 << self.numbers.setdefault((node, key), len(self.numbers))


def _order(key: Key) -> tuple[int, int]:
    return int(key[0]), key[3]


@dataclass(slots=True, eq=False)
class ClassTracker(Tracker):
    """The connection tracking that a packet of a class meets. `passed`: flows that nodes know by the request. `asked`,
    `known`: what they were asked for, and what of it they knew; `confirmed`: what they learned. `is_alone`: they know more
    than that they saw a flow (a node saw the packet twice, or translated an outer packet)."""

    index: FlowIndex = field(default_factory=FlowIndex)
    passed: FlowSet = 0
    asked: FlowSet = 0
    known: FlowSet = 0
    confirmed: FlowSet = 0
    is_alone: bool = False

    def find(self, node: NodeId, packet: Packet) -> Known | None:
        standing = self.standing.get((node, key_of(packet))) if packet.alike is None else None
        if standing is not None:
            return standing
        bit = self.index.bit(node, packet)
        self.asked |= bit
        self.is_alone = self.is_alone or bool(self.confirmed & bit)
        if not self.passed & bit:
            return None
        self.known |= bit
        return Known((packet.source, packet.source_port), (packet.destination, packet.destination_port))

    def confirm(self, node: NodeId, original: Packet, final: Packet) -> None:
        self.is_alone = self.is_alone or key_of(original) != key_of(final)
        self.confirmed |= self.index.bit(node, original)


@dataclass(slots=True, eq=False)
class Ingress:
    """A node, the interface by which packets come to it, and from which node where it asks; without an interface: it sends
    them. `legs`: those from here that hold for more than one destination."""

    view: View
    interface: str | None
    before: View | None
    legs: "list[Leg]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ClassStop:
    """Where packets stop. `is_named`: the reason names what is not alike, addresses or the nodes of a circle."""

    outcome: Outcome
    reason: str
    is_named: bool


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """From an ingress to the next one, for a class of packets.

    It holds for these `sources` and `destinations` where the nodes know, of the flows `asked`, just those `known`.
    `confirmed`: flows that they know afterwards. `hops`: what the time to live loses. `nodes`: those on it. `end`: where
    the packets are then: at an ingress, taken by a node, stopped; None: each is to be followed alone.
    """

    start: Ingress
    sources: AddressSet
    destinations: AddressSet
    asked: FlowSet
    known: FlowSet
    confirmed: FlowSet
    is_raw: bool
    is_encrypted: bool
    hops: int
    nodes: tuple[NodeId, ...]
    end: Ingress | View | ClassStop | None


@dataclass(frozen=True, slots=True, eq=False)
class ClassPath:
    """From an ingress to the end, for a class of packets for one destination: the sum of its legs. `last`: from where the
    last one leads."""

    sources: AddressSet
    asked: FlowSet
    known: FlowSet
    confirmed: FlowSet
    is_raw: bool
    is_encrypted: bool
    hops: int
    end: View | ClassStop | None
    last: Ingress


_Tree = dict[Ingress, list[ClassPath]]


@dataclass(slots=True, eq=False)
class ClassPaths:
    """Of packets of one kind and size, whose addresses are in the index. `is_answer`: they answer requests."""

    fabric: Fabric
    standing: Flows
    addresses: AddressIndex
    flows: FlowIndex
    is_answer: bool
    _ingresses: dict[tuple[NodeId, str | None, NodeId | None], Ingress] = field(default_factory=dict)
    _trees: dict[Address, _Tree] = field(default_factory=dict)

    def follow(self, view: View, packet: Packet, passed: FlowSet = 0) -> ClassPath:
        """The path of a packet from its sender. `passed`: flows that nodes know by its request."""
        source, tree = 1 << self.addresses.numbers[packet.source], self._trees.get(packet.destination)
        if tree is None:
            tree = self._trees[packet.destination] = {}
        ingress, hops = self._ingress(view, None, None), 0
        chain: list[Leg] = []
        while (found := _known_path(tree, ingress, source, passed)) is None or hops + found.hops >= TTL:
            leg = self._leg(ingress, packet, source, passed)
            hops += leg.hops
            if hops >= TTL:
                return reduce(_longer, reversed(chain), _path(leg, _too_long(leg)))
            if not isinstance(leg.end, Ingress):
                found = _path(leg, leg.end)
                tree.setdefault(ingress, []).append(found)
                break
            chain.append(leg)
            ingress = leg.end
        for leg in reversed(chain):
            found = _longer(found, leg)
            tree.setdefault(leg.start, []).append(found)
        return found

    def reason(self, path: ClassPath, view: View, packet: Packet, passed: FlowSet = 0) -> str:
        """Why a packet stops at the end of its path from its sender."""
        assert isinstance(path.end, ClassStop), "it stops"
        if not path.end.is_named:
            return path.end.reason
        if path.end.outcome is Outcome.LOOP:
            return circle(self._nodes(view, packet, passed))
        stopped = self._walk(path.last, packet, passed)[-1]
        assert isinstance(stopped, Stop), "all of its class stop here"
        return stopped.text

    def _nodes(self, view: View, packet: Packet, passed: FlowSet) -> list[NodeId]:
        """Those in which a packet is until its time to live is over."""
        source, ingress, ttl = 1 << self.addresses.numbers[packet.source], self._ingress(view, None, None), TTL
        found: list[NodeId] = []
        while True:
            leg = self._leg(ingress, packet, source, passed)
            ttl -= leg.hops
            if ttl <= 0 or not isinstance(leg.end, Ingress):
                return found
            found += leg.nodes
            ingress = leg.end

    def _leg(self, ingress: Ingress, packet: Packet, source: AddressSet, passed: FlowSet) -> Leg:
        destination = 1 << self.addresses.numbers[packet.destination]
        for known in ingress.legs:
            if known.sources & source and known.destinations & destination and known.asked & passed == known.known:
                return known
        alike, tracker, walk, result = self._walk(ingress, packet, passed)
        found = Leg(
            ingress,
            alike.sources,
            alike.destinations,
            tracker.asked,
            tracker.known,
            tracker.confirmed,
            bool(doubts(self.fabric, walk.hops, result)),
            any(wire.is_encrypted for hop in walk.hops for wire in hop.wires),
            TTL - walk.ttl,
            tuple(hop.node for hop in walk.hops),
            None if alike.is_left or tracker.is_alone else self._end(result, packet),
        )
        if alike.destinations != destination:
            ingress.legs.append(found)
        return found

    def _walk(
        self, ingress: Ingress, packet: Packet, passed: FlowSet
    ) -> tuple[PacketClass, ClassTracker, Walk, Frame | Delivered | Stop]:
        """From an ingress to the next one, or to the end: what was noted on the way, and where it leads."""
        alike = class_of(self.addresses, packet.source, packet.destination)
        tracker = ClassTracker(self.standing, index=self.flows, passed=passed)
        packet = of_class(packet, alike)
        walk = Walk(self.fabric, tracker, self.is_answer)
        if ingress.interface is None:
            result = walk.start(ingress.view, packet)
        else:
            result = walk.step(Frame(ingress.view, ingress.interface, packet, before=ingress.before))
        while isinstance(result, Frame) and (result.packet is not packet or result.came is not None):
            result = walk.step(result)
        return alike, tracker, walk, result

    def _end(self, result: Frame | Delivered | Stop, packet: Packet) -> Ingress | View | ClassStop | None:
        match result:
            case Frame(view, interface, before=before):
                return self._ingress(view, interface, before)
            case Delivered(view):
                return view
            case Stop(outcome):
                is_named = str(packet.source) in result.text or str(packet.destination) in result.text
                return None if outcome in (Outcome.LOOP, Outcome.TOO_BIG) else ClassStop(outcome, result.text, is_named)

    def _ingress(self, view: View, interface: str | None, before: View | None) -> Ingress:
        if before is not None and not may_disbelieve(view, before):
            before = None
        key = (view.id, interface, None if before is None else before.id)
        found = self._ingresses.get(key)
        if found is None:
            found = self._ingresses[key] = Ingress(view, interface, before)
        return found


def _known_path(tree: _Tree, ingress: Ingress, source: AddressSet, passed: FlowSet) -> ClassPath | None:
    for path in tree.get(ingress, ()):
        if path.sources & source and path.asked & passed == path.known:
            return path
    return None


def _too_long(leg: Leg) -> ClassStop | None:
    """Of a leg in which the time to live of a packet is over: at its one hop."""
    return ClassStop(Outcome.LOOP, "", is_named=True) if leg.hops == 1 else None


def _path(leg: Leg, end: View | ClassStop | None) -> ClassPath:
    """The path of one leg."""
    return ClassPath(
        leg.sources,
        leg.asked,
        leg.known,
        leg.confirmed,
        leg.is_raw,
        leg.is_encrypted,
        0 if end is None else leg.hops,
        end,
        leg.start,
    )


def _longer(path: ClassPath, leg: Leg) -> ClassPath:
    """The path from an ingress before. A node that sees the packet twice knows more of it the second time."""
    is_alone = path.end is None or path.asked & leg.confirmed
    return ClassPath(
        leg.sources & path.sources,
        leg.asked | path.asked,
        leg.known | path.known,
        leg.confirmed | path.confirmed,
        leg.is_raw or path.is_raw,
        leg.is_encrypted or path.is_encrypted,
        0 if is_alone else leg.hops + path.hops,
        None if is_alone else path.end,
        path.last,
    )

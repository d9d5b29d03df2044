"""Ways of classes of packets: what the walk of one packet found out serves all that go the same way.

A *stretch* leads from a place (a node, and the interface by which packets come to it) through this node, and through a
tunnel that begins there, to the next place where the packet is as it was sent. It holds for the class of packets that
nothing on it told apart, and for what its nodes knew of the flow: the walk follows one packet of each class. A *way* is the
sum of the stretches to where packets for one destination end; all that come to a place and are alike take the same.

What changes a packet's addresses (translation) and what is too big has no way: each packet is followed alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import reduce

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId
from netdsl.packets.checks import TTL, circle
from netdsl.packets.classes import AddressIndex, AddressSet, PacketClass, class_of
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
class Place:
    """A node, the interface by which packets come to it, and from which node; without these: it sends them. `stretches`:
    those from here that hold for more than one destination."""

    view: View
    interface: str | None
    before: View | None
    stretches: "list[Stretch]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Halt:
    """Where packets stop. `is_named`: the reason names what is not alike, addresses or the nodes of a circle."""

    outcome: Outcome
    reason: str
    is_named: bool


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """From a place to the next one, for a class of packets.

    It holds for these `sources` and `destinations` where the nodes know, of the flows `asked`, just those `known`.
    `confirmed`: flows that they know afterwards. `hops`: what the time to live loses. `nodes`: those on it. `end`: where
    the packets are then: at a place, taken by a node, stopped; None: each is to be followed alone.
    """

    start: Place
    sources: AddressSet
    destinations: AddressSet
    asked: FlowSet
    known: FlowSet
    confirmed: FlowSet
    is_raw: bool
    is_encrypted: bool
    hops: int
    nodes: tuple[NodeId, ...]
    end: Place | View | Halt | None


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """From a place to the end, for a class of packets for one destination: the sum of its stretches. `last`: the place from
    which the last one leads."""

    sources: AddressSet
    asked: FlowSet
    known: FlowSet
    confirmed: FlowSet
    is_raw: bool
    is_encrypted: bool
    hops: int
    end: View | Halt | None
    last: Place


@dataclass(slots=True, eq=False)
class Ways:
    """Of packets of one kind and size, whose addresses are in the index. `is_answer`: they answer requests."""

    fabric: Fabric
    standing: Flows
    addresses: AddressIndex
    flows: FlowIndex
    is_answer: bool
    _places: dict[tuple[NodeId, str | None, NodeId | None], Place] = field(default_factory=dict)
    _trees: dict[Address, dict[Place, list[Way]]] = field(default_factory=dict)

    def follow(self, view: View, packet: Packet, passed: FlowSet = 0) -> Way:
        """The way of a packet from its sender. `passed`: flows that nodes know by its request."""
        source, tree = 1 << self.addresses.places[packet.source], self._trees.get(packet.destination)
        if tree is None:
            tree = self._trees[packet.destination] = {}
        place, hops = self._place(view, None, None), 0
        chain: list[Stretch] = []
        while (found := _known_way(tree, place, source, passed)) is None or hops + found.hops >= TTL:
            stretch = self._stretch(place, packet, source, passed)
            hops += stretch.hops
            if hops >= TTL:
                return reduce(_longer, reversed(chain), _way(stretch, _too_long(stretch)))
            if not isinstance(stretch.end, Place):
                found = _way(stretch, stretch.end)
                tree.setdefault(place, []).append(found)
                break
            chain.append(stretch)
            place = stretch.end
        for stretch in reversed(chain):
            found = _longer(found, stretch)
            tree.setdefault(stretch.start, []).append(found)
        return found

    def reason(self, way: Way, view: View, packet: Packet, passed: FlowSet = 0) -> str:
        """Why a packet stops at the end of its way from its sender."""
        assert isinstance(way.end, Halt), "it stops"
        if not way.end.is_named:
            return way.end.reason
        if way.end.outcome is Outcome.LOOP:
            return circle(self._nodes(view, packet, passed))
        _, stopped = self._walk(
            way.last, packet, class_of(self.addresses, packet.source, packet.destination), self._tracker(passed)
        )
        assert isinstance(stopped, Stop), "all of its class stop here"
        return stopped.text

    def _nodes(self, view: View, packet: Packet, passed: FlowSet) -> list[NodeId]:
        """Those in which a packet is until its time to live is over."""
        source, place, ttl = 1 << self.addresses.places[packet.source], self._place(view, None, None), TTL
        found: list[NodeId] = []
        while True:
            stretch = self._stretch(place, packet, source, passed)
            ttl -= stretch.hops
            if ttl <= 0 or not isinstance(stretch.end, Place):
                return found
            found += stretch.nodes
            place = stretch.end

    def _stretch(self, place: Place, packet: Packet, source: AddressSet, passed: FlowSet) -> Stretch:
        destination = 1 << self.addresses.places[packet.destination]
        for known in place.stretches:
            if known.sources & source and known.destinations & destination and known.asked & passed == known.known:
                return known
        alike, tracker = class_of(self.addresses, packet.source, packet.destination), self._tracker(passed)
        walk, result = self._walk(place, packet, alike, tracker)
        found = Stretch(
            place,
            alike.sources,
            alike.destinations,
            tracker.asked,
            tracker.known,
            tracker.confirmed,
            any(self.fabric.views[hop.node].raw for hop in walk.hops),
            any(wire.is_encrypted for hop in walk.hops for wire in hop.wires),
            TTL - walk.ttl,
            tuple(hop.node for hop in walk.hops),
            None if alike.is_left or tracker.is_alone else self._end(result, packet),
        )
        if alike.destinations != destination:
            place.stretches.append(found)
        return found

    def _walk(
        self, place: Place, packet: Packet, alike: PacketClass, tracker: ClassTracker
    ) -> tuple[Walk, Frame | Delivered | Stop]:
        """From a place to the next one, or to the end."""
        packet = of_class(packet, alike)
        walk = Walk(self.fabric, tracker, self.is_answer)
        if place.interface is None:
            result = walk.start(place.view, packet)
        else:
            result = walk.step(Frame(place.view, place.interface, packet, before=place.before))
        while isinstance(result, Frame) and (result.packet is not packet or result.came is not None):
            result = walk.step(result)
        return walk, result

    def _tracker(self, passed: FlowSet) -> ClassTracker:
        return ClassTracker(self.standing, index=self.flows, passed=passed)

    def _end(self, result: Frame | Delivered | Stop, packet: Packet) -> Place | View | Halt | None:
        match result:
            case Frame(view, interface, before=before):
                return self._place(view, interface, before)
            case Delivered(view):
                return view
            case Stop(outcome):
                is_named = str(packet.source) in result.text or str(packet.destination) in result.text
                return None if outcome in (Outcome.LOOP, Outcome.TOO_BIG) else Halt(outcome, result.text, is_named)

    def _place(self, view: View, interface: str | None, before: View | None) -> Place:
        key = (view.id, interface, None if before is None else before.id)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = Place(view, interface, before)
        return found


def _known_way(tree: Mapping[Place, Sequence[Way]], place: Place, source: AddressSet, passed: FlowSet) -> Way | None:
    for way in tree.get(place, ()):
        if way.sources & source and way.asked & passed == way.known:
            return way
    return None


def _too_long(stretch: Stretch) -> Halt | None:
    """Of a stretch in which the time to live of a packet is over: at its one hop."""
    return Halt(Outcome.LOOP, "", is_named=True) if stretch.hops == 1 else None


def _way(stretch: Stretch, end: View | Halt | None) -> Way:
    """The last stretch."""
    return Way(
        stretch.sources,
        stretch.asked,
        stretch.known,
        stretch.confirmed,
        stretch.is_raw,
        stretch.is_encrypted,
        0 if end is None else stretch.hops,
        end,
        stretch.start,
    )


def _longer(way: Way, stretch: Stretch) -> Way:
    """The way from a place before. A node that sees the packet twice knows more of it the second time."""
    is_alone = way.end is None or way.asked & stretch.confirmed
    return Way(
        stretch.sources & way.sources,
        stretch.asked | way.asked,
        stretch.known | way.known,
        stretch.confirmed | way.confirmed,
        stretch.is_raw or way.is_raw,
        stretch.is_encrypted or way.is_encrypted,
        0 if is_alone else stretch.hops + way.hops,
        None if is_alone else way.end,
        way.last,
    )

"""Flows that share their way: packets for one address take the same one from each place on, whoever sent them.

A flow is then two look-ups: its request in the tree of its destination, the answer in that of its source. One that
somebody stops is followed to the place where it is. What changes a packet (address translation, tunnels), and what goes
round or is too big, is not decided here: ask `predict`.
"""

from dataclasses import field
from functools import partial

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.service import PortService, Protocol
from netdsl.packets.checks import IKE_PORTS, disbelief, unbelieved_asker
from netdsl.packets.filtering import refusal
from netdsl.packets.links import DeadEnd
from netdsl.packets.tracking import reverse
from netdsl.packets.types import Outcome, Packet
from netdsl.packets.view import View
from netdsl.packets.world import World
from netdsl.verify.crowd import Crowd, crowd_of
from netdsl.verify.judging import NOTHING
from netdsl.verify.predict import PROBE_SIZE, probe, success, taken
from netdsl.verify.trees import Trees, Way

_REQUEST, _ANSWER, _ERROR = range(3)
_ECHO = (None, "echo-request")


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a flow that nothing encrypts, as `predict` says it."""

    outcome: Outcome
    is_exact: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Where a packet ends, and bits of the nodes that it has seen. No outcome: it is taken."""

    outcome: Outcome | None
    text: str
    nodes: int


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a node says to a request, by which kind of packet."""

    kind: int
    outcome: Outcome
    reason: str


@dataclass(slots=True, eq=False)
class SharedWays:
    """Kinds of packets: the request, its answer, an error about it. `raw`, `tracking`: bits of such nodes."""

    crowd: Crowd
    trees: Trees
    raw: int
    tracking: int
    _takers: dict[NodeId, _Taken | None] = field(default_factory=dict)

    def answer(self, source: View, destination: Address) -> Answer | None:
        """To a node's question. None: that is not so simple."""
        own, places = source.source_towards(destination), self.crowd.places
        if own is None or own not in places or destination not in places:
            return None
        there = self.trees.way(source, destination)
        if there.last is None or (there.unsure | there.held[_REQUEST]) >> places[own] & 1:
            return self._failed(there, own, destination)
        says = self._taken(there.last, own, destination)
        if says is None:
            return None
        back = self.trees.way(there.last, own)
        is_held = back.held[says.kind] >> places[destination] & 1 and back.nodes & self.tracking & ~there.nodes
        if back.last is not source or is_held or back.unsure >> places[destination] & 1:
            return self._unanswered(there, back, says, source, own, destination)
        return Answer(says.outcome, not (there.nodes | back.nodes) & self.raw, says.reason)

    def _failed(self, there: Way, own: Address, destination: Address) -> Answer | None:
        stop = self._follow(there, _REQUEST, own, destination, 0)
        if stop is None or stop.outcome is None:
            return None
        is_exact = not stop.nodes & self.raw and stop.outcome is not Outcome.NOT_VERIFIED
        return Answer(stop.outcome, is_exact, stop.text)

    def _unanswered(
        self, there: Way, back: Way, says: _Taken, source: View, own: Address, destination: Address
    ) -> Answer | None:
        stop = self._follow(back, says.kind, destination, own, there.nodes)
        if stop is None or there.last is None:
            return None
        is_exact = not (there.nodes | stop.nodes) & self.raw
        if stop.outcome is not None:
            text = f"it arrives at `{there.last.id}`, and the answer does not come back: {stop.text}"
            return Answer(Outcome.NO_WAY_BACK, is_exact, text)
        return Answer(says.outcome, is_exact, says.reason) if back.last is source else None

    def _taken(self, view: View, source: Address, destination: Address) -> _Taken | None:
        if view.id not in self._takers:
            asked = self.trees.kinds[_REQUEST](source, destination)
            given, outcome, served = taken(view, asked)
            kind = _ERROR if given is not None and given.is_error else _ANSWER
            says = _Taken(kind, outcome, success(view, asked, outcome, served))
            self._takers[view.id] = None if given is None else says
        return self._takers[view.id]

    def _follow(self, way: Way, kind: int, source: Address, destination: Address, known: int) -> _Stopped | None:
        """One packet to its end; None: somebody may change it. `known`: bits of the nodes that know its flow."""
        who, nodes = self.crowd.one(source), 0
        before: View | None = None
        here: Way | None = way
        while here is not None:
            stage, port = here.stage, here.stage.port
            ruled = NOTHING if port.bit & known else stage.ruled[kind]
            nodes |= port.bit
            if (stage.foreign | ruled.translated) & who:
                return None
            if stage.doubted & who and port.interface is not None:
                packet = self.trees.kinds[kind](source, destination)
                doubt = partial(port.judge.doubt, port.interface)
                text = doubt(packet)
                asker = unbelieved_asker(port.view, port.interface, before, packet, doubt)
                return None if text is None else _Stopped(*disbelief(text, asker), nodes)
            if ruled.stopped & who:
                return _Stopped(*refusal(ruled.ruling(who), stage.chain, port.view.id), nodes)
            if isinstance(stage.leads, DeadEnd):
                return _Stopped(stage.leads.outcome, stage.leads.text, nodes)
            before, here = port.view, here.next
        return _Stopped(None, "", nodes)


def shared_ways(world: World, service: PortService | None) -> SharedWays | None:
    """For one kind of question. None: nothing of it is shared; nodes have something to say to it that rules do not."""
    if not _is_shared(service):
        return None
    fabric = world.fabric

    def request(source: Address, destination: Address) -> Packet:
        return probe(source, destination, service, PROBE_SIZE)

    def answer(source: Address, destination: Address) -> Packet:
        return reverse(request(destination, source))

    def error(source: Address, destination: Address) -> Packet:
        return reverse(request(destination, source), is_error=True)

    is_udp = service is not None and service.protocol is Protocol.UDP
    crowd = crowd_of(fabric.addresses)
    trees = Trees(fabric, crowd, (request, answer, error) if is_udp else (request, answer), PROBE_SIZE)
    raw = sum(trees.bits[view.id] for view in fabric.views.values() if view.raw)
    tracking = sum(trees.bits[view.id] for view in fabric.views.values() if view.tracks)
    return SharedWays(crowd, trees, raw, tracking)


def _is_shared(service: PortService | None) -> bool:
    """IKE and what tunnels consist of is looked at more closely: by rules of their own, by what stands already."""
    if service is None or (service.protocol is Protocol.ICMP and service.icmp_type in _ECHO):
        return True
    return service.protocol in (Protocol.TCP, Protocol.UDP) and service.first not in IKE_PORTS

"""Requests and their answers by the paths of classes of packets: one question for all that go the same path.

What each packet is to be followed for alone is not decided here: ask `predict`.
"""

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address
from netdsl.ir.service import PortService, Protocol
from netdsl.packets.classes import AddressIndex, index_of
from netdsl.packets.paths import ClassPaths, ClassStop, FlowIndex
from netdsl.packets.types import Outcome
from netdsl.packets.view import View, is_unicast
from netdsl.packets.world import World
from netdsl.verify.predict import PROBE_SIZE, no_way_back, probe, success, taken, unanswered


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a flow, as `predict` says it."""

    outcome: Outcome
    is_encrypted: bool
    is_exact: bool
    reason: str


@dataclass(slots=True, eq=False)
class FlowClasses:
    """Requests of one kind, their answers, and errors about them."""

    service: PortService | None
    addresses: AddressIndex
    requests: ClassPaths
    answers: ClassPaths
    errors: ClassPaths
    tells_packets_apart: bool = False  # those of one TCP connection: some filter does

    def ask(self, source: View, destination: Address) -> Answer | None:
        """To a node's request. None: it is to be followed alone."""
        own, numbers = source.source_towards(destination), self.addresses.numbers
        if own is None or own not in numbers or destination not in numbers or not is_unicast(destination, source):
            return None
        request = probe(own, destination, self.service, PROBE_SIZE)
        there = self.requests.follow(source, request)
        if there.end is None:
            return None
        if isinstance(there.end, ClassStop):
            is_exact = not there.is_raw and there.end.outcome is not Outcome.NOT_VERIFIED
            return Answer(there.end.outcome, there.is_encrypted, is_exact, self.requests.reason(there, source, request))
        answer, outcome, served = taken(there.end, request)
        if answer is None:
            return Answer(Outcome.NOT_VERIFIED, there.is_encrypted, False, unanswered(there.end, request))
        paths = self.errors if answer.is_error else self.answers
        back = paths.follow(there.end, answer, there.confirmed)
        is_encrypted, is_exact = there.is_encrypted or back.is_encrypted, not (there.is_raw or back.is_raw)
        if isinstance(back.end, ClassStop):
            text = no_way_back(there.end, paths.reason(back, there.end, answer, there.confirmed))
            if back.end.outcome is Outcome.NOT_VERIFIED:
                return Answer(Outcome.NOT_VERIFIED, is_encrypted, False, text)
            return Answer(Outcome.NO_WAY_BACK, is_encrypted, is_exact, text)
        if back.end is not source or (outcome is Outcome.ANSWERED and self.tells_packets_apart):
            return None
        return Answer(outcome, is_encrypted, is_exact, success(there.end, request, outcome, served))


def flow_classes(world: World, service: PortService | None) -> FlowClasses:
    """For one kind of question."""
    addresses, flows, standing = index_of(world.fabric.addresses), FlowIndex(), world.tunnels.standing
    requests = ClassPaths(world.fabric, standing, addresses, flows, is_answer=False)
    if not any(view.asks_more_than_addresses for view in world.fabric.views.values()):
        return FlowClasses(service, addresses, requests, requests, requests)
    answers, errors = (ClassPaths(world.fabric, standing, addresses, flows, is_answer=True) for _ in range(2))
    is_tcp = service is not None and service.protocol is Protocol.TCP
    is_judged = is_tcp and any(view.judges_connections for view in world.fabric.views.values())
    return FlowClasses(service, addresses, requests, answers, errors, is_judged)

"""From a claim to flows: the packets to send for it, and the questions that a node asks for each."""

from collections.abc import Iterator, Sequence

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import Encrypted, GoesThrough, Reaches
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.node import Served
from netdsl.ir.service import PortService, Protocol
from netdsl.ir.service_kinds import service_kinds
from netdsl.packets.types import Outcome, Verdict
from netdsl.packets.world import World
from netdsl.testing.probes import Kind, Question, Reply
from netdsl.verify.goals import Target, probes, targets
from netdsl.verify.predict import predict
from netdsl.verify.types import Proof

_DNS_PORT = 53
_TLS_SECONDS = "4"
_PING_HEADERS = {4: 28, 6: 48}
"""Bytes of IP and ICMP, by family."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A source node, a destination address and a service. `target`: the node that the claim names; None if it names an
    address. `kind`: how it is probed; None if no program of a node can (SCTP, outer packets)."""

    source: NodeId
    target: NodeId | None
    address: Address
    service: PortService | None
    predicted: Verdict
    kind: Kind | None
    served: str | None = None  # the kind of the service at the destination: http, https …

    def question(self, text: str) -> Question:
        assert self.kind is not None, "the caller checks it"
        number = 0 if self.service is None else self.service.first or 0
        return Question(self.kind, self.address, number, text)

    def whole_question(self, text: str, size: int) -> Question:
        """A ping of `size` bytes, IP and ICMP headers included, that must not be fragmented."""
        room = max(size - _PING_HEADERS[self.address.version], 0)
        return Question(Kind.WHOLE, self.address, 0, text[:room].ljust(room, "."))

    def tls_question(self) -> Question:
        """A request inside of TLS, without verification of the certificate."""
        host = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        number = self.service.first if self.service is not None else 443
        fetch = ("busybox", "wget", "-q", "-T", _TLS_SECONDS, "--no-check-certificate", "-O", "-")
        return Question(Kind.RUN, words=("timeout", _TLS_SECONDS, *fetch, f"https://{host}:{number}/"))

    def __str__(self) -> str:
        return f"{self.address} {self.service or 'ping'}"


Group = tuple[Flow, ...]
"""Alternative flows of one question: one that succeeds is enough."""


def groups_of(world: World, proof: Proof) -> tuple[Group, ...]:
    """The flows of a claim. If the verifier proved that it holds, they are the flows of the proof."""
    claim = proof.line.claim
    assert isinstance(claim, Reaches | Encrypted | GoesThrough), "other claims have no flows"
    is_negative = isinstance(claim, Reaches) and claim.is_negative
    wanted = [
        (target, service)
        for target in targets(world, claim.source, claim.goal)
        for service in probes(world, target, claim.goal.services, is_negative=is_negative)
        if target.addresses
    ]
    if proof.holds and not is_negative and len(wanted) == len(proof.verdicts):
        pairs = zip(wanted, proof.verdicts, strict=True)
        return tuple((_flow(world, target.node, verdict),) for (target, _), verdict in pairs)
    found = [tuple(_alternatives(world, claim.source, target, service)) for target, service in wanted]
    if is_negative:
        return tuple((flow,) for group in found for flow in group)
    return tuple(found)


def _alternatives(world: World, source: NodeId, target: Target, service: PortService | None) -> Iterator[Flow]:
    for address in target.addresses:
        yield _flow(world, target.node, predict(world, source, address, service))


def _flow(world: World, target: NodeId | None, verdict: Verdict) -> Flow:
    served = _served(world, target, verdict)
    word = None if served is None else served.kind
    return Flow(
        verdict.source, target, verdict.destination, verdict.service, verdict, _kind(verdict.service, word), word
    )


def _served(world: World, target: NodeId | None, verdict: Verdict) -> Served | None:
    node, name = verdict.answered_by or (target, None)
    if node is None or verdict.service is None:
        return None
    for served in world.view(node).node.services:
        if name == served.name or (name is None and served.service.first == verdict.service.first):
            return served
    return None


def _kind(service: PortService | None, served: str | None) -> Kind | None:
    if service is None:
        return Kind.ICMP
    if served is not None and service_kinds()[served].is_silent:
        return None
    match service.protocol:
        case Protocol.ICMP:
            return Kind.ICMP if service.icmp_type in (None, "echo-request") else None
        case Protocol.TCP:
            return Kind.TCP if service.first is not None else None
        case Protocol.UDP:
            if service.first == _DNS_PORT or (served is not None and service_kinds()[served].has_zone):
                return Kind.DNS
            return Kind.UDP if service.first is not None else None
        case _:
            return None


_MOST_CONTROLS = 3


@dataclass(frozen=True, slots=True)
class Controls:
    """Probes of which one must pass from the same node; otherwise missing answers elsewhere prove nothing."""

    questions: tuple[Question, ...] = ()
    texts: tuple[str, ...] = ()

    def passed(self, replies: Sequence[Reply]) -> str | None:
        """The control that passed, as text; None if none did. `replies`: those to `questions`."""
        if not self.questions:
            return "none: nobody near answers"
        found = zip(self.texts, replies, strict=True)
        return next((f"{text} answers" for text, reply in found if reply.passes), None)

    @property
    def silence(self) -> str:
        """The reason why missing answers prove nothing."""
        return f"the control does not pass: {', '.join(self.texts)} silent"


def controls_of(world: World, source: NodeId, expected: Sequence[Flow], tested: Sequence[Flow]) -> Controls:
    """Controls for tests from `source`: one of the `expected` flows, then pings of neighbours that are predicted to
    answer. Flows in `tested` are excluded."""
    found: dict[Question, str] = {}
    excluded = {(flow.address, flow.service) for flow in tested}
    for flow in expected:
        if flow.source == source and flow.kind is not None and (flow.address, flow.service) not in excluded:
            found[flow.question("control")] = str(flow)
            break
    for address in _neighbours(world, source):
        if len(found) == _MOST_CONTROLS:
            break
        if (address, None) not in excluded and predict(world, source, address).outcome is Outcome.ANSWERED:
            found[Question(Kind.ICMP, address, 0, "control")] = f"{address}"
    return Controls(tuple(found), tuple(found.values()))


def _neighbours(world: World, source: NodeId) -> Iterator[Address]:
    """The addresses of other nodes on the node's networks."""
    networks = {interface.network for interface in world.view(source).node.interfaces}
    for view in world.fabric.views.values():
        if view.id != source:
            shared = (interface for interface in view.node.interfaces if interface.network in networks)
            yield from (address.ip for interface in shared for address in interface.addresses)

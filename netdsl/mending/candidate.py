"""A change that may make a line hold, and the line that does not."""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics.fix import Edit
from netdsl.ir.expectation import Claim, Reaches
from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.mending.statements import Statements, cited, written
from netdsl.packets.types import Hop, Outcome, Packet, Verdict
from netdsl.packets.view import View
from netdsl.packets.world import World
from netdsl.source import Span
from netdsl.verify.predict import PROBE_SIZE, probe


@dataclass(frozen=True, slots=True)
class Candidate:
    """`sentence`: what nearly holds and how it is written instead; lower case, no full stop. `is_wider`: a line for other
    packets takes these too, which is less likely meant than a slip."""

    sentence: str
    edits: tuple[Edit, ...]
    is_wider: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FailedLine:
    """A line that does not hold, in the state that it is about. `verdict`: of the flow that decided; `tunnel`: whose outer
    packets that flow is."""

    world: World
    claim: Claim
    verdict: Verdict
    statements: Statements
    tunnel: TunnelId | None = None

    @property
    def must_pass(self) -> bool:
        """Whether the flow has to pass; else it must not."""
        return not (isinstance(self.claim, Reaches) and self.claim.is_negative)

    @property
    def asker(self) -> Address | None:
        """The address that the request is sent from."""
        return self.view(self.verdict.source).source_towards(self.verdict.destination)

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The way on which the flow stops: of its answer, where the request arrived."""
        return self.verdict.answer if self.verdict.outcome is Outcome.NO_WAY_BACK else self.verdict.request

    def view(self, node: NodeId) -> View:
        return self.world.view(node)


def arriving(failure: FailedLine) -> Iterator[tuple[Hop, Packet]]:
    """Each hop of the request with the packet as it comes there; nothing where the asker has no address."""
    source, verdict = failure.asker, failure.verdict
    packet = None if source is None else probe(source, verdict.destination, verdict.service, PROBE_SIZE)
    for hop in verdict.request if packet is not None else ():
        assert packet is not None, "asked before"
        yield hop, packet
        packet = last_packet(hop) or packet


def last_packet(hop: Hop) -> Packet | None:
    """What a packet is when a node has done with it."""
    return hop.steps[-1].packet if hop.steps else None


def destinations(first: Address, hops: tuple[Hop, ...]) -> Iterator[tuple[Hop, Address]]:
    """Each hop with where the packet goes to as it leaves the node."""
    destination = first
    for hop in hops:
        packet = last_packet(hop)
        destination = destination if packet is None else packet.destination
        yield hop, destination


def instead(span: Span, fault: str, *edits: Edit) -> Candidate:
    """A statement written otherwise; `fault`: what is off about it."""
    return Candidate(f"{cited(span)} {fault}: `{written(span, edits)}`", edits)

"""Prediction beside observation: what agrees, and what does not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netdsl.ir.expectation import Begun, BehindNat, Form, Given, HasForm, StateClaim, Uses
from netdsl.ir.ids import TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Selectors
from netdsl.lower.lower import lower
from netdsl.packets.doubts import own_doubts
from netdsl.packets.state import ChildState, state_of
from netdsl.packets.tunnels import Connection
from netdsl.payload.part import state_of_kind
from netdsl.pipeline.analysis import check_text
from netdsl.testing.agreed import state_said
from netdsl.testing.reading import section
from netdsl.verify import Esp, Verdict, World, predict
from netdsl.verify import Outcome as Predicted
from netdsl.verify.state import compared
from tests.differential.flows import Flow, Outcome, Seen
from tests.differential.observing import Observation

NOTHING = frozenset({Outcome.TIMEOUT})
SOMEBODY_SAYS_NO = frozenset({Outcome.TIMEOUT, Outcome.UNREACHABLE})  # the ICMP error may get lost on its own way
FITTING: dict[Predicted, frozenset[Outcome]] = {
    Predicted.ANSWERED: frozenset({Outcome.ANSWERED}),
    Predicted.REFUSED: frozenset({Outcome.REFUSED}),
    Predicted.DROPPED: NOTHING | {Outcome.BLOCKED},
    Predicted.REJECTED: NOTHING | {Outcome.REJECTED, Outcome.BLOCKED},
    Predicted.NO_ROUTE: SOMEBODY_SAYS_NO,
    Predicted.UNREACHABLE: SOMEBODY_SAYS_NO,
    Predicted.LOOP: SOMEBODY_SAYS_NO,
    Predicted.TOO_BIG: SOMEBODY_SAYS_NO,
    Predicted.NO_WAY_BACK: NOTHING,
}
"""What a probe may see of each outcome."""
HALF_KNOWN = ("and what follows does not", "depends on the port that the client chose")
"""Reasons of what cannot be known although nothing is raw: the request arrives, and more depends on the programs."""
BY_TIME = ("depends on which end sent first", "depends on which end opens", "depends on when", "depends on the wire")
"""Reasons of what cannot be known, whatever is seen."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One flow. `difference` is empty where prediction and reality agree."""

    seed: int
    flow: Flow
    predicted: Verdict
    seen: Seen
    difference: str

    @property
    def agrees(self) -> bool:
        return not self.difference


def lab_of(source: str) -> Lab:
    """What compilation makes of a generated lab (which has no way out to close)."""
    bindings = check_text(source.encode()).bindings
    assert bindings is not None, "a lab that was up compiles"
    return lower(bindings)


def world_of(observation: Observation) -> World:
    """The lab with the ESP that its nodes had."""
    lab = lab_of(observation.source)
    ipsec = {end.tunnel for node in lab.nodes for end in node.tunnels if isinstance(end.steering, Selectors)}
    spaces = {state.esp for state in observation.tunnels if TunnelId(state.tunnel) in ipsec}
    return World(lab, Esp(spaces.pop()) if spaces else Esp.USER)


def tunnels_that_differ(world: World, observation: Observation) -> tuple[str, ...]:
    """A tunnel is up where all of its children are, at all of its ends."""
    found = []
    for tunnel in dict.fromkeys(state.tunnel for state in observation.tunnels):
        is_up = all(state.state == "up" for state in observation.tunnels if state.tunnel == tunnel)
        ends = (world.view(state.node) for state in observation.tunnels if state.tunnel == tunnel)
        may_be = {one.is_up(TunnelId(tunnel)) for one in (world, *world.others)}
        if is_up not in may_be and not any(own_doubts(view) for view in ends):
            found.append(f"lab {observation.seed}: tunnel {tunnel} is {'up' if is_up else 'down'}, predicted otherwise")
    return tuple(found)


def states_that_differ(world: World, observation: Observation) -> tuple[str, ...]:
    """What the ends of a tunnel have agreed on, where it is known before: at each end that says that the child is up. What
    differs from one prediction alone, of those for several orders in which tunnels come up, was not known."""
    found, *others = [_states_that_differ(one, observation) for one in (world, *world.others)]
    return tuple(one for one in found if all(one in other for other in others))


def _states_that_differ(world: World, observation: Observation) -> tuple[str, ...]:
    predicted = {
        (state.node, state.tunnel, state.peer, state.child): state
        for tunnel, connections in world.tunnels.connections.items()
        if not any(own_doubts(world.view(end.node)) for end in world.lab.tunnel_ends(tunnel))
        for connection in connections
        for state in _states(world, connection)
    }
    found = []
    for node, kind, text in observation.listed:
        reports = state_of_kind(kind).reports(text)
        ends = [(end, child) for end in world.view(node).node.tunnels for child in end.children if end.kind == kind]
        for end, child in ends:
            state = predicted.get((node, end.tunnel, end.peer or node, child.name))
            said = [state_said(end, child, one) for one in reports if one.child == section(end, child)]
            differences = (text for one in said for text in _differences(state, one)) if state is not None else ()
            found += [f"lab {observation.seed}: {difference}" for difference in differences]
    return tuple(dict.fromkeys(found))


def _states(world: World, connection: Connection) -> Iterable[ChildState]:
    kind = state_of(connection.here.kind)
    return () if kind is None else kind.states(world.fabric, world.tunnels, connection)


def _differences(state: ChildState, said: ChildState) -> Iterator[str]:
    """Each claim about the state that is so and not said, or the contrary."""
    part = (state.tunnel, state.child, None, False)
    claims: list[StateClaim] = [Uses(*part, one.protocol, one.words) for one in state.uses]
    claims += [Begun(*part, state.node), BehindNat(*part, state.node), *(HasForm(*part, form) for form in Form)]
    claims += [Given(*part, state.node, address) for address in (*state.given, *said.given)]
    for claim in claims:
        known, seen = compared(claim, state), compared(claim, said)
        if known.doubt is None and known.is_so != seen.is_so:
            yield f"{known.text} is predicted, and `{state.node}` says: {seen.text}"


def compare(world: World, observation: Observation) -> Iterator[Compared]:
    """Every flow that was asked, beside its prediction. Raises what `predict` raises."""
    for flow, seen in observation.seen:
        predicted = predict(world, flow.source, flow.destination, flow.service)
        yield Compared(observation.seed, flow, predicted, seen, difference_of(flow, predicted, seen))


def difference_of(flow: Flow, predicted: Verdict, seen: Seen) -> str:
    """In words, or nothing."""
    if predicted.raw:
        return ""  # a command may have changed it
    if predicted.outcome is Predicted.NOT_VERIFIED:
        return _difference_of_unknown(predicted.reason, seen)
    if not _fits(flow, predicted.outcome, seen):
        return f"predicted {predicted.outcome}, seen {seen.outcome}"
    said = seen.detail
    if seen.outcome is Outcome.ANSWERED and predicted.answered_by is not None and said != "-":
        node, service = predicted.answered_by
        if service is not None and said.partition(".")[::2] != (node, service):
            return f"predicted an answer by {node}.{service}, seen one by {said}"
    return ""


def _difference_of_unknown(reason: str, seen: Seen) -> str:
    """What a rule rejects that the connection meets later, a program has as a refusal or as an end."""
    if any(words in reason for words in BY_TIME):
        return ""
    if not any(words in reason for words in HALF_KNOWN):
        return "nothing in these labs is raw, and all of it can be predicted"
    fitting = {Outcome.ANSWERED, Outcome.TIMEOUT} | ({Outcome.REFUSED} if "rejected by" in reason else set())
    return "" if seen.outcome in fitting else f"half known, seen {seen.outcome}"


def _fits(flow: Flow, predicted: Predicted, seen: Seen) -> bool:
    """A refused datagram and a rejected one look the same: port unreachable."""
    is_datagram = flow.service is not None and flow.service.protocol is Protocol.UDP
    if predicted is Predicted.REJECTED and is_datagram and seen.outcome is Outcome.REFUSED:
        return True
    return seen.outcome in FITTING[predicted]

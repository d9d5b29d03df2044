"""Trials for `reaches` and `cannot reach`: how answers, refusals and missing answers are evaluated."""

from collections.abc import Sequence

from netdsl.ir.expectation import Reaches
from netdsl.ir.ids import NodeId, TunnelId
from netdsl.ir.tunnel import TunnelEnd
from netdsl.packets import types as packets
from netdsl.packets.world import World
from netdsl.testing.flows import Controls, Flow, Group, controls_of
from netdsl.testing.probes import Kind, Outcome, Question, Reply
from netdsl.testing.sight import Frame, carries
from netdsl.testing.trial import Asked, Listener, Observed, Trial, untested
from netdsl.testing.types import Seen
from netdsl.testing.watching import marks, sized


def reaches(world: World, claim: Reaches, groups: Sequence[Group], mark: str, seconds: float) -> Trial:
    """Holds if each group has a flow that is answered, by the node and service and through the tunnels of the claim."""
    untestable_reason = _untestable(groups)
    if untestable_reason is not None:
        return untested(untestable_reason)
    flows = [flow for group in groups for flow in group]
    if claim.whole_up_to is not None and any(flow.kind is not Kind.ICMP for flow in flows):
        return untested("of pings alone the size can be chosen")
    if claim.through:
        return _through(world, claim, flows[0], mark, seconds)
    asked = [Asked(flow.source, _question(flow, claim, f"{mark}-{number}")) for number, flow in enumerate(flows)]
    fetched = [flow for flow in flows if _is_fetched(flow, claim)]
    asked += [Asked(flow.source, flow.tls_question()) for flow in fetched]
    ambiguous = [flow for flow in flows if _is_ambiguous(world, flow)]
    listeners = _listeners_at_targets(ambiguous)

    def evaluate(observed: Observed) -> Seen:
        replies = _replies(flows, fetched, observed)
        found = []
        for group in groups:
            fitting = [replies[id(flow)] for flow in group if _is_expected(flow, claim, replies[id(flow)])]
            if any(flow in ambiguous and not _arrived(flow, flows, mark, observed) for flow in group):
                return Seen(False, f"{group[0].address} is answered by somebody else")
            if not fitting:
                return Seen(False, _missing(group[0], claim, replies[id(group[0])], len(groups)))
            found.append(str(fitting[0]))
        return Seen(True, _listed(found))

    return Trial(tuple(asked), evaluate, listeners, seconds)


def cannot_reach(
    world: World, claim: Reaches, groups: Sequence[Group], expected: Sequence[Flow], mark: str, seconds: float
) -> Trial:
    """Holds if no flow arrives, while a control from the same node passes."""
    untestable_reason = _untestable(groups)
    if untestable_reason is not None:
        return untested(untestable_reason)
    flows = [flow for group in groups for flow in group]
    controls = controls_of(world, claim.source, expected, flows)
    if claim.through:
        return _not_through(world, claim, flows[0], controls, mark, seconds)
    asked = [Asked(flow.source, flow.question(f"{mark}-{number}")) for number, flow in enumerate(flows)]
    fetched = [flow for flow in flows if _is_fetched(flow, claim)]
    asked += [Asked(flow.source, flow.tls_question()) for flow in fetched]
    count = len(asked)
    asked += [Asked(claim.source, question) for question in controls.questions]
    ambiguous = [flow for flow in flows if _is_ambiguous(world, flow)]

    def evaluate(observed: Observed) -> Seen:
        passed = controls.passed(observed.replies[count:])
        if passed is None:
            return Seen(None, controls.silence)
        replies = _replies(flows, fetched, observed)
        texts = []
        for flow in flows:
            reply = replies[id(flow)]
            is_other = flow in ambiguous and not _arrived(flow, flows, mark, observed)
            if _reaches(world, flow, claim, reply) and not is_other:
                return Seen(False, f"{flow} {reply}", passed)
            texts.append(f"{reply}, by another node" if is_other and reply.passes else str(reply))
        return Seen(True, _listed(texts), passed)

    return Trial(tuple(asked), evaluate, _listeners_at_targets(ambiguous), seconds)


def _question(flow: Flow, claim: Reaches, text: str) -> Question:
    return flow.question(text) if claim.whole_up_to is None else flow.whole_question(text, claim.whole_up_to)


def _untestable(groups: Sequence[Group]) -> str | None:
    if not groups or not all(groups):
        return "there is nobody to ask"
    missing = next((flow for group in groups for flow in group if flow.kind is None), None)
    return f"nothing in a node asks {missing.service}" if missing is not None else None


def _is_fetched(flow: Flow, claim: Reaches) -> bool:
    return flow.served == "https" and claim.answered_by is not None


def _replies(flows: Sequence[Flow], fetched: Sequence[Flow], observed: Observed) -> dict[int, Reply]:
    """The replies by the flow's id(); for a TLS service the reply inside of TLS."""
    found = {id(flow): reply for flow, reply in zip(flows, observed.replies, strict=False)}
    for flow, reply in zip(fetched, observed.replies[len(flows) :], strict=False):
        if found[id(flow)].outcome is Outcome.ANSWERED:
            found[id(flow)] = Reply(Outcome.ANSWERED, reply.text.partition("\n")[0] if reply.status == 0 else "")
    return found


def _is_expected(flow: Flow, claim: Reaches, reply: Reply) -> bool:
    return reply.outcome is Outcome.ANSWERED and _is_from(flow, claim.answered_by, reply)


def _is_from(flow: Flow, server: tuple[NodeId, str | None] | None, reply: Reply) -> bool:
    """Whether the claim's node and service answered. Services send their name, `NODE.SERVICE`; for pings and DNS the
    prediction is used."""
    if server is None:
        return True
    node, service = server
    if flow.kind is None or not flow.kind.says_who_answers:
        by = flow.predicted.answered_by
        return by is not None and by[0] == node and service in (None, by[1])
    return reply.text == f"{node}.{service}" if service is not None else reply.text.rpartition(".")[0] == node


def _missing(flow: Flow, claim: Reaches, reply: Reply, count: int) -> str:
    prefix = f"{flow} " if count > 1 or reply.outcome is not Outcome.ANSWERED else ""
    if reply.outcome is Outcome.ANSWERED and claim.answered_by is not None and not reply.text:
        return f"{prefix}answered, and does not say by whom"
    return f"{prefix}{reply}"


def _reaches(world: World, flow: Flow, claim: Reaches, reply: Reply) -> bool:
    if not reply.passes or world.view(flow.source).is_local(flow.address):
        return False
    is_datagram = flow.kind is not None and flow.kind.is_datagram
    if is_datagram and reply.outcome is Outcome.REFUSED and flow.predicted.outcome is packets.Outcome.REJECTED:
        return False  # an ICMP error does not say which node refuses the datagram
    if claim.answered_by is not None:
        return _is_expected(flow, claim, reply)
    is_other = flow.target is not None and reply.text and reply.text.rpartition(".")[0] != flow.target
    return not (is_other and not claim.goal.services and reply.text.rpartition(".")[0] in world.fabric.views)


def _listed(replies: Sequence[str]) -> str:
    texts = list(dict.fromkeys(replies))
    shown = ", ".join(texts[:3]) + (", …" if len(texts) > 3 else "")
    return f"{shown} ({len(replies)} flows)" if len(replies) > 1 else shown


# --- several nodes with one address: which one answered


def _is_ambiguous(world: World, flow: Flow) -> bool:
    """Whether an answer without a name may come from another node than the target."""
    if flow.target is None or world.view(flow.source).is_local(flow.address):
        return False
    by = flow.predicted.answered_by
    is_shared = len(world.fabric.addresses.get(flow.address, ())) > 1
    return flow.kind is Kind.ICMP and (is_shared or (by is not None and by[0] != flow.target))


def _listeners_at_targets(flows: Sequence[Flow]) -> tuple[Listener, ...]:
    return tuple(dict.fromkeys(Listener(flow.target, "any") for flow in flows if flow.target is not None))


def _arrived(flow: Flow, flows: Sequence[Flow], mark: str, observed: Observed) -> bool:
    """Whether the target received the packet, according to the recording at it."""
    number = next(index for index, candidate in enumerate(flows) if candidate is flow)
    recorded = (frames for listener, frames in observed.recorded.items() if listener.node == flow.target)
    return any(frame.shows(f"{mark}-{number}") for frames in recorded for frame in frames)


# --- through a tunnel


def _through(world: World, claim: Reaches, flow: Flow, mark: str, seconds: float) -> Trial:
    texts = sized(world, flow, mark)
    asked = tuple(Asked(flow.source, flow.question(text)) for text in texts)
    if claim.whole_up_to is not None:
        asked += (Asked(flow.source, flow.whole_question("whole", claim.whole_up_to)),)

    def evaluate(observed: Observed) -> Seen:
        failed = next((reply for reply in observed.replies if not _is_expected(flow, claim, reply)), None)
        if failed is not None:
            return Seen(False, _missing(flow, claim, failed, 1))
        missing = [tunnel for tunnel in claim.through if not carried(world, tunnel, mark, texts, observed)]
        if missing:
            return Seen(False, f"answered, and no packet of `{missing[0]}` carries it")
        return Seen(True, f"{observed.replies[0]}, in packets of {', '.join(f'`{one}`' for one in claim.through)}")

    return Trial(asked, evaluate, _listeners_at_ends(world, claim.through), seconds)


def _not_through(world: World, claim: Reaches, flow: Flow, controls: Controls, mark: str, seconds: float) -> Trial:
    texts = sized(world, flow, mark)
    asked = [Asked(flow.source, flow.question(text)) for text in texts]
    count = len(asked)
    asked += [Asked(claim.source, question) for question in controls.questions]

    def evaluate(observed: Observed) -> Seen:
        passed = controls.passed(observed.replies[count:])
        if passed is None:
            return Seen(None, controls.silence)
        is_answered = _is_expected(flow, claim, observed.replies[0])
        if is_answered and all(carried(world, tunnel, mark, texts, observed) for tunnel in claim.through):
            return Seen(False, f"{observed.replies[0]}, in packets of `{claim.through[0]}`", passed)
        text = f"{observed.replies[0]}, not through `{claim.through[0]}`" if is_answered else str(observed.replies[0])
        return Seen(True, text, passed)

    return Trial(tuple(asked), evaluate, _listeners_at_ends(world, claim.through), seconds)


def _listeners_at_ends(world: World, tunnels: Sequence[TunnelId]) -> tuple[Listener, ...]:
    nodes = (node for node in world.lab.nodes if any(end.tunnel in tunnels for end in node.tunnels))
    return tuple(Listener(node.id, "any") for node in nodes)


def carried(world: World, tunnel: TunnelId, mark: str, texts: Sequence[str], observed: Observed) -> bool:
    """Whether outer packets between the ends have the mark, or lengths that grow as the packets'."""
    for listener, frames in observed.recorded.items():
        for end in world.view(listener.node).node.tunnels:
            if end.tunnel != tunnel:
                continue
            outer = [frame for frame in frames if frame.is_of(end.carriers) and _is_between(end, frame)]
            is_hidden = all(child.is_hiding for child in end.children)
            is_read = not is_hidden and any(frame.shows(mark) for frame in outer)
            if is_read or carries(outer, marks(texts)):
                return True
    return False


def _is_between(end: TunnelEnd, frame: Frame) -> bool:
    """Whether a frame at an end is from this end to the other, or from the other to this one.

    Outer packets that go into another tunnel are seen where that is a device. What the node's policies encrypt is seen
    behind it alone, when the other end has decrypted it (xfrm_input gives it to the interface again).
    """
    own, other = (frame.source, frame.destination) if frame.is_sent else (frame.destination, frame.source)
    return end.local in (None, own) and (not end.peer_addresses or other in end.peer_addresses)

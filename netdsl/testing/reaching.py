"""`reaches` and `cannot reach`: what an answer, a refusal and silence mean."""

from collections.abc import Sequence

from netdsl.ir.expectation import Reaches
from netdsl.ir.ids import NodeId, TunnelId
from netdsl.packets import types as packets
from netdsl.packets.world import World
from netdsl.testing.flows import Controls, Flow, Group, controls_of
from netdsl.testing.probes import Kind, Outcome, Question, Reply
from netdsl.testing.sight import carries
from netdsl.testing.trial import Asked, Ear, Observed, Trial, untested
from netdsl.testing.types import Seen
from netdsl.testing.watching import marks, sized


def reaches(world: World, claim: Reaches, groups: Sequence[Group], mark: str, seconds: float) -> Trial:
    """Each group has a flow that is answered, by the right one, through the right tunnels."""
    cannot = _cannot_ask(groups)
    if cannot is not None:
        return untested(cannot)
    flows = [flow for group in groups for flow in group]
    if claim.whole_up_to is not None and any(flow.kind is not Kind.ICMP for flow in flows):
        return untested("of pings alone the size can be chosen")
    if claim.through:
        return _through(world, claim, flows[0], mark, seconds)
    asked = [Asked(flow.source, _question(flow, claim, f"{mark}-{number}")) for number, flow in enumerate(flows)]
    fetched = [flow for flow in flows if _is_fetched(flow, claim)]
    asked += [Asked(flow.source, flow.tls_question()) for flow in fetched]
    doubtful = [flow for flow in flows if _is_doubtful(world, flow)]
    ears = _ears_of(doubtful)

    def judge(observed: Observed) -> Seen:
        said = _replies(flows, fetched, observed)
        found = []
        for group in groups:
            fitting = [said[id(flow)] for flow in group if _does(flow, claim, said[id(flow)])]
            if any(flow in doubtful and not _arrived(flow, flows, mark, observed) for flow in group):
                return Seen(False, f"{group[0].address} is answered by somebody else")
            if not fitting:
                return Seen(False, _missing(group[0], claim, said[id(group[0])], len(groups)))
            found.append(str(fitting[0]))
        return Seen(True, _all(found))

    return Trial(tuple(asked), judge, ears, seconds)


def cannot_reach(
    world: World, claim: Reaches, groups: Sequence[Group], known: Sequence[Flow], mark: str, seconds: float
) -> Trial:
    """No flow gets there, and something else from the same node does pass."""
    cannot = _cannot_ask(groups)
    if cannot is not None:
        return untested(cannot)
    flows = [flow for group in groups for flow in group]
    controls = controls_of(world, claim.source, known, flows)
    if claim.through:
        return _not_through(world, claim, flows[0], controls, mark, seconds)
    asked = [Asked(flow.source, flow.question(f"{mark}-{number}")) for number, flow in enumerate(flows)]
    fetched = [flow for flow in flows if _is_fetched(flow, claim)]
    asked += [Asked(flow.source, flow.tls_question()) for flow in fetched]
    count = len(asked)
    asked += [Asked(claim.source, question) for question in controls.questions]
    doubtful = [flow for flow in flows if _is_doubtful(world, flow)]

    def judge(observed: Observed) -> Seen:
        passed = controls.passed(observed.replies[count:])
        if passed is None:
            return Seen(None, controls.silence)
        said = _replies(flows, fetched, observed)
        texts = []
        for flow in flows:
            reply = said[id(flow)]
            is_other = flow in doubtful and not _arrived(flow, flows, mark, observed)
            if _gets_there(world, flow, claim, reply) and not is_other:
                return Seen(False, f"{flow} {reply}", passed)
            texts.append(f"{reply}, by another node" if is_other and reply.passes else str(reply))
        return Seen(True, _all(texts), passed)

    return Trial(tuple(asked), judge, _ears_of(doubtful), seconds)


def _question(flow: Flow, claim: Reaches, text: str) -> Question:
    return flow.question(text) if claim.whole_up_to is None else flow.whole_question(text, claim.whole_up_to)


def _cannot_ask(groups: Sequence[Group]) -> str | None:
    if not groups or not all(groups):
        return "there is nobody to ask"
    missing = next((flow for group in groups for flow in group if flow.kind is None), None)
    return f"nothing in a node asks {missing.service}" if missing is not None else None


def _is_fetched(flow: Flow, claim: Reaches) -> bool:
    return flow.served == "https" and claim.answered_by is not None


def _replies(flows: Sequence[Flow], fetched: Sequence[Flow], observed: Observed) -> dict[int, Reply]:
    """By identity of the flow; of a service behind TLS what it says inside."""
    found = {id(flow): reply for flow, reply in zip(flows, observed.replies, strict=False)}
    for flow, reply in zip(fetched, observed.replies[len(flows) :], strict=False):
        if found[id(flow)].outcome is Outcome.ANSWERED:
            found[id(flow)] = Reply(Outcome.ANSWERED, reply.text.partition("\n")[0] if reply.status == 0 else "")
    return found


def _does(flow: Flow, claim: Reaches, reply: Reply) -> bool:
    return reply.outcome is Outcome.ANSWERED and _is_right_one(flow, claim.answered_by, reply)


def _is_right_one(flow: Flow, wanted: tuple[NodeId, str | None] | None, reply: Reply) -> bool:
    """A service says its name, `NODE.SERVICE`; pings and name servers do not: there the prediction has to do."""
    if wanted is None:
        return True
    node, service = wanted
    if flow.kind is None or not flow.kind.says_who_answers:
        by = flow.predicted.answered_by
        return by is not None and by[0] == node and service in (None, by[1])
    return reply.text == f"{node}.{service}" if service is not None else reply.text.rpartition(".")[0] == node


def _missing(flow: Flow, claim: Reaches, reply: Reply, count: int) -> str:
    where = f"{flow} " if count > 1 or reply.outcome is not Outcome.ANSWERED else ""
    if reply.outcome is Outcome.ANSWERED and claim.answered_by is not None and not reply.text:
        return f"{where}answered, and does not say by whom"
    return f"{where}{reply}"


def _gets_there(world: World, flow: Flow, claim: Reaches, reply: Reply) -> bool:
    if not reply.passes or world.view(flow.source).is_local(flow.address):
        return False
    is_datagram = flow.kind is not None and flow.kind.is_datagram
    if is_datagram and reply.outcome is Outcome.REFUSED and flow.predicted.outcome is packets.Outcome.REJECTED:
        return False  # a datagram's refusal does not say whose it is
    if claim.answered_by is not None:
        return _does(flow, claim, reply)
    is_other = flow.target is not None and reply.text and reply.text.rpartition(".")[0] != flow.target
    return not (is_other and not claim.goal.services and reply.text.rpartition(".")[0] in world.fabric.views)


def _all(said: Sequence[str]) -> str:
    texts = list(dict.fromkeys(said))
    shown = ", ".join(texts[:3]) + (", …" if len(texts) > 3 else "")
    return f"{shown} ({len(said)} flows)" if len(said) > 1 else shown


# --- several nodes with one address: who was it?


def _is_doubtful(world: World, flow: Flow) -> bool:
    """Whether an answer without a name may come from a node that is not meant."""
    if flow.target is None or world.view(flow.source).is_local(flow.address):
        return False
    by = flow.predicted.answered_by
    is_shared = len(world.fabric.addresses.get(flow.address, ())) > 1
    return flow.kind is Kind.ICMP and (is_shared or (by is not None and by[0] != flow.target))


def _ears_of(flows: Sequence[Flow]) -> tuple[Ear, ...]:
    return tuple(dict.fromkeys(Ear(flow.target, "any") for flow in flows if flow.target is not None))


def _arrived(flow: Flow, flows: Sequence[Flow], mark: str, observed: Observed) -> bool:
    """Whether the node that is meant has got this very packet."""
    number = next(index for index, one in enumerate(flows) if one is flow)
    heard = (frames for ear, frames in observed.heard.items() if ear.node == flow.target)
    return any(frame.shows(f"{mark}-{number}") for frames in heard for frame in frames)


# --- through a tunnel


def _through(world: World, claim: Reaches, flow: Flow, mark: str, seconds: float) -> Trial:
    texts = sized(world, flow, mark)
    asked = tuple(Asked(flow.source, flow.question(text)) for text in texts)
    if claim.whole_up_to is not None:
        asked += (Asked(flow.source, flow.whole_question("whole", claim.whole_up_to)),)

    def judge(observed: Observed) -> Seen:
        failed = next((reply for reply in observed.replies if not _does(flow, claim, reply)), None)
        if failed is not None:
            return Seen(False, _missing(flow, claim, failed, 1))
        missing = [tunnel for tunnel in claim.through if not _carried(world, tunnel, mark, texts, observed)]
        if missing:
            return Seen(False, f"answered, and no packet of `{missing[0]}` carries it")
        return Seen(True, f"{observed.replies[0]}, in packets of {', '.join(f'`{one}`' for one in claim.through)}")

    return Trial(asked, judge, _ears_at_ends(world, claim.through), seconds)


def _not_through(world: World, claim: Reaches, flow: Flow, controls: Controls, mark: str, seconds: float) -> Trial:
    texts = sized(world, flow, mark)
    asked = [Asked(flow.source, flow.question(text)) for text in texts]
    count = len(asked)
    asked += [Asked(claim.source, question) for question in controls.questions]

    def judge(observed: Observed) -> Seen:
        passed = controls.passed(observed.replies[count:])
        if passed is None:
            return Seen(None, controls.silence)
        is_answered = _does(flow, claim, observed.replies[0])
        if is_answered and all(_carried(world, tunnel, mark, texts, observed) for tunnel in claim.through):
            return Seen(False, f"{observed.replies[0]}, in packets of `{claim.through[0]}`", passed)
        text = f"{observed.replies[0]}, not through `{claim.through[0]}`" if is_answered else str(observed.replies[0])
        return Seen(True, text, passed)

    return Trial(tuple(asked), judge, _ears_at_ends(world, claim.through), seconds)


def _ears_at_ends(world: World, tunnels: Sequence[TunnelId]) -> tuple[Ear, ...]:
    nodes = (node for node in world.lab.nodes if any(end.tunnel in tunnels for end in node.tunnels))
    return tuple(Ear(node.id, "any") for node in nodes)


def _carried(world: World, tunnel: TunnelId, mark: str, texts: Sequence[str], observed: Observed) -> bool:
    """Whether one end sends outer packets to the other: with the mark in them, or such that grow as the packets do."""
    for ear, frames in observed.heard.items():
        for end in world.view(ear.node).node.tunnels:
            if end.tunnel != tunnel:
                continue
            sent = [
                frame
                for frame in frames
                if frame.is_sent
                and frame.is_of(end.carriers)
                and end.local in (None, frame.source)
                and (not end.peer_addresses or frame.destination in end.peer_addresses)
            ]
            is_hidden = all(child.is_hiding for child in end.children)
            is_read = not is_hidden and any(frame.shows(mark) for frame in sent)
            if is_read or carries(sent, marks(texts)):
                return True
    return False

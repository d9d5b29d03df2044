"""The way of a question that charon asks a server, and of its answer, before a tunnel comes up."""

from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Delivered, Stop
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.tunnels import Question
from netdsl.packets.walk import Walk


def stopped(fabric: Fabric, question: Question, standing: Flows, known: tuple[str, ...] | None = None) -> str | None:
    """Where a question, or its answer, ends; None where both arrive. `known`: the sources that the server answers, None:
    all. A gateway asks the same for each of its clients: it is followed once."""
    key = question, known
    if key not in fabric.stops:
        fabric.stops[key] = _stopped(fabric, question, standing, known)
    return fabric.stops[key]


def _stopped(fabric: Fabric, question: Question, standing: Flows, known: tuple[str, ...] | None) -> str | None:
    view, tracker = fabric.views[question.asking], Tracker(standing)
    if question.asking == question.server:
        return None
    packet = question.packet(view)
    if packet is None:
        return f"it has no address towards {question.address}"
    there = Walk(fabric, tracker).run(view, packet)
    if isinstance(there, Stop):
        return there.text
    if there.view.id != question.server or (known is not None and str(there.packet.source) not in known):
        return f"what it asks comes to `{there.view.id}` from {there.packet.source}"
    back = Walk(fabric, tracker, is_answer=True).run(there.view, reverse(there.packet))
    if isinstance(back, Stop) and not (question.is_tapped and back.node == question.asking):
        return f"the answer: {back.text}"
    if isinstance(back, Delivered) and back.view.id != question.asking:
        return f"the answer comes to `{back.view.id}`"
    return None

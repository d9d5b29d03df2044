"""The way of a question that charon asks a server, and of its answer, before a tunnel comes up."""

from collections.abc import Collection

from netdsl.ir.ids import Address, NodeId
from netdsl.ir.service import Protocol
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Stop
from netdsl.packets.steering import CHOSEN_PORT
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.types import Packet
from netdsl.packets.walk import Walk


def stopped(
    fabric: Fabric,
    node: NodeId,
    server: NodeId,
    target: tuple[Address, Protocol, int],
    standing: Flows,
    known: Collection[str] | None = None,
) -> str | None:
    """Where a question from `node`, or its answer, ends; None where both arrive. `known`: the sources that the server
    answers, None: all."""
    address, protocol, port = target
    view, tracker = fabric.views[node], Tracker(standing)
    if node == server:
        return None
    local = view.source_towards(address)
    if local is None:
        return f"it has no address towards {address}"
    there = Walk(fabric, tracker).run(view, Packet(local, address, protocol, CHOSEN_PORT, port))
    if isinstance(there, Stop):
        return there.text
    if there.view.id != server or (known is not None and str(there.packet.source) not in known):
        return f"what it asks comes to `{there.view.id}` from {there.packet.source}"
    back = Walk(fabric, tracker, is_answer=True).run(there.view, reverse(there.packet))
    return f"the answer: {back.text}" if isinstance(back, Stop) else None

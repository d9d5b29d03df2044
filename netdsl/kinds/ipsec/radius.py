"""The way of a gateway's questions to its RADIUS server, which has to be there before a client can come in (RFC 3579)."""

from netdsl.ir.ids import NodeId
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.ir import Radius, end_inside
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Stop
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.tunnels import Failure
from netdsl.packets.types import Packet
from netdsl.packets.walk import Walk

_ASKING = 50_000  # any port: charon asks from one that the kernel chooses (radius_socket.c)


def unanswered(fabric: Fabric, ends: tuple[TunnelEnd, TunnelEnd], standing: Flows) -> Failure | None:
    """Why the gateway of a connection gets no answer from its server; None where it does, or asks none."""
    for end in ends:
        radius = end_inside(end).radius
        stop = None if radius is None else _stop(fabric, end.node, radius, standing)
        if radius is not None and stop is not None:
            said = f"`{end.node}` gets no answer from its RADIUS server `{radius.server}`: {stop}"
            return Failure(f"authentication of tunnel `{end.tunnel}` fails: {said}")
    return None


def _stop(fabric: Fabric, gateway: NodeId, radius: Radius, standing: Flows) -> str | None:
    view, tracker = fabric.views[gateway], Tracker(standing)
    local = view.source_towards(radius.address)
    if local is None:
        return f"it has no address towards {radius.address}"
    there = Walk(fabric, tracker).run(view, Packet(local, radius.address, Protocol.UDP, _ASKING, radius.port))
    if isinstance(there, Stop):
        return there.text
    if there.view.id != radius.server or str(there.packet.source) not in radius.asking:
        return f"what it asks comes to `{there.view.id}` from {there.packet.source}"
    back = Walk(fabric, tracker, is_answer=True).run(there.view, reverse(there.packet))
    return f"the answer: {back.text}" if isinstance(back, Stop) else None

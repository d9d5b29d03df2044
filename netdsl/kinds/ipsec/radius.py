"""A gateway's questions to its RADIUS server, which has to answer before a client can come in (RFC 3579)."""

from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.asking import stopped
from netdsl.kinds.ipsec.ir import end_inside
from netdsl.packets.fabric import Fabric
from netdsl.packets.tracking import Flows
from netdsl.packets.tunnels import Failure


def unanswered(fabric: Fabric, ends: tuple[TunnelEnd, TunnelEnd], standing: Flows) -> Failure | None:
    """Why the gateway of a connection gets no answer from its server; None where it does, or asks none."""
    for end in ends:
        radius = end_inside(end).radius
        if radius is None:
            continue
        target = (radius.address, Protocol.UDP, radius.port)
        stop = stopped(fabric, end.node, radius.server, target, standing, radius.asking)
        if stop is not None:
            said = f"`{end.node}` gets no answer from its RADIUS server `{radius.server}`: {stop}"
            return Failure(f"authentication of tunnel `{end.tunnel}` fails: {said}")
    return None

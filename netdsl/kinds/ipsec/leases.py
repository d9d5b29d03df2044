"""Addresses of a gateway's clients from a DHCP server: without its answer a client gets none, and no child."""

from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.asking import stopped
from netdsl.kinds.ipsec.ir import end_inside
from netdsl.packets.fabric import Fabric
from netdsl.packets.tracking import Flows
from netdsl.packets.tunnels import Failure, Question


def question(end: TunnelEnd) -> Question | None:
    """What a gateway asks for its client; None where it asks no server. It asks as a relay, from the port of servers and
    the address that it had at its start, and takes the answer from a packet socket, before its filter (dhcp_socket.c)."""
    leases = end_inside(end).leases
    if leases is None or not end.pools:
        return None
    return Question(
        end.node,
        leases.node,
        leases.address,
        leases.service,
        source_port=leases.service.first or 0,
        source=leases.asked_from,
        is_tapped=True,
    )


def unleased(fabric: Fabric, ends: tuple[TunnelEnd, TunnelEnd], standing: Flows) -> Failure | None:
    """Why the client of a connection gets no address; None where it does, or the gateway asks no server."""
    for end in ends:
        asked = question(end)
        if asked is None:
            continue
        stop = stopped(fabric, asked, standing) if end.reservations else f"it does not know `{end.peer}`"
        if stop is not None:
            said = f"`{end.node}` gets no address from its DHCP server `{asked.server}`: {stop}"
            return Failure(f"`{end.peer}` has no address in tunnel `{end.tunnel}`: {said}")
    return None

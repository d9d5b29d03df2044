"""GRE as packets meet it."""

from collections.abc import Sequence

from netdsl.ir.service import PortService
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.gre.ir import GRE
from netdsl.packets.devices import connect_devices, foreign_outer, install_devices, outer_of, room_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.steering import Policy
from netdsl.packets.tracking import Flows
from netdsl.packets.tunnels import Connection, Failure, Need, TunnelStates
from netdsl.packets.types import Packet
from netdsl.packets.view import View

IS_NEGOTIATED = False
IS_EXEMPT = False


def connect(fabric: Fabric, view: View, end: TunnelEnd, standing: Flows) -> Connection | Failure:
    return connect_devices(fabric, end)


def needs(end: TunnelEnd) -> tuple[Need, ...]:
    return (Need("GRE", (PortService(GRE),)),)


def install(fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
    install_devices(fabric, states, connections)


def outer_packet(packet: Packet, policy: Policy) -> Packet:
    return outer_of(packet, policy, GRE)


def room_inside(policy: Policy, link_mtu: int, *, is_user_space: bool) -> int:
    return room_of(policy)


def refuses(end: TunnelEnd, packet: Packet) -> str | None:
    return foreign_outer(end, packet)

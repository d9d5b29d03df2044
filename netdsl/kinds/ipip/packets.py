"""IPIP as packets meet it."""

from collections.abc import Sequence

from netdsl.ir.ids import Prefix
from netdsl.ir.prefixes import ANYWHERE
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipip.ir import PROTOCOLS, settings_of
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
    return (Need("IPIP", tuple(PortService(PROTOCOLS[family]) for family in settings_of(end).families)),)


def install(fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
    install_devices(fabric, states, connections, _carried)


def _carried(end: TunnelEnd) -> tuple[Prefix, ...]:
    """A device of the type `ipip` takes IPv4 alone, one of the type `sit` without a mode IPv6 alone."""
    return tuple(ANYWHERE[family] for family in settings_of(end).families)


def outer_packet(packet: Packet, policy: Policy) -> Packet:
    return outer_of(packet, policy, PROTOCOLS[packet.source.version])


def room_inside(policy: Policy, link_mtu: int, *, is_user_space: bool) -> int:
    return room_of(policy)


def refuses(end: TunnelEnd, packet: Packet) -> str | None:
    return foreign_outer(end, packet)

"""VXLAN as packets meet it."""

from collections.abc import Sequence
from dataclasses import replace

from netdsl.ir.service import Protocol, port
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.vxlan.ir import settings_of
from netdsl.packets.devices import connect_devices, install_segments, outer_of, room_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.steering import CHOSEN_PORT, Policy
from netdsl.packets.tracking import Flows
from netdsl.packets.tunnels import Connection, Failure, Need, TunnelStates
from netdsl.packets.types import Packet
from netdsl.packets.view import View

IS_NEGOTIATED = False
IS_EXEMPT = False


def connect(fabric: Fabric, view: View, end: TunnelEnd, standing: Flows) -> Connection | Failure:
    return connect_devices(fabric, end)


def needs(end: TunnelEnd) -> tuple[Need, ...]:
    return (Need("VXLAN", (port(Protocol.UDP, settings_of(end).port),)),)


def install(fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
    install_segments(fabric, states, connections)


def outer_packet(packet: Packet, policy: Policy) -> Packet:
    """The source port is a hash of the frame (RFC 7348 §4.1), in the range of a client's (Linux: udp_flow_src_port)."""
    outer = outer_of(packet, policy, Protocol.UDP, "VXLAN")
    return replace(outer, source_port=CHOSEN_PORT, destination_port=settings_of(policy.end).port)


def room_inside(policy: Policy, link_mtu: int, *, is_user_space: bool) -> int:
    return room_of(policy)


def refuses(end: TunnelEnd, packet: Packet) -> str | None:
    """A device takes a frame of its VNI from any address (vxlan_rcv)."""
    return None

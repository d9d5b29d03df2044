"""Tunnels that have a device at each end and no daemon: what kinds of this form have in common.

Such a tunnel stands as soon as both ends have made their devices; whether outer packets pass is a question to each packet.
"""

from collections.abc import Callable, Sequence

from netdsl.ir.ids import NodeId, Prefix
from netdsl.ir.prefixes import EVERYTHING
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Segment, TunnelEnd, own_device, own_devices
from netdsl.packets.fabric import Fabric
from netdsl.packets.links import WIDEST
from netdsl.packets.steering import Association, Policy, TunnelDevice
from netdsl.packets.tunnels import Connection, TunnelStates, child_id
from netdsl.packets.types import Packet
from netdsl.packets.view import View


def connect_devices(fabric: Fabric, end: TunnelEnd) -> Connection:
    """The two devices, whether or not their packets pass. AssertionError: an end that is not of this form."""
    assert end.peer is not None, "a tunnel of devices has two ends"
    assert end.local is not None, "a device has a local address"
    others = (other for other in fabric.views[end.peer].node.tunnels if other.tunnel == end.tunnel)
    there = next(other for other in others if other.peer == end.node)
    return Connection(end, there, end.local, False, {})


def install_devices(
    fabric: Fabric,
    states: TunnelStates,
    connections: Sequence[Connection],
    carried: Callable[[TunnelEnd], tuple[Prefix, ...]] = lambda _: EVERYTHING,
) -> None:
    """At each end the device, its addresses and routes. `carried`: what the device of an end takes."""
    for connection in connections:
        for one, other in ((connection.here, connection.there), (connection.there, connection.here)):
            _install(fabric.views[one.node], one, other, carried(one))
            states.children_up.update(child_id(one, child) for child in one.children)


def install_lasting(
    fabric: Fabric,
    states: TunnelStates,
    kind: str,
    policies: Sequence[Policy],
    silent: Callable[[Sequence[TunnelEnd]], tuple[Prefix, ...] | None] = lambda _: None,
) -> None:
    """The devices of all ends of a kind, which stay while their tunnels are down, with their addresses and routes.
    `policies`: what leads to the other ends that are up; of several of a device the longest prefix decides. `silent`: as in
    `TunnelDevice`, of the ends with one device."""
    found: dict[tuple[NodeId, str], list[Policy]] = {}
    for policy in policies:
        device = own_device(policy.end)
        found.setdefault((policy.end.node, device.name), []).append(policy)
        states.children_up.add(child_id(policy.end, policy.child))
    for view in fabric.views.values():
        ends = [end for end in view.node.tunnels if end.kind == kind]
        devices = {device.name: device for device in own_devices(ends)}
        for name, device in devices.items():
            without_policy = silent([end for end in ends if own_device(end).name == name])
            view.add_device(TunnelDevice(name, found.get((view.id, name), []), without_policy), device.addresses)


def _install(view: View, end: TunnelEnd, other: TunnelEnd, inside: tuple[Prefix, ...]) -> None:
    device = own_device(end)
    assert end.local is not None, "a device has a local address"
    association = Association(other.node, end.local, end.peer_addresses[0], False)
    policies = [Policy(end, child, inside, inside, association) for child in end.children]
    view.add_device(TunnelDevice(device.name, policies), device.addresses)


def install_segments(fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
    """At each end what takes the frames for the other one."""
    for connection in connections:
        for one, other in ((connection.here, connection.there), (connection.there, connection.here)):
            assert isinstance(one.steering, Segment), "an end on a segment"
            assert one.local is not None, "a device has a local address"
            association = Association(other.node, one.local, one.peer_addresses[0], False)
            policy = Policy(one, one.children[0], EVERYTHING, EVERYTHING, association)
            fabric.views[one.node].segments[one.steering.interface][other.node] = policy
            states.children_up.update(child_id(one, child) for child in one.children)


def foreign_outer(end: TunnelEnd, packet: Packet) -> str | None:
    """A device takes outer packets from its remote to its local address only (ip_tunnel_lookup)."""
    if packet.source in end.peer_addresses and packet.destination == end.local:
        return None
    return f"its device takes them from {end.peer_addresses[0]} to {end.local} only"


def outer_of(packet: Packet, policy: Policy, protocol: Protocol, shown: str = "") -> Packet:
    """The packet between the two ends that carries one which entered the device."""
    association = policy.association
    assert association is not None, "a device always has its other end"
    ends, size = (association.local, association.remote), packet.size + policy.end.overhead
    return Packet(*ends, protocol, size=size, inner=packet, tunnel=policy.end.tunnel, shown=shown)


def room_of(policy: Policy) -> int:
    """A device has an MTU of its own; what is larger than the links outside is the sender's mistake, seen at these."""
    return WIDEST if policy.end.mtu is None else policy.end.mtu

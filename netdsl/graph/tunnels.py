"""The path of a tunnel's outer packets, by the verifier: an outer packet is sent from each end to the other, and every
network that it crosses is recorded. A packet that a filter drops on the way has no path."""

from collections.abc import Iterator
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Child, Start, TunnelEnd
from netdsl.packets.passage import Delivered
from netdsl.packets.steering import Association, Policy
from netdsl.packets.tunnels import packets_of
from netdsl.packets.view import View
from netdsl.packets.walk import Walk
from netdsl.verify import Packet, World


@dataclass(frozen=True, slots=True)
class TunnelPath:
    """The path from end `one` of a tunnel to end `other`. `ports`: the (node, interface) pairs that the packets leave
    or enter by; `header`: what carries them."""

    tunnel: TunnelId
    one: NodeId
    other: NodeId
    networks: tuple[NetworkId, ...]
    ports: frozenset[tuple[NodeId, str]]
    is_encrypted: bool
    header: str


def world_with_all_tunnels(lab: Lab) -> World:
    """The lab in the state in which the tunnels with `start by hand` are up too."""
    by_hand = {
        end.tunnel
        for node in lab.nodes
        for end in node.tunnels
        if any(child.start is Start.HAND for child in end.children)
    }
    return World(lab, forced=by_hand)


def tunnel_paths(world: World) -> tuple[TunnelPath, ...]:
    """The path of each direction of each pair of ends that is up, in the order of the source. Linear in the ends."""
    found = dict.fromkeys(
        path
        for node in world.lab.nodes
        if node.tunnels
        for policy in world.view(node.id).tunnel_policies()
        if policy.association is not None
        for path in _path(world, world.view(node.id), policy, policy.association)
    )
    return tuple(found)


def _path(world: World, view: View, policy: Policy, association: Association) -> Iterator[TunnelPath]:
    probe = Packet(association.local, association.remote, Protocol.ICMP)
    outer = replace(packets_of(policy.end.kind).outer_packet(probe, policy), inner=None)
    walk = Walk(world.fabric, world.tracker(), is_daemon=policy.is_selected)
    result = walk.run(view, outer)
    if not isinstance(result, Delivered):
        return
    networks = tuple(dict.fromkeys(wire.network for hop in walk.hops for wire in hop.wires))
    touched = frozenset(
        (hop.node, interface)
        for hop in walk.hops
        for interface in (hop.in_interface, hop.out_interface)
        if interface is not None
    )
    header = header_of(policy.end, policy.child)
    yield TunnelPath(policy.end.tunnel, view.id, result.view.id, networks, touched, policy.child.is_hiding, header)


def header_of(end: TunnelEnd, child: Child) -> str:
    """What carries a child's packets, by its name (ESP, GRE): the last of what has to pass between the ends."""
    return packets_of(end.kind).needs(replace(end, children=(child,)))[-1].name

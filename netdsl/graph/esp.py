"""Which way a tunnel's packets take, asked of the verifier: an outer packet is sent from each end to the other, and every
wire that it crosses is written down. That it is let through by filters on the way is part of the answer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Start
from netdsl.packets.passage import Delivered
from netdsl.packets.tunnels import packets_of
from netdsl.packets.view import Association, Policy, View
from netdsl.packets.walk import Walk
from netdsl.verify import Packet, World


@dataclass(frozen=True, slots=True)
class Way:
    """From one end of a tunnel to another. `ports`: (node, interface) that its packets leave or enter by."""

    tunnel: TunnelId
    one: NodeId
    other: NodeId
    networks: tuple[NetworkId, ...]
    ports: frozenset[tuple[NodeId, str]]
    is_encrypted: bool


def opened(lab: Lab) -> World:
    """The lab with every tunnel open that somebody could open."""
    by_hand = {
        end.tunnel
        for node in lab.nodes
        for end in node.tunnels
        if any(child.start is Start.HAND for child in end.children)
    }
    return World(lab, forced=by_hand)


def ways(world: World) -> tuple[Way, ...]:
    """Each pair of ends that stands, both directions, in the order of the source; linear in the ends."""
    found = dict.fromkeys(
        way
        for node in world.lab.nodes
        if node.tunnels
        for policy in world.view(node.id).tunnel_policies()
        if policy.association is not None
        for way in _way(world, world.view(node.id), policy, policy.association)
    )
    return tuple(found)


def _way(world: World, view: View, policy: Policy, association: Association) -> Iterator[Way]:
    probe = Packet(association.local, association.remote, Protocol.ICMP)
    outer = replace(packets_of(policy.end.kind).outer_packet(probe, policy), inner=None)
    walk = Walk(world.fabric, world.tracker(), is_charon=policy.is_selected)
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
    yield Way(policy.end.tunnel, view.id, result.view.id, networks, touched, policy.child.is_hiding)

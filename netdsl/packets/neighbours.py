"""How a node finds the MAC address of a next hop: whose requests are answered, and whether the answer comes back.

ARP and neighbour discovery are asked when a packet waits for them, so a request takes the way of that packet over the link.
On a network that a tunnel carries they go through it as everything does: filters do not see them inside, and do see their
outer packets.
"""

from collections.abc import Callable
from dataclasses import replace

from netdsl.ir.ids import Address
from netdsl.ir.node import Interface
from netdsl.ir.prefixes import in_any
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Segment, Start, TunnelEnd
from netdsl.packets.checks import unbelievable
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import DeadEnd, Delivered, Exit, Stop
from netdsl.packets.routes import NextHop
from netdsl.packets.steering import Policy
from netdsl.packets.tunnels import packets_of
from netdsl.packets.types import Hook, Outcome, Packet
from netdsl.packets.view import View
from netdsl.source import Place

Run = Callable[[View, Packet], Delivered | Stop]
"""Follows a packet from a node's process to where it ends."""


def answers(fabric: Fabric, view: View, next_hop: NextHop, run: Run) -> bool:
    """Whether neighbour discovery finds an IPv6 next hop, or its MAC address is known."""
    interface, address = next_hop
    if (view.id, interface, address) in fabric.permanent or interface not in view.interfaces:
        return True
    found = fabric.neighbour(view, interface, address)
    if found is None or not fabric.is_joined(view, view.interfaces[interface], *found):
        return False
    if interface not in view.segments:
        return True
    other, there = found
    return _lost(other, interface, view, run) is None and _lost(view, there.name, other, run) is None


# --- requests that are not answered


def unheard_request(
    fabric: Fabric, view: View, interface: str, next_hop: Address, other: View, there: str
) -> DeadEnd | None:
    """Why a node that has the address of a next hop does not answer ARP for it; None: it does.

    arp_process answers only where it would take a packet from the sender of the request (ip_route_input). A packet of the
    node's own asks with its source (arp_solicit), which the next hop judges with the packet itself. What the next hop asks
    for itself, with its own address on the link, tells this node its MAC address as well, until that is doubted
    (arp(7): base_reachable_time_ms). Neighbour discovery does not ask.
    """
    asker = view.own_on(interface, next_hop) if next_hop.version == 4 else None
    if asker is None or (view.id, interface, next_hop) in fabric.permanent:
        return None
    request = Packet(asker, next_hop, Protocol.ICMP)
    text = unbelievable(other, there, request, is_decrypted=False, is_local=True, is_user_space=fabric.is_user_space)
    if text is None:
        return None
    what = f"`{other.id}` does not answer ARP of {asker} for {next_hop}: {text}"
    if other.own_on(there, asker) == next_hop:
        back = other.main.find(asker)  # what tunnels' packets outside go by
        if back is None or back.interface != there or other.is_local(asker):
            return None  # it does not ask for it there, and its source check tells
        what = f"whether `{view.id}` knows {next_hop} depends on when `{other.id}` asked for {asker}: {what}"
        return DeadEnd(Outcome.NOT_VERIFIED, Hook.NEIGHBOUR, what)
    return DeadEnd(Outcome.UNREACHABLE, Hook.NEIGHBOUR, what)


# --- nodes that answer for others


def answering(
    fabric: Fabric, view: View, interface: Interface, next_hop: Address, packet: Packet
) -> list[tuple[View, Interface]] | DeadEnd:
    """Who answers ARP for an IPv4 next hop behind its tunnels; a dead end where that cannot be known.

    strongSwan's farp answers on all interfaces, while a child is up, requests from its local selectors for its remote ones,
    but for 0.0.0.0/0 (farp_listener.c: child_updown, has_tunnel). A packet of the node's own is asked for with its source,
    another one with the node's address on the link (arp_solicit).
    """
    if next_hop.version == 6 or (view.id, interface.name, next_hop) in fabric.permanent:
        return []
    found: list[tuple[View, Interface]] = []
    for other, there in fabric.members.get(fabric.segment_of[interface.network], ()):
        if other is view or other.id not in fabric.proxies:
            continue
        taking = [policy for policy in other.policies if _is_answered(policy, view, interface, next_hop, packet)]
        if taking and not any(_is_at_boot(fabric, policy) for policy in taking):
            end = taking[0].end
            text = f"`{other.id}` answers ARP for {next_hop} once tunnel `{end.tunnel}` is up, which traffic opens"
            return DeadEnd(Outcome.NOT_VERIFIED, Hook.NEIGHBOUR, text, end.origin)
        if taking:
            found.append((other, there))
        elif (before := _answered_before(fabric, other, view, interface, next_hop)) is not None:
            text = f"`{view.id}` may know {next_hop} by `{other.id}` from when tunnel `{before.tunnel}` was up"
            return DeadEnd(Outcome.NOT_VERIFIED, Hook.NEIGHBOUR, text, before.origin)
    return found


def _answered_before(
    fabric: Fabric, other: View, view: View, interface: Interface, next_hop: Address
) -> TunnelEnd | None:
    """The end for which the node has answered before the lab came into this state: what a host has learned it keeps for a
    while (arp(7): base_reachable_time_ms, gc_stale_time), and asks the same node first when it doubts it."""
    asker = view.own_on(interface.name, next_hop)
    if asker is None or not (fabric.held or fabric.cut):
        return None
    for end in other.node.tunnels:
        is_known = end.tunnel in fabric.held or bool(fabric.cut)
        for child in end.children if is_known else ():
            ranges = [prefix for prefix in (*child.remote, *end.pools) if prefix.prefixlen > 0]
            if in_any(next_hop, ranges) and in_any(asker, child.local):
                return end
    return None


def _is_answered(policy: Policy, view: View, interface: Interface, next_hop: Address, packet: Packet) -> bool:
    remote = [prefix for prefix in policy.remote if prefix.prefixlen > 0]
    if policy.association is None or not in_any(next_hop, remote):
        return False
    if view.is_own_source(packet):
        return packet.is_from(policy.local)
    asker = view.own_on(interface.name, next_hop)
    return asker is not None and in_any(asker, policy.local)


def _is_at_boot(fabric: Fabric, policy: Policy) -> bool:
    """Whether the child is up without traffic. User space has no traps: what waits for traffic opens at boot there."""
    own = policy.end
    there = (end for end in fabric.lab.tunnel_ends(own.tunnel) if end.node == own.peer and end.peer in (own.node, None))
    starts = {child.start for end in (own, *there) for child in end.children}
    return fabric.is_user_space or Start.BOOT in starts or Start.TRAFFIC not in starts


# --- answers that are lost


def uncarried(view: View, by: Exit) -> tuple[str, Place | None]:
    """In words, that a tunnel carries no frame of its network to another node; the tunnel's statement."""
    carrying = ((one, one.steering) for one in view.node.tunnels)
    end = next(one for one, how in carrying if isinstance(how, Segment) and how.interface == by.interface)
    text = f"tunnel `{end.tunnel}` carries nothing of `{by.networks[0]}` from `{view.id}` to `{by.other.id}`"
    return (text if (end.tunnel, None) in view.up else f"{text}: it is down"), end.origin


def lost_answer(fabric: Fabric, view: View, by: Exit, run: Run) -> DeadEnd | None:
    """Why a node does not find a next hop on a network that a tunnel carries; None: it does, or knows its MAC address
    without asking. The request goes the way of the packet that waits for it."""
    if (view.id, by.interface, by.next_hop) in fabric.permanent:
        return None
    key, lost = (view.id, by.interface, by.other.id), fabric.lost_answers
    if key not in lost:
        lost[key] = None  # meanwhile: of a tunnel that leads into itself there is an error of its own
        lost[key] = _lost(view, by.there, by.other, run)
    end = lost[key]
    if end is None:
        return None
    where = f"on `{by.networks[0]}` the answer of `{by.other.id}` is lost"
    text = f"`{view.id}` does not find {by.next_hop}: {where}: {end.text}"
    return DeadEnd(Outcome.UNREACHABLE, Hook.NEIGHBOUR, text, end.origin)


def _lost(view: View, interface: str, other: View, run: Run) -> Stop | None:
    """Where what another end sends by its interface ends before it is in the node."""
    policy = other.segments[interface].get(view.id)
    if policy is None or policy.association is None:
        return None
    inner = Packet(
        policy.association.local, policy.association.remote, Protocol.UDP
    )  # whatever it is, the outer one is alike
    outer = replace(packets_of(policy.end.kind).outer_packet(inner, policy), inner=None)
    ended = run(other, outer)
    if isinstance(ended, Delivered) and ended.view is not view:
        text = f"it gets to `{ended.view.id}`"
        return Stop(Outcome.UNREACHABLE, ended.view.id, Hook.TUNNEL, text, policy.end.origin, outer)
    return ended if isinstance(ended, Stop) else None

"""Networks that a tunnel carries: how a node finds another one's MAC address on them.

ARP and neighbour discovery go through the tunnel as everything does: filters do not see them inside, and do see their outer
packets. The request goes the way of the packet that waits for it; the answer has to come back.
"""

from collections.abc import Callable
from dataclasses import replace

from netdsl.ir.ids import Address
from netdsl.ir.service import Protocol
from netdsl.packets.fabric import Fabric
from netdsl.packets.links import DeadEnd
from netdsl.packets.passage import Delivered, Stop
from netdsl.packets.tunnels import packets_of
from netdsl.packets.types import Hook, Outcome, Packet
from netdsl.packets.view import Exit, View

Run = Callable[[View, Packet], Delivered | Stop]
"""Follows a packet from a node's process to where it ends."""


def unanswered(fabric: Fabric, view: View, by: Exit, next_hop: Address, run: Run) -> DeadEnd | None:
    """Why the node does not find a next hop on such a network; None: it does, or knows its MAC address without asking."""
    if (view.id, by.interface, next_hop) in fabric.permanent:
        return None
    key, lost = (view.id, by.interface, by.other.id), fabric.lost_answers
    if key not in lost:
        lost[key] = None  # meanwhile: of a tunnel that leads into itself there is an error of its own
        lost[key] = _lost(view, by, run)
    end = lost[key]
    if end is None:
        return None
    text = (
        f"`{view.id}` does not find {next_hop}: on `{by.networks[0]}` the answer of `{by.other.id}` is lost: {end.text}"
    )
    return DeadEnd(Outcome.UNREACHABLE, Hook.NEIGHBOUR, text, end.origin)


def _lost(view: View, by: Exit, run: Run) -> Stop | None:
    """Where the answer of the other end ends before it is in the node."""
    policy = by.other.segments[by.there].get(view.id)
    if policy is None or policy.association is None:
        return None
    inner = Packet(
        policy.association.local, policy.association.remote, Protocol.UDP
    )  # whatever it is, the outer one is alike
    outer = replace(packets_of(policy.end.kind).outer_packet(inner, policy), inner=None)
    ended = run(by.other, outer)
    if isinstance(ended, Delivered) and ended.view is not view:
        text = f"it gets to `{ended.view.id}`"
        return Stop(Outcome.UNREACHABLE, ended.view.id, Hook.TUNNEL, text, policy.end.origin, outer)
    return ended if isinstance(ended, Stop) else None

"""Ends of tunnels whose keepalives come later than a NAT on their way forgets them."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.filter import Chain
from netdsl.ir.ids import NodeId
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import TunnelEnd
from netdsl.packets.steering import CHOSEN_PORT
from netdsl.packets.tracking import Tracker
from netdsl.packets.tunnels import packets_of
from netdsl.packets.types import Decision, Packet
from netdsl.packets.walk import Walk
from netdsl.packets.world import World

_TIMEOUT = "net.netfilter.nf_conntrack_udp_timeout"
_USUAL = 30
"""Seconds: UDP_CT_UNREPLIED (net/netfilter/nf_conntrack_proto_udp.c). A flow is kept for longer (UDP_CT_REPLIED, 120 s) by
packets that come two seconds or more after its first one, and only once it has an answer (nf_conntrack_udp_packet)."""
_GOOD = 25
_EVERY_CHAIN = frozenset(Chain)


def check_keepalives(world: World, diagnostics: Diagnostics) -> None:
    """keepalive-too-long, once for each end: of those with keepalives and UDP alone."""
    ends = {(end.tunnel, end.node, end.peer): end for node in world.lab.nodes for end in node.tunnels}
    told: set[tuple[str, str]] = set()
    for (tunnel, node, peer), end in ends.items():
        other = None if peer is None else ends.get((tunnel, peer, node))
        interval = _interval(end, other)
        if interval is None or interval < 1 or (tunnel, node) in told or end.end_origin is None:
            continue
        forgetful = _forgetful(world, end, interval)
        if forgetful is None:
            continue
        told.add((tunnel, node))
        translator, seconds = forgetful
        diagnostics.report(
            catalogue.KEEPALIVE_TOO_LONG,
            f"`{translator}` may forget the way to `{node}` after {seconds} s",
            end.end_origin,
            f"while nothing passes, a packet of `{tunnel}` comes after {interval} s",
            help=f"`keepalive {min(_GOOD, max(1, seconds - 1))}s`, in its block or for it",
        )


def _interval(end: TunnelEnd, other: TunnelEnd | None) -> int | None:
    """Seconds, between packets of the two ends while there is nothing to send. None: they send none, or over TCP."""
    if end.keepalive is None or any(carrier.protocol is not Protocol.UDP for carrier in end.carriers):
        return None
    found = end.keepalive if other is None or other.keepalive is None else min(end.keepalive, other.keepalive)
    return found if end.peer_addresses and end.local is not None else None


def _forgetful(world: World, end: TunnelEnd, interval: int) -> tuple[NodeId, int] | None:
    """The first node on the way that translates the source and keeps that no longer than the interval, and for how long."""
    assert end.local is not None, "an end whose packets are followed"
    port = next(iter(end.carriers[0].ports), 0)
    walk = Walk(world.fabric, Tracker({}), is_daemon=packets_of(end.kind).IS_EXEMPT, overrules=_EVERY_CHAIN)
    walk.run(world.view(end.node), Packet(end.local, end.peer_addresses[0], Protocol.UDP, CHOSEN_PORT, port))
    for hop in walk.hops[1:]:
        # the packets of another tunnel around this one have keepalives of their own
        if any(step.decision is Decision.SNAT and step.packet.inner is None for step in hop.steps):
            said = dict(world.view(hop.node).node.sysctls).get(_TIMEOUT, "")
            seconds = int(said) if said.isdecimal() else _USUAL
            if interval >= seconds:
                return hop.node, seconds
    return None

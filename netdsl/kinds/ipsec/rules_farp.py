"""Rules on virtual addresses out of the gateway's own network, and on who answers ARP for them."""

from collections.abc import Mapping

from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NodeId, Prefix
from netdsl.kinds.ipsec.bindings import bound_tunnel
from netdsl.kinds.ipsec.catalogue import FARP_IMPOSSIBLE, POOL_UNANSWERED
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.rules.facts import Facts, selectors
from netdsl.semantics.rules.tunnels import home_of
from netdsl.source import Place


def check_farp(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    answering: dict[NodeId, Place] = {}
    for tunnel in tunnels:
        answering.update(bound_tunnel(tunnel).farp)
        _impossible(tunnel, diagnostics)
    for tunnel in tunnels:
        for pool in tunnel.pool:
            _unanswered(tunnel, pool, answering, facts, diagnostics)


def _impossible(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    """farp answers for IPv4 ranges behind the other end, but not for all of IPv4 (farp_listener.c, child_updown)."""
    for node, place in bound_tunnel(tunnel).farp.items():
        ranges = [
            block
            for one in selectors(tunnel)
            for end, blocks in ((one.end, one.remote), (one.peer, one.local))
            if end.node == node
            for block in blocks
        ]
        if any(block.version == 4 and block.size < 1 << 32 for block in ranges):
            continue
        is_v4 = any(block.version == 4 for block in ranges)
        reason = "has everything (0.0.0.0/0) behind it, for which `farp` never answers"
        if not is_v4:
            reason = (
                "carries no IPv4: `farp` answers ARP, and strongSwan has nothing of the kind for neighbour discovery"
            )
        advice = "`protecting` with the ranges that are asked for" if is_v4 else "addresses of a range of their own"
        diagnostics.report(FARP_IMPOSSIBLE, f"`{tunnel.id}`, seen from `{node}`, {reason}", place, help=advice)
        return


def _unanswered(
    tunnel: BoundTunnel, pool: Prefix, answering: Mapping[NodeId, Place], facts: Facts, diagnostics: Diagnostics
) -> None:
    home, gateway = home_of(tunnel, pool, facts), tunnel.ends[0].node
    if home is None or (pool.version == 4 and gateway in answering):
        return
    if pool.version == 4:
        message = (
            f"hosts on `{home.id}` ask there for addresses of {pool}, the pool of `{tunnel.id}`, and nobody answers"
        )
        advice = f"`farp yes`: `{gateway}` answers ARP for its clients"
    else:
        message = (
            f"hosts on `{home.id}` ask there for addresses of {pool}, and nobody answers: `farp` is for IPv4 alone"
        )
        advice = f"a range of its own, which `{home.id}` has not"
    related = (Label(home.place, "its prefix has them"),)
    diagnostics.report(POOL_UNANSWERED, message, tunnel.place, related=related, help=advice)

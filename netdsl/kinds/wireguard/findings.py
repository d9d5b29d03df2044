"""What is wrong with a lab in which WireGuard's packets pass."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.kinds.wireguard.catalogue import KEEPALIVE_MISSING
from netdsl.kinds.wireguard.ir import KIND, settings_of
from netdsl.packets.world import World


def check(world: World, diagnostics: Diagnostics) -> None:
    """keepalive-missing, once for each end."""
    ends = {
        (end.tunnel, end.node, end.peer): end for node in world.lab.nodes for end in node.tunnels if end.kind == KIND
    }
    told: set[tuple[str, str]] = set()
    for (tunnel, node, peer), end in ends.items():
        waiting = None if peer is None else ends.get((tunnel, peer, node))
        is_sought = waiting is not None and not waiting.peer_addresses and bool(end.peer_addresses)
        if not is_sought or settings_of(end).keepalive is not None or end.end_origin is None or (tunnel, node) in told:
            continue
        told.add((tunnel, node))
        diagnostics.report(
            KEEPALIVE_MISSING,
            f"`{node}` is behind address translation, and has no `keepalive` in `{tunnel}`",
            end.end_origin,
            f"once it is silent for a while, `{peer}` does not reach it",
            help="`keepalive 25s`, in its block or for it",
        )

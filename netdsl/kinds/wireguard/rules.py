"""Rules on WireGuard."""

from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Prefix
from netdsl.kinds.wireguard.bindings import behind, bound, peers_of
from netdsl.kinds.wireguard.catalogue import PREFIX_OF_TWO_PEERS
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.rules.outer_packets import check_told_apart

_REMEDY = "another port for one of the two, `listen udp/PORT`"


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """Each device of a node has a port of its own, and each prefix of a device one peer."""
    check_told_apart(tunnels, _mark, "the same `listen` port", _REMEDY, diagnostics)
    for tunnel in tunnels:
        told: set[Prefix] = set()
        for end in tunnel.ends:
            _check_prefixes(tunnel, end, told, diagnostics)


def _mark(tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> object:
    return bound(tunnel).ports[end.node]


def _check_prefixes(tunnel: BoundTunnel, end: BoundEnd, told: set[Prefix], diagnostics: Diagnostics) -> None:
    """The kernel moves a prefix to the peer that has it last (drivers/net/wireguard/allowedips.c, add)."""
    first_of: dict[Prefix, BoundEnd] = {}
    for peer in peers_of(tunnel, end):
        for prefix in behind(peer):
            first = first_of.setdefault(prefix, peer)
            if first is peer or prefix in told:
                continue
            told.add(prefix)
            diagnostics.report(
                PREFIX_OF_TWO_PEERS,
                f"`{end.node}` would send {prefix} to `{first.node}` and to `{peer.node}` in `{tunnel.id}`",
                peer.place,
                "the last one alone gets it",
                related=(Label(first.place, "the first one that has it"),),
                help="networks of their own for each, or prefixes of which one holds the other",
            )

"""Rules on OpenVPN."""

from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Prefix
from netdsl.kinds.openvpn.bindings import bound
from netdsl.kinds.openvpn.catalogue import PREFIX_OF_TWO_CLIENTS
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.peers import behind
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.rules.outer_packets import check_told_apart

_REMEDY = "another port for one of the two, `listen udp/PORT`"


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """Each server of a node has a port of its own, and each prefix of a server one client."""
    check_told_apart(tunnels, _mark, "the same `listen` port", _REMEDY, diagnostics)
    for tunnel in tunnels:
        _check_prefixes(tunnel, diagnostics)


def _mark(tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> object:
    """A client's port is the kernel's choice, another one for each."""
    return (end.outer, bound(tunnel).protocol, bound(tunnel).port) if end is tunnel.ends[0] else (tunnel.id, end.node)


def _check_prefixes(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    """A server has one client for each prefix, the last that came (multi.c, multi_learn_addr)."""
    first_of: dict[Prefix, BoundEnd] = {}
    for client in tunnel.ends[1:]:
        for prefix in behind(client):
            first = first_of.setdefault(prefix, client)
            if first is client:
                continue
            diagnostics.report(
                PREFIX_OF_TWO_CLIENTS,
                f"`{tunnel.ends[0].node}` would send {prefix} to `{first.node}` and to `{client.node}` in `{tunnel.id}`",
                client.place,
                "the one that comes last gets it",
                related=(Label(first.place, "the first one that has it"),),
                help="networks of their own for each, or prefixes of which one holds the other",
            )

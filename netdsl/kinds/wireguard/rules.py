"""Rules on WireGuard."""

from collections.abc import Iterable

from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Prefix
from netdsl.ir.prefixes import ANYWHERE, contains
from netdsl.kinds.wireguard.bindings import bound, taken_by
from netdsl.kinds.wireguard.catalogue import PREFIX_OF_TWO_PEERS, ROUTE_WITHOUT_PEER
from netdsl.semantics.bindings import BoundEnd, BoundNode, BoundRoute, BoundTunnel
from netdsl.semantics.peers import behind, peers_of
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.rules.outer_packets import check_told_apart

_REMEDY = "another port for one of the two, `listen udp/PORT`"


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """Each device of a node has a port of its own, each prefix of a device one peer, and each route into it something that
    its peer takes."""
    check_told_apart(tunnels, _mark, "the same `listen` port", _REMEDY, diagnostics)
    for tunnel in tunnels:
        told: set[Prefix] = set()
        for end in tunnel.ends:
            _check_prefixes(tunnel, end, told, diagnostics)
            _check_routes(tunnel, end, facts.bindings.nodes[end.node], diagnostics)


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


def _check_routes(tunnel: BoundTunnel, end: BoundEnd, node: BoundNode, diagnostics: Diagnostics) -> None:
    """The next hop of a route into the device says nothing: the peer is found by the destination (drivers/net/wireguard/
    device.c, wg_xmit: wg_allowedips_lookup_dst)."""
    assert end.inside is not None, "an end with a device"
    for route in node.routes:
        if route.interface != end.inside.interface:
            continue
        peer = next((one for one in peers_of(tunnel, end) if _is_inside(one, route)), None)
        if peer is not None and not _takes(taken_by(tunnel, end, peer), route):
            _report_route(tunnel, end, peer, route, diagnostics)


def _is_inside(peer: BoundEnd, route: BoundRoute) -> bool:
    return peer.inside is not None and any(given.ip == route.next_hop for given in peer.inside.addresses)


def _takes(taken: Iterable[Prefix], route: BoundRoute) -> bool:
    """Of a default route all, of another one something."""
    if route.prefix is not None:
        return _has_of(taken, route.prefix)
    whole = ANYWHERE[route.next_hop.version]
    own = frozenset(taken)
    return whole in own or own.issuperset(whole.subnets())


def _has_of(taken: Iterable[Prefix], prefix: Prefix) -> bool:
    return any(contains(one, prefix) or contains(prefix, one) for one in taken)


def _report_route(
    tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd, route: BoundRoute, diagnostics: Diagnostics
) -> None:
    prefix = ANYWHERE[route.next_hop.version] if route.prefix is None else route.prefix
    others = () if route.prefix is None else (one for one in peers_of(tunnel, end) if one is not peer)
    other = next((one for one in others if _has_of(taken_by(tunnel, end, one), prefix)), None)
    if other is not None:
        label = f"the device sends what is for it to `{other.node}`, and drops the rest"
    elif route.prefix is None:
        label = f"the device drops all that is not behind `{peer.node}`"
    else:
        label = "the device drops what is for it"
    diagnostics.report(
        ROUTE_WITHOUT_PEER,
        f"`{peer.node}` does not take {prefix} in `{tunnel.id}`",
        route.place,
        label,
        related=(Label(peer.place, "what it takes is said here"),),
        help=f"`{peer.node} protecting {prefix}`",
    )

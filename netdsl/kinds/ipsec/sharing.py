"""Which connections of two nodes are one to charon.

charon asks for a child inside any IKE SA whose configuration equals that of the child's connection, names and children not
compared (ike_sa_manager.c, checkout_by_config; peer_cfg.c and ike_cfg.c, equals). Its peer looks for the child in the
connection that it took for this IKE SA (child_create.c), the first of those that fit. So tunnels that are alike at both of
their ends are children of one connection; of others that only names tell apart the first one alone comes up.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.agreeing import agreed, exchanged, selected
from netdsl.kinds.ipsec.ir import DpdAction, end_inside
from netdsl.kinds.ipsec.known import heads_of, offering
from netdsl.packets.types import Packet


def sharing(ends: Sequence[TunnelEnd]) -> list[TunnelEnd]:
    """The ends, each with the connection that its children are in: the first one of its node that is alike."""
    at = {(end.tunnel, end.node, end.peer): end for end in ends}
    first: dict[object, TunnelEnd] = {}
    found = []
    for end in ends:
        other = None if end.peer is None else at[end.tunnel, end.peer, end.node]
        head = end if other is None else first.setdefault((end.node, _settings(end), _settings(other)), end)
        inside = end_inside(end)
        found.append(end if head is end else replace(end, inside=replace(inside, shares=head.connection)))
    return found


def _settings(end: TunnelEnd) -> tuple[object, ...]:
    """What must be equal. What follows a dead peer is each child's own (part.sh), what goes outside the node's."""
    inside = replace(end_inside(end), dpd_action=DpdAction.CLEAR, bypass=())
    secrets = tuple((secret.method, secret.value) for secret in end.secrets)
    is_virtual = bool(end.pools or end.virtual)
    return end.peer, end.local, end.peer_addresses, inside, secrets, end.tunnel if is_virtual else None


def negotiated(node: Node, end: TunnelEnd, packet: Packet) -> tuple[str, ...]:
    """The IKE proposal that a node's charon chooses of those that an end of another node offers, whose first packet came as
    `packet`: that of the connection which fits the addresses best, whoever it is for, or of the next one that has one
    (ike_init.c, process_sa_payload). Empty: there is none."""
    heads = sorted((one for one in offering(node, packet.source) if is_at(one, packet)), key=_width)
    offered = end_inside(end).ike_proposals
    usable = (each for one in heads for each in agreed(end_inside(one).ike_proposals, offered, "ike"))
    return tuple(islice(usable, 1))


def selected_ike(node: Node, end: TunnelEnd, packet: Packet) -> tuple[str, ...]:
    """The algorithms that it comes to."""
    heads = sorted((one for one in offering(node, packet.source) if is_at(one, packet)), key=_width)

    def choose(offered: Sequence[str]) -> tuple[str, ...] | None:
        found = (selected(end_inside(one).ike_proposals, offered, "ike") for one in heads)
        return next(filter(None, found), None)

    return exchanged(choose, end_inside(end).ike_proposals) or ()


def taken_for(node: Node, end: TunnelEnd, packet: Packet, proposal: tuple[str, ...]) -> TunnelEnd | None:
    """The connection that the node then takes.

    Of those that fit addresses, proposal and identities (no two nodes have the same) the one with the narrowest addresses,
    of equal ones the first one, that wants the authentication which it gets (backend_manager.c, get_ike_match and
    insert_sorted; ike_auth.c, load_cfg_candidates and update_cfg_candidates).
    """
    heads = [one for one in heads_of(node, end.node) if is_at(one, packet)]
    fitting = [one for one in heads if accepts(one, proposal) and _is_expected(one, end)]
    return min(fitting, key=_width, default=None)


def accepts(end: TunnelEnd, proposal: tuple[str, ...]) -> bool:
    return bool(agreed(end_inside(end).ike_proposals, proposal, "ike"))


def _width(one: TunnelEnd) -> tuple[bool, bool]:
    """How wide the addresses of a connection are: the narrowest is least."""
    return not one.peer_addresses, one.local is None


def is_at(one: TunnelEnd, packet: Packet) -> bool:
    """Whether the addresses of a peer's packet are those that an end expects."""
    if one.local not in (None, packet.destination):
        return False
    return not one.peer_addresses or packet.source in one.peer_addresses


def _is_expected(one: TunnelEnd, end: TunnelEnd) -> bool:
    here, there = end_inside(end), end_inside(one)
    names = [auth.identity for auth in here.peer_auth] == [auth.identity for auth in there.own_auth]
    return names and here.own_auth == there.peer_auth

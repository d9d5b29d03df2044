"""The tunnel ends of a node by what a peer's packet says: a gateway has thousands, and a packet concerns a few."""

from collections.abc import Iterator
from dataclasses import field
from functools import lru_cache

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.ir import KIND, end_inside
from netdsl.packets.identical import Identical

_Numbered = tuple[int, TunnelEnd]


@dataclass(slots=True)
class _Known:
    """All in the node's order. `offers`: of connections, by the address that they expect (None: any), those that offer
    something that none before them does to the same addresses."""

    by_peer: dict[NodeId | None, list[_Numbered]] = field(default_factory=dict)
    by_connection: dict[str, list[TunnelEnd]] = field(default_factory=dict)
    offers: dict[Address | None, dict[object, TunnelEnd]] = field(default_factory=dict)


def is_head(end: TunnelEnd) -> bool:
    """Whether an end has a connection of its own in its node's daemon."""
    return end.kind == KIND and end_inside(end).shares is None


def connection_of(end: TunnelEnd) -> str:
    """The connection in whose IKE SA the children of an end are."""
    return end_inside(end).shares or end.connection


def ends_with(node: Node, peer: NodeId) -> Iterator[TunnelEnd]:
    """Those with this peer, or with whoever comes."""
    known = _known(Identical(node))
    found = [*known.by_peer.get(peer, ()), *known.by_peer.get(None, ())]
    return (end for _, end in sorted(found, key=lambda numbered: numbered[0]))


def ends_of_peer(node: Node, peer: NodeId | None) -> list[TunnelEnd]:
    """Those with this peer alone."""
    return [end for _, end in _known(Identical(node)).by_peer.get(peer, ())]


def heads_of(node: Node, peer: NodeId) -> list[TunnelEnd]:
    """The connections with this peer."""
    return [end for end in ends_of_peer(node, peer) if is_head(end)]


def ends_in(node: Node, connection: str) -> list[TunnelEnd]:
    """The ends whose children are in a connection."""
    return _known(Identical(node)).by_connection.get(connection, [])


def offering(node: Node, source: Address) -> list[TunnelEnd]:
    """The connections that differ in what they offer to a packet from this address: those that expect it, then those for
    any address."""
    offers = _known(Identical(node)).offers
    return [*offers.get(source, {}).values(), *offers.get(None, {}).values()]


@lru_cache(maxsize=4096)
def _known(key: Identical[Node]) -> _Known:
    known = _Known()
    for number, end in enumerate(key.value.tunnels):
        known.by_peer.setdefault(end.peer, []).append((number, end))
        if end.kind == KIND:
            known.by_connection.setdefault(connection_of(end), []).append(end)
        if is_head(end):
            for address in end.peer_addresses or (None,):
                known.offers.setdefault(address, {}).setdefault((end.local, end_inside(end).ike_proposals), end)
    return known

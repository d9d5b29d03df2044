"""What tinc alone reads of a bound tunnel."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, Prefix
from netdsl.kinds.tinc.ir import Protection
from netdsl.semantics.bindings import BoundEnd, BoundTunnel, Placed
from netdsl.semantics.peers import behind, met_by_gateway


@dataclass(frozen=True, slots=True)
class BoundTinc:
    """`ports`: on which each end listens; `cipher`, `digest`: what the source says of them."""

    ports: Mapping[NodeId, int]
    protection: Protection
    cipher: Placed[str] | None
    digest: Placed[str] | None


def bound(tunnel: BoundTunnel) -> BoundTinc:
    """tinc's share of a tunnel of this kind."""
    assert isinstance(tunnel.inside, BoundTinc), "a tunnel of another kind"
    return tunnel.inside


def taken_by(tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> tuple[Prefix, ...]:
    """The prefixes for which an end sends to a peer: what its daemon tells the others (tinc.conf(5), Subnet); of a client
    also those of the other clients, which it has no other way to."""
    return behind(*met_by_gateway(tunnel, end, peer))

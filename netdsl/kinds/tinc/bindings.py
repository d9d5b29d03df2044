"""What tinc alone reads of a bound tunnel."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, Prefix
from netdsl.ir.prefixes import host_prefix
from netdsl.kinds.tinc.ir import Protection
from netdsl.semantics.bindings import BoundEnd, BoundTunnel, Placed


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


def peers_of(tunnel: BoundTunnel, end: BoundEnd) -> tuple[BoundEnd, ...]:
    """The other ends whose daemons an end's daemon may be connected to: of a client the gateway, else all."""
    if end.role == "client":
        return tunnel.ends[:1]
    return tuple(other for other in tunnel.ends if other is not end)


def behind(end: BoundEnd) -> tuple[Prefix, ...]:
    """An end's addresses inside, and what it protects: what its daemon tells the others (tinc.conf(5), Subnet)."""
    assert end.inside is not None, "an end with a device"
    return (*(host_prefix(given.ip) for given in end.inside.addresses), *end.protected)


def taken_by(tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> tuple[Prefix, ...]:
    """The prefixes for which an end sends to a peer: its own; of a client also those of the other clients, which it has
    no other way to."""
    others = [peer]
    if end.role == "client":
        others += [one for one in tunnel.ends[1:] if one is not end]
    return tuple(dict.fromkeys(prefix for one in others for prefix in behind(one)))

"""What WireGuard alone reads of a bound tunnel."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, Prefix
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.peers import behind, met_by_gateway


@dataclass(frozen=True, slots=True)
class BoundWireguard:
    """`ports`: on which each end listens; `keepalives`: seconds, of the ends that have one; `memory`: bytes."""

    ports: Mapping[NodeId, int]
    keepalives: Mapping[NodeId, int]
    is_relay: bool
    has_psk: bool
    memory: int | None


def bound(tunnel: BoundTunnel) -> BoundWireguard:
    """WireGuard's share of a tunnel of this kind."""
    assert isinstance(tunnel.inside, BoundWireguard), "a tunnel of another kind"
    return tunnel.inside


def taken_by(tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> tuple[Prefix, ...]:
    """The prefixes of a peer at an end's device: what is sent to it, and the sources that it may send from (wg(8),
    AllowedIPs). With `relay` a client's gateway has those of the other clients too."""
    return behind(*(met_by_gateway(tunnel, end, peer) if bound(tunnel).is_relay else (peer,)))

"""What WireGuard alone reads of a bound tunnel."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, Prefix
from netdsl.ir.prefixes import host_prefix
from netdsl.semantics.bindings import BoundEnd, BoundTunnel


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


def peers_of(tunnel: BoundTunnel, end: BoundEnd) -> tuple[BoundEnd, ...]:
    """The other ends that an end's device knows: of a client the gateway, else all."""
    if end.role == "client":
        return tunnel.ends[:1]
    return tuple(other for other in tunnel.ends if other is not end)


def behind(end: BoundEnd) -> tuple[Prefix, ...]:
    """An end's addresses inside, and what it protects."""
    assert end.inside is not None, "an end with a device"
    return (*(host_prefix(given.ip) for given in end.inside.addresses), *end.protected)


def taken_by(tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> tuple[Prefix, ...]:
    """The prefixes of a peer at an end's device: what is sent to it, and the sources that it may send from (wg(8),
    AllowedIPs). With `relay` a client's gateway has those of the other clients too."""
    others = [peer]
    if end.role == "client" and bound(tunnel).is_relay:
        others += [one for one in tunnel.ends[1:] if one is not end]
    return tuple(dict.fromkeys(prefix for one in others for prefix in behind(one)))

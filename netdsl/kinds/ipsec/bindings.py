"""IPsec's own share of a bound tunnel: what IPsec alone reads of it."""

from netdsl.dataclass import dataclass
from netdsl.ir.tunnel import DpdAction
from netdsl.semantics.bindings import BoundChild, BoundTunnel


@dataclass(frozen=True, slots=True)
class BoundIpsec:
    ike_proposals: tuple[str, ...]
    dpd_seconds: int
    dpd_action: DpdAction
    mobike: bool
    ike_rekey_seconds: int | None


@dataclass(frozen=True, slots=True)
class BoundIpsecChild:
    protocol: str  # "esp" or "ah"
    proposals: tuple[str, ...]
    rekey_seconds: int | None
    rekey_bytes: int | None


def bound_tunnel(tunnel: BoundTunnel) -> BoundIpsec:
    """IPsec's share of a tunnel of this kind."""
    assert isinstance(tunnel.inside, BoundIpsec), "the tunnel of another kind"
    return tunnel.inside


def bound_child(child: BoundChild) -> BoundIpsecChild:
    """IPsec's share of a child of this kind."""
    assert isinstance(child.inside, BoundIpsecChild), "the child of another kind"
    return child.inside

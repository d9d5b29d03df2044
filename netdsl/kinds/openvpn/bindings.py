"""What OpenVPN alone reads of a bound tunnel."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, PkiId, Prefix
from netdsl.ir.service import Protocol
from netdsl.kinds.openvpn.ir import KEEPALIVE
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.peers import met_by_gateway


@dataclass(frozen=True, slots=True)
class BoundOpenvpn:
    """`protocol` (UDP or TCP), `port`: where the first end listens; `keepalives`: seconds, of the ends that have one;
    `cipher`, `digest`: keys of CIPHERS and DIGESTS; `pki`: of the certificates."""

    protocol: Protocol
    port: int
    keepalives: Mapping[NodeId, int]
    cipher: str
    digest: str | None
    is_relay: bool
    pki: PkiId

    def keepalive_of(self, node: NodeId) -> int:
        return self.keepalives.get(node, KEEPALIVE)


def bound(tunnel: BoundTunnel) -> BoundOpenvpn:
    """OpenVPN's share of a tunnel of this kind."""
    assert isinstance(tunnel.inside, BoundOpenvpn), "a tunnel of another kind"
    return tunnel.inside


def peers_of(tunnel: BoundTunnel, end: BoundEnd) -> tuple[BoundEnd, ...]:
    """The other ends that an end has a session with: the first end with each of the others, they with the first."""
    return tunnel.ends[1:] if end is tunnel.ends[0] else tunnel.ends[:1]


def led_to(tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> tuple[Prefix, ...]:
    """What the routes of an end lead to another one: with `relay` a client's also what is behind the other clients."""
    others = met_by_gateway(tunnel, end, peer) if bound(tunnel).is_relay else (peer,)
    return tuple(dict.fromkeys(prefix for one in others for prefix in one.protected))

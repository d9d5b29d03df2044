"""IPsec's own share of a bound tunnel: what IPsec alone reads of it."""

from collections.abc import Mapping
from dataclasses import field, replace

from netdsl.dataclass import SECRET, dataclass
from netdsl.ir.ids import NodeId, PkiId, Prefix, TunnelId
from netdsl.ir.service import PortService
from netdsl.kinds.ipsec.ir import AuthMethod, DpdAction, Handling, LeaseServer, Radius
from netdsl.semantics.bindings import BoundChild, BoundTunnel, Placed
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class BoundAuth:
    """How one node proves itself in one tunnel; `secret` None: made and kept with the lab. `then`: the next round
    (RFC 4739)."""

    method: AuthMethod
    pki: PkiId | None  # of a method that has a certificate
    secret: str | None = field(repr=False, metadata=SECRET)
    identity: str | None  # None: the certificate's subject, or the outer address
    place: Place = field(compare=False, repr=False)
    then: "BoundAuth | None" = None

    @property
    def rounds(self) -> tuple["BoundAuth", ...]:
        return (self, *(() if self.then is None else self.then.rounds))


@dataclass(frozen=True, slots=True)
class BoundIpsec:
    """What is said for all ends; `own`: what an end has that has lines of its own. `encap`: ESP goes in UDP, whether there
    is address translation or not."""

    ike_proposals: tuple[str, ...]
    dpd_seconds: int
    dpd_action: DpdAction
    mobike: bool
    ike_rekey_seconds: int | None
    auth: Mapping[NodeId, BoundAuth]
    ike_reauth_seconds: int | None = None  # None: never
    radius: Radius | None = None
    backup_of: Placed[TunnelId] | None = None
    encap: bool = False
    ike_place: Place | None = field(default=None, compare=False, repr=False)
    own: "Mapping[NodeId, OwnIpsec]" = field(default_factory=dict)
    bypass: Mapping[NodeId, tuple[Prefix, ...]] = field(default_factory=dict)
    farp: Mapping[NodeId, Place] = field(default_factory=dict)  # ends that answer ARP for what is behind the others
    leases: Placed[LeaseServer] | None = None  # whose addresses of IPv4 the pool has


@dataclass(frozen=True, slots=True)
class OwnIpsec:
    """A tunnel as one of its ends has it. `children_of` as `BoundTunnel.children_of`."""

    inside: BoundIpsec
    children_of: Mapping[NodeId, tuple[BoundChild, ...]]


@dataclass(frozen=True, slots=True)
class BoundIpsecChild:
    protocol: str  # "esp" or "ah"
    proposals: tuple[str, ...]
    rekey_seconds: int | None
    rekey_bytes: int | None
    handling: Handling = Handling()
    place: Place | None = field(default=None, compare=False, repr=False)  # of the proposals, where they are said
    selectors_place: Place | None = field(default=None, compare=False, repr=False)  # where an end has its own
    mode_place: Place | None = field(default=None, compare=False, repr=False)
    only_place: Place | None = field(default=None, compare=False, repr=False)


def seen_by(tunnel: BoundTunnel, node: NodeId) -> BoundTunnel:
    """The tunnel as one of its ends has it."""
    all_own = bound_tunnel(tunnel).own
    own = all_own.get(node)
    if own is None:
        return tunnel
    whole = bound_tunnel(tunnel)
    inside = replace(own.inside, own=all_own, bypass=whole.bypass, radius=whole.radius, backup_of=whole.backup_of)
    inside = replace(inside, farp=whole.farp, leases=whole.leases)
    return replace(tunnel, inside=inside, children_of=own.children_of)


def bound_tunnel(tunnel: BoundTunnel) -> BoundIpsec:
    """IPsec's share of a tunnel of this kind."""
    assert isinstance(tunnel.inside, BoundIpsec), "the tunnel of another kind"
    return tunnel.inside


def bound_child(child: BoundChild) -> BoundIpsecChild:
    """IPsec's share of a child of this kind."""
    assert isinstance(child.inside, BoundIpsecChild), "the child of another kind"
    return child.inside


def sources_of(child: BoundChild) -> tuple[PortService, ...]:
    """What the end that does not serve has of `only`: the ports said for it, and all of the other services. Empty: nothing
    is said of it. Charon pairs each of one end with each of the other that has its protocol (strongSwan: child_sa.c,
    create_policy_enumerator)."""
    given = {one.protocol for one in child.only_from}
    rest = (one if one.icmp_type else PortService(one.protocol) for one in child.only if one.protocol not in given)
    return tuple(dict.fromkeys((*child.only_from, *rest))) if given else ()


def in_front_of(tunnel: BoundTunnel, tunnels: Mapping[TunnelId, BoundTunnel]) -> tuple[BoundTunnel, ...]:
    """The tunnels whose backup a tunnel is, the nearest first: it opens while none of them is up. Of a circle each once."""
    found: list[BoundTunnel] = []
    while isinstance(tunnel.inside, BoundIpsec) and tunnel.inside.backup_of is not None:
        before = tunnels.get(tunnel.inside.backup_of.value)
        if before is None or before in found:
            break
        found.append(before)
        tunnel = before
    return tuple(found)

"""IPsec's own share of a tunnel end: what the IKE daemon of this node needs to know beside the common part."""

from dataclasses import field
from enum import StrEnum
from ipaddress import IPv4Address

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId, PkiId, Prefix
from netdsl.ir.service import PortService, Protocol
from netdsl.ir.tunnel import Carrier, Child, TunnelEnd
from netdsl.source import Place

KIND = "ipsec"
DEVICE = "ipsec0"  # kernel-libipsec's interface: ESP in user space
IKE_PORTS = (500, 4500)
ESP, AH = Protocol("esp", 50), Protocol("ah", 51)
CARRIERS = (Carrier(Protocol.UDP, IKE_PORTS, is_symmetric=True), Carrier(ESP), Carrier(AH))
_LEAST_COMPRESSED = 90  # bytes of a packet (net/xfrm/xfrm_algo.c: deflate's `threshold`)
UNCOMPRESSED = {
    family: Carrier(Protocol(name, number), is_inside=True, below=_LEAST_COMPRESSED)
    for family, name, number in ((4, "ipip", 4), (6, "ipv6", 41))
}
"""By the family inside: in a tunnel that compresses, what is small or gets no smaller is IP in IP in ESP, and comes to the
input hook as IP in IP (net/xfrm/xfrm_ipcomp.c, ipcomp_output; net/ipv4/ipcomp.c, ipcomp_tunnel_create)."""


class DpdAction(StrEnum):
    TRAP = "trap"
    CLEAR = "clear"
    RESTART = "restart"


class AuthMethod(StrEnum):
    CERTIFICATE = "certificate"
    PSK = "psk"
    PUBKEY = "pubkey"
    EAP_MSCHAPV2 = "eap-mschapv2"
    EAP_MD5 = "eap-md5"
    EAP_TLS = "eap-tls"
    EAP_TTLS = "eap-ttls"

    @property
    def is_eap(self) -> bool:
        return self in _EAP

    @property
    def has_certificate(self) -> bool:
        return self in (AuthMethod.CERTIFICATE, AuthMethod.EAP_TLS)

    @property
    def has_password(self) -> bool:
        """Whether a name and a secret of EAP prove it."""
        return self in _PASSWORD

    @property
    def needs_server_certificate(self) -> bool:
        """Whether the gateway shows a certificate inside of EAP."""
        return self in (AuthMethod.EAP_TLS, AuthMethod.EAP_TTLS)


_PASSWORD = (AuthMethod.EAP_MSCHAPV2, AuthMethod.EAP_MD5, AuthMethod.EAP_TTLS)
_EAP = (*_PASSWORD, AuthMethod.EAP_TLS)


@dataclass(frozen=True, slots=True)
class Radius:
    """The server that a gateway asks about EAP. `secret` is the name of the one that both know, `asking` the addresses from
    which the server takes questions."""

    server: NodeId
    address: Address
    port: int
    secret: str
    asking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaseServer:
    """The DHCP server from which a gateway has the addresses of its clients. `asked_from`: the gateway's own address on its
    network."""

    node: NodeId
    address: IPv4Address
    asked_from: IPv4Address
    service: PortService


@dataclass(frozen=True, slots=True)
class Authentication:
    """How one end proves its identity. `identity` is an IKE identity as swanctl reads it (address, name, e-mail, DN).
    `key`: of `pubkey`, the host name of the node whose key it is. `server`: whose certificate a client
    expects inside of EAP, where the gateway asks another."""

    method: AuthMethod
    identity: str
    pki: PkiId | None = None
    key: str | None = None
    server: str | None = None


class DscpCopy(StrEnum):
    """Which header gets the DSCP of the other: the outer one when the packet leaves (OUT), the inner one when it comes."""

    OUT = "out"
    IN = "in"
    BOTH = "both"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Handling:
    """What is done to the packets of a child beside encrypting them. `copy_dscp` None: what the node's ESP does by itself
    (the kernel's: OUT; user space: NONE)."""

    is_compressed: bool = False
    copy_dscp: DscpCopy | None = None


@dataclass(frozen=True, slots=True)
class IpsecChild:
    """Durations in seconds, volumes in bytes; None: the daemon's default."""

    protocol: str  # "esp" or "ah"
    proposals: tuple[str, ...]
    reqid: int  # fixed, unique in the node: what `through` matches
    rekey_seconds: int | None = None
    rekey_bytes: int | None = None
    handling: Handling = Handling()
    origin: Place | None = field(default=None, compare=False, repr=False)  # of the proposals, where they are said


@dataclass(frozen=True, slots=True)
class IpsecEnd:
    """One IKE connection. `shares`: the connection of the node in whose IKE SA its children are; None: in its own."""

    own_auth: tuple[Authentication, ...]
    peer_auth: tuple[Authentication, ...]
    ike_proposals: tuple[str, ...]
    dpd_seconds: int
    dpd_action: DpdAction
    mobike: bool = False
    ike_rekey_seconds: int | None = None
    ike_reauth_seconds: int | None = None
    radius: Radius | None = None  # of a gateway
    leases: LeaseServer | None = None  # of a gateway
    shares: str | None = None
    bypass: tuple[Prefix, ...] = ()  # what the node sends to them, and gets from them, goes outside of its tunnels
    encap: bool = False  # ESP in UDP, whether there is address translation or not
    ike_origin: Place | None = field(default=None, compare=False, repr=False)  # of the proposals, where they are said


def ends_of(ends: tuple[TunnelEnd, ...]) -> tuple[TunnelEnd, ...]:
    """Of a node's tunnel ends those of IPsec."""
    return tuple(end for end in ends if end.kind == KIND)


def bypassed(ends: tuple[TunnelEnd, ...]) -> tuple[Prefix, ...]:
    """What a node leaves out of all its tunnels of IPsec."""
    return tuple(dict.fromkeys(prefix for end in ends_of(ends) for prefix in end_inside(end).bypass))


def end_inside(end: TunnelEnd) -> IpsecEnd:
    """IPsec's share of an end of this kind."""
    assert isinstance(end.inside, IpsecEnd), "the end of another kind"
    return end.inside


def child_inside(child: Child) -> IpsecChild:
    """IPsec's share of a child of this kind."""
    assert isinstance(child.inside, IpsecChild), "the child of another kind"
    return child.inside

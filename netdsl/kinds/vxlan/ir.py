"""VXLAN's own share of a tunnel end."""

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NetworkId
from netdsl.ir.tunnel import TunnelEnd

KIND = "vxlan"
PORT = 4789  # RFC 7348 §8: IANA's port
TTL = 64
HIGHEST_VNI = 2**24 - 1  # RFC 7348 §5: 24 bits
HEADERS = 14 + 8 + 8  # bytes: the inner Ethernet header, VXLAN, UDP (RFC 7348 §5)


@dataclass(frozen=True, slots=True)
class VxlanSettings:
    """`network`: the segment that is carried."""

    network: NetworkId
    vni: int
    port: int
    ttl: int


def settings_of(end: TunnelEnd) -> VxlanSettings:
    """VXLAN's share of an end of this kind."""
    assert isinstance(end.inside, VxlanSettings), "the end of another kind"
    return end.inside

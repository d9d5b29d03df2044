"""GRE's own share of a tunnel end."""

from netdsl.dataclass import dataclass
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Carrier, TunnelEnd

KIND = "gre"
GRE = Protocol("gre", 47)
CARRIERS = (Carrier(GRE),)
HEADER = 4  # bytes: flags and protocol type (RFC 2784 §2.1)
KEY = 4  # bytes (RFC 2890 §2.1)
TTL = 64
HIGHEST_KEY = 2**32 - 1  # RFC 2890 §2.1: 32 bits


@dataclass(frozen=True, slots=True)
class GreSettings:
    key: int | None
    ttl: int


def settings_of(end: TunnelEnd) -> GreSettings:
    """GRE's share of an end of this kind."""
    assert isinstance(end.inside, GreSettings), "the end of another kind"
    return end.inside

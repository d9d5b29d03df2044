"""IPIP's own share of a tunnel end."""

from netdsl.dataclass import dataclass
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Carrier, TunnelEnd

KIND = "ipip"
PROTOCOLS = {4: Protocol("ipip", 4), 6: Protocol("ipv6", 41)}
"""By the family inside (RFC 2003 §3.1, RFC 4213 §3.5): the same in either family outside."""
TTL = 64


@dataclass(frozen=True, slots=True)
class IpipSettings:
    """`families`: what is carried, 4 and 6."""

    families: tuple[int, ...]
    ttl: int


def carriers(families: tuple[int, ...]) -> tuple[Carrier, ...]:
    """The outer packets of a tunnel that carries these families."""
    return tuple(Carrier(PROTOCOLS[family]) for family in families)


def settings_of(end: TunnelEnd) -> IpipSettings:
    """IPIP's share of an end of this kind."""
    assert isinstance(end.inside, IpipSettings), "the end of another kind"
    return end.inside

"""Protocols and ports: what `tcp/80`, `udp/1-9`, `icmp/echo-request` and the named services mean."""

from enum import StrEnum

from netdsl.dataclass import dataclass


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"
    SCTP = "sctp"
    ICMP = "icmp"  # both families: ICMP and ICMPv6
    ESP = "esp"
    AH = "ah"
    GRE = "gre"
    IPIP = "ipip"  # IPv4 inside
    IPV6 = "ipv6"  # IPv6 inside
    OSPF = "ospf"


PROTOCOL_NUMBERS: dict[Protocol, int] = {
    Protocol.TCP: 6,
    Protocol.UDP: 17,
    Protocol.SCTP: 132,
    Protocol.ICMP: 1,  # 58 in IPv6
    Protocol.ESP: 50,
    Protocol.AH: 51,
    Protocol.GRE: 47,
    Protocol.IPIP: 4,
    Protocol.IPV6: 41,
    Protocol.OSPF: 89,
}
"""IANA's 'Protocol Numbers'."""


@dataclass(frozen=True, slots=True)
class PortService:
    """A protocol with a range of ports (inclusive; none: all of them), or an ICMP type by its name."""

    protocol: Protocol
    first: int | None = None
    last: int | None = None
    icmp_type: str | None = None

    def __str__(self) -> str:
        if self.icmp_type is not None:
            return f"{self.protocol}/{self.icmp_type}"
        if self.first is None:
            return str(self.protocol)
        return f"{self.protocol}/{self.first}" + ("" if self.last == self.first else f"-{self.last}")


def port(protocol: Protocol, first: int, last: int | None = None) -> PortService:
    return PortService(protocol, first, first if last is None else last)


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """What `serve NAME` is. `port`: where it listens unless the lab says so; None: the lab has to say."""

    name: str
    protocol: Protocol
    port: int | None
    has_zone: bool = False  # its block has a zone and records
    has_certificate: bool = False  # its node has a certificate of the lab's own services

    @property
    def default(self) -> PortService | None:
        return None if self.port is None else port(self.protocol, self.port)


BUILT_IN_SERVICES: dict[str, tuple[PortService, ...]] = {
    "icmp": (PortService(Protocol.ICMP),),
    "tcp": (PortService(Protocol.TCP),),
    "udp": (PortService(Protocol.UDP),),
    "sctp": (PortService(Protocol.SCTP),),
    "ike": (port(Protocol.UDP, 500), port(Protocol.UDP, 4500)),
    "esp": (PortService(Protocol.ESP),),
    "ah": (PortService(Protocol.AH),),
    "gre": (PortService(Protocol.GRE),),
    "ipip": (PortService(Protocol.IPIP), PortService(Protocol.IPV6)),
    "ssh": (port(Protocol.TCP, 22),),
    "dns": (port(Protocol.UDP, 53), port(Protocol.TCP, 53)),
    "http": (port(Protocol.TCP, 80),),
    "https": (port(Protocol.TCP, 443),),
    "ntp": (port(Protocol.UDP, 123),),
    "bgp": (port(Protocol.TCP, 179),),
    "ospf": (PortService(Protocol.OSPF),),
}

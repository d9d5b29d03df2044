"""Protocols and ports: what `tcp/80`, `udp/1-9`, `icmp/echo-request` and the named services mean."""

from dataclasses import dataclass
from enum import StrEnum


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"
    SCTP = "sctp"
    ICMP = "icmp"  # both families: ICMP and ICMPv6
    ESP = "esp"
    AH = "ah"
    GRE = "gre"
    OSPF = "ospf"


@dataclass(frozen=True, slots=True, order=True)
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


BUILT_IN_SERVICES: dict[str, tuple[PortService, ...]] = {
    "icmp": (PortService(Protocol.ICMP),),
    "tcp": (PortService(Protocol.TCP),),
    "udp": (PortService(Protocol.UDP),),
    "sctp": (PortService(Protocol.SCTP),),
    "ike": (port(Protocol.UDP, 500), port(Protocol.UDP, 4500)),
    "esp": (PortService(Protocol.ESP),),
    "ah": (PortService(Protocol.AH),),
    "gre": (PortService(Protocol.GRE),),
    "ssh": (port(Protocol.TCP, 22),),
    "dns": (port(Protocol.UDP, 53), port(Protocol.TCP, 53)),
    "http": (port(Protocol.TCP, 80),),
    "https": (port(Protocol.TCP, 443),),
    "ntp": (port(Protocol.UDP, 123),),
    "bgp": (port(Protocol.TCP, 179),),
    "ospf": (PortService(Protocol.OSPF),),
}

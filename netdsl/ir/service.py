"""Protocols and ports: what `tcp/80`, `udp/1-9`, `icmp/echo-request` and the named services mean."""

from typing import ClassVar

from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Protocol:
    """An IP protocol, by IANA's 'Protocol Numbers'. Those that the core knows by itself are attributes; a kind of tunnel
    has its own."""

    name: str  # lower case
    number: int
    has_ports: bool = False

    TCP: ClassVar["Protocol"]
    UDP: ClassVar["Protocol"]
    SCTP: ClassVar["Protocol"]
    ICMP: ClassVar["Protocol"]  # both families: ICMP, and ICMPv6 with the number 58

    def __str__(self) -> str:
        return self.name


Protocol.TCP = Protocol("tcp", 6, has_ports=True)
Protocol.UDP = Protocol("udp", 17, has_ports=True)
Protocol.SCTP = Protocol("sctp", 132, has_ports=True)
Protocol.ICMP = Protocol("icmp", 1)
WITH_PORTS: dict[str, Protocol] = {each.name: each for each in (Protocol.TCP, Protocol.UDP, Protocol.SCTP)}


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
    """What `serve NAME` is. `port`: where it listens unless the lab says so; None: the lab has to say. `also`: protocols
    that it listens with at the same port."""

    name: str
    protocol: Protocol
    port: int | None
    also: tuple[Protocol, ...] = ()
    has_zone: bool = False  # its block has a zone and records, and it answers DNS queries
    has_certificate: bool = False  # its node has a certificate of the lab's own services
    is_responder: bool = False  # it says which certificates of a PKI are good
    is_silent: bool = False  # it answers those alone whom it knows
    gives_addresses: bool = False  # IPv4 addresses, to who is on a network of its node

    @property
    def default(self) -> PortService | None:
        return None if self.port is None else port(self.protocol, self.port)


BUILT_IN_SERVICES: dict[str, tuple[PortService, ...]] = {
    "icmp": (PortService(Protocol.ICMP),),
    "tcp": (PortService(Protocol.TCP),),
    "udp": (PortService(Protocol.UDP),),
    "sctp": (PortService(Protocol.SCTP),),
    "ssh": (port(Protocol.TCP, 22),),
    "dns": (port(Protocol.UDP, 53), port(Protocol.TCP, 53)),
    "http": (port(Protocol.TCP, 80),),
    "https": (port(Protocol.TCP, 443),),
    "ntp": (port(Protocol.UDP, 123),),
    "bgp": (port(Protocol.TCP, 179),),
    "ospf": (PortService(Protocol("ospf", 89)),),
}
"""Services that filters know by name, beside those of tunnels' outer packets (`netdsl.ir.kind_names`)."""

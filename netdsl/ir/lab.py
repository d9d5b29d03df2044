"""The lab: frozen, closed, every address, MAC address and route decided, no names left to resolve."""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import Expectation, TunnelUp
from netdsl.ir.ids import Address, TunnelId
from netdsl.ir.image import Image
from netdsl.ir.network import Network
from netdsl.ir.node import Node
from netdsl.ir.pki import Pki
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import TunnelEnd
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class TargetSetting:
    """`target compose { key = value }`: for one backend only; the value as written."""

    target: str
    key: str
    value: str
    origin: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Lab:
    """`hosts` is the one hosts file of the whole lab: an address, then its names, in source order. `services` are the names
    that the lab itself gives to ports (`service web = tcp/80`); the lines that use them hold the ports already."""

    name: str
    title: str | None
    networks: tuple[Network, ...]
    nodes: tuple[Node, ...]
    pkis: tuple[Pki, ...] = ()
    images: tuple[Image, ...] = ()
    hosts: tuple[tuple[Address, tuple[str, ...]], ...] = ()
    expectations: tuple[Expectation, ...] = ()
    settings: tuple[TargetSetting, ...] = field(default=())
    services: tuple[tuple[str, tuple[PortService, ...]], ...] = ()

    @property
    def is_meant_to_fail(self) -> bool:
        """Whether its author expects a failure: then nothing may wait for what might never come."""
        return any(expectation.is_failure for expectation in self.expectations)

    def tunnel_ends(self, tunnel: TunnelId) -> tuple[TunnelEnd, ...]:
        """All ends of a tunnel, in the order of their nodes."""
        return tuple(end for node in self.nodes for end in node.tunnels if end.tunnel == tunnel)

    def expects_down(self, tunnel: TunnelId) -> bool:
        """Whether its author says that a tunnel, or a child of it, is not up as the lab comes."""
        usual = (expectation for expectation in self.expectations if expectation.state is None)
        claims = (line.claim for expectation in usual for line in expectation.lines)
        return any(isinstance(one, TunnelUp) and one.is_negative and one.tunnel == tunnel for one in claims)

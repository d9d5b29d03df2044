"""Lines of a firewall and of address translation by the packets that they can match: of thousands a packet meets those of
its own port alone."""

from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import lru_cache
from heapq import merge
from typing import Generic, TypeVar

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Chain, DestinationNat, FilterRule, Firewall, SourceNat, TunnelAccept
from netdsl.ir.service import PortService, Protocol
from netdsl.packets.identical import Identical
from netdsl.packets.types import Packet

PORTED = (Protocol.TCP, Protocol.UDP, Protocol.SCTP)
_MOST_PORTS = 4
"""A line for more ports, or for a range of them, is looked at for each packet."""

Line = FilterRule | TunnelAccept
Translation = TypeVar("Translation", DestinationNat, SourceNat)
T = TypeVar("T")


@dataclass(slots=True)
class _Lines(Generic[T]):
    """With their places among all, in that order."""

    by_port: dict[tuple[Protocol, int], list[tuple[int, T]]] = field(default_factory=dict)
    others: list[tuple[int, T]] = field(default_factory=list)

    def add(self, place: int, line: T, services: tuple[PortService, ...]) -> None:
        ports = _ports(services)
        if ports is None:
            self.others.append((place, line))
            return
        for port in ports:
            self.by_port.setdefault(port, []).append((place, line))

    def met_by(self, packet: Packet) -> Iterator[T]:
        """Those of other services are left out."""
        own: list[tuple[int, T]] = []
        if packet.protocol in PORTED and not packet.is_error:
            own = self.by_port.get((packet.protocol, packet.destination_port), own)
        found = merge(own, self.others, key=_place) if own else self.others
        return (line for _, line in found)


def lines_for(firewall: Firewall, chain: Chain, packet: Packet) -> Iterator[Line]:
    """The lines of a chain in their order, but for those whose services the packet is not of."""
    return _chains(Identical(firewall))[chain].met_by(packet)


def translations_for(rules: Sequence[Translation], packet: Packet) -> Iterator[Translation]:
    """In their order, but for those whose services the packet is not of."""
    return _translations(Identical(rules)).met_by(packet)


def _place(numbered: tuple[int, object]) -> int:
    return numbered[0]


@lru_cache(maxsize=1024)
def _chains(key: Identical[Firewall]) -> dict[Chain, _Lines[Line]]:
    found = {chain: _Lines[Line]() for chain in Chain}
    for place, line in enumerate(key.value.rules):
        if isinstance(line, TunnelAccept):
            for chain in (Chain.INPUT, Chain.OUTPUT):
                found[chain].add(place, line, ())
        else:
            found[line.chain].add(place, line, line.match.services)
    return found


@lru_cache(maxsize=1024)
def _translations(key: Identical[Sequence[Translation]]) -> _Lines[Translation]:
    found = _Lines[Translation]()
    for place, rule in enumerate(key.value):
        found.add(place, rule, rule.match.services)
    return found


def _ports(services: tuple[PortService, ...]) -> dict[tuple[Protocol, int], None] | None:
    """The few ports that a line is for; None where they are many, or none are said."""
    if not 0 < len(services) <= _MOST_PORTS:
        return None
    found: dict[tuple[Protocol, int], None] = {}
    for service in services:
        if service.protocol not in PORTED or service.first is None or service.last not in (None, service.first):
            return None
        found[service.protocol, service.first] = None
    return found

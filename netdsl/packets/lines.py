"""A firewall's lines by the packets that they can match: of thousands a packet meets those of its own port alone."""

from collections.abc import Iterator
from dataclasses import field
from functools import lru_cache
from heapq import merge

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Chain, FilterRule, Firewall, TunnelAccept
from netdsl.ir.service import PortService, Protocol
from netdsl.packets.identical import Identical
from netdsl.packets.types import Packet

PORTED = (Protocol.TCP, Protocol.UDP, Protocol.SCTP)
_MOST_PORTS = 4
"""A line for more ports, or for a range of them, is looked at for each packet."""

Line = FilterRule | TunnelAccept
_Numbered = tuple[int, Line]


@dataclass(slots=True)
class _Chain:
    """The lines of a chain with their places in the firewall, in that order."""

    by_port: dict[tuple[Protocol, int], list[_Numbered]] = field(default_factory=dict)
    others: list[_Numbered] = field(default_factory=list)


def lines_for(firewall: Firewall, chain: Chain, packet: Packet) -> Iterator[Line]:
    """The lines of a chain in their order, but for those whose services the packet is not of."""
    lines = _chains(Identical(firewall))[chain]
    own: list[_Numbered] = []
    if packet.protocol in PORTED and not packet.is_error:
        own = lines.by_port.get((packet.protocol, packet.destination_port), own)
    found = merge(own, lines.others, key=_place) if own else lines.others
    return (line for _, line in found)


def _place(numbered: _Numbered) -> int:
    return numbered[0]


@lru_cache(maxsize=1024)
def _chains(key: Identical[Firewall]) -> dict[Chain, _Chain]:
    found = {chain: _Chain() for chain in Chain}
    for number, line in enumerate(key.value.rules):
        if isinstance(line, TunnelAccept):
            for chain in (Chain.INPUT, Chain.OUTPUT):
                found[chain].others.append((number, line))
            continue
        lines = found[line.chain]
        ports = _ports(line.match.services)
        if ports is None:
            lines.others.append((number, line))
            continue
        for port in ports:
            lines.by_port.setdefault(port, []).append((number, line))
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

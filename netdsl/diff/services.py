"""Which services are asked of two labs: one port stands for all that no line of either tells apart."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from netdsl.dataclass import dataclass
from netdsl.ir.filter import FilterRule, Match
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import PortService, Protocol, port
from netdsl.ir.service_kinds import listens_on
from netdsl.packets.steering import CHOSEN_PORT

PING = "ping"
PROTOCOLS = (Protocol.TCP, Protocol.UDP)
_LAST = 65535

Range: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ServiceClass:
    """Ports of a protocol (None: a ping) that are alike in both labs. `probe`: the one that is asked. `is_rest`: all ports
    that no line names. `is_only_served`: lines name it nowhere but where it is served: elsewhere it is as the rest is."""

    protocol: Protocol | None
    ranges: tuple[Range, ...] = ()
    probe: PortService | None = None
    is_rest: bool = False
    is_only_served: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        if self.protocol is None:
            return (PING,)
        return tuple(f"{self.protocol}/{_range(one)}" for one in self.ranges)


def service_classes(labs: Sequence[Lab]) -> tuple[ServiceClass, ...]:
    """A ping, then for TCP and UDP the ports that lines name, in their order, and all others."""
    found = [ServiceClass(None)]
    for protocol in PROTOCOLS:
        found += _classes(protocol, labs)
    return tuple(found)


def class_of(service: PortService | None) -> ServiceClass:
    """The class of one port, or of a ping, by itself."""
    if service is None or service.first is None:
        return ServiceClass(None, (), service)
    return ServiceClass(service.protocol, ((service.first, service.first),), service)


def spoken(classes: Sequence[ServiceClass], chosen: Iterable[int]) -> tuple[str, ...]:
    """Some of the classes, in words: a protocol with all its classes is its name alone."""
    numbers = set(chosen)
    texts: list[str] = [text for at in sorted(numbers) if classes[at].protocol is None for text in classes[at].texts]
    for protocol in dict.fromkeys(one.protocol for one in classes if one.protocol is not None):
        own = [at for at, one in enumerate(classes) if one.protocol == protocol]
        has_rest = any(classes[at].is_rest for at in own if at in numbers)
        named = [at for at in own if (at in numbers) is not has_rest and not classes[at].is_rest]
        ranges = sorted(one for at in named for one in classes[at].ranges)
        if has_rest:
            texts.append(f"{protocol} but {', '.join(map(_range, ranges))}" if ranges else str(protocol))
        else:
            texts += [f"{protocol}/{_range(one)}" for one in ranges]
    return tuple(texts)


def lines_of(node: Node) -> Iterator[Match]:
    """What the node's filter and translation ask of packets."""
    rules = () if node.firewall is None else node.firewall.rules
    yield from (rule.match for rule in rules if isinstance(rule, FilterRule))
    yield from (rule.match for rule in node.nat.destination)
    yield from (rule.match for rule in node.nat.source)


def carriers(labs: Sequence[Lab]) -> frozenset[tuple[Protocol, int]]:
    """Ports of tunnels' own packets."""
    ends = (end for lab in labs for node in lab.nodes for end in node.tunnels)
    return frozenset((one.protocol, number) for end in ends for one in end.carriers for number in one.ports)


def is_of(services: Sequence[PortService], protocol: Protocol, number: int) -> bool:
    """Whether a port is one of these services; they are none: of any."""
    if not services:
        return True
    return any(
        one.protocol == protocol and (one.first is None or one.first <= number <= (one.last or one.first))
        for one in services
    )


def has_ports_only(services: Sequence[PortService]) -> bool:
    """Whether the services are ports, each of them a number or a range."""
    return bool(services) and all(one.first is not None for one in services)


def _classes(protocol: Protocol, labs: Sequence[Lab]) -> list[ServiceClass]:
    served = {ranges for lab in labs for ranges in _served(protocol, lab)}
    named = {ranges for lab in labs for ranges in _named(protocol, lab)}
    sets = [(ranges, False) for ranges in sorted(named)] + [(ranges, True) for ranges in sorted(served)]
    alike: dict[frozenset[int], list[Range]] = {}
    for ports, signature in _pieces([ranges for ranges, _ in sets]):
        alike.setdefault(signature, []).append(ports)
    found = [
        ServiceClass(
            protocol,
            tuple(_together(ranges)),
            port(protocol, _asked(ranges)),
            is_only_served=all(sets[at][1] for at in signature),
        )
        for signature, ranges in alike.items()
    ]
    taken = [one for ranges in alike.values() for one in ranges]
    taken += [(number, number) for own, number in carriers(labs) if own == protocol]
    free = next((number for number in range(1024, _LAST) if not _is_in(number, taken)), None)
    if free is not None:
        found.append(ServiceClass(protocol, (), port(protocol, free), is_rest=True))
    return found


def _pieces(sets: Sequence[Sequence[Range]]) -> Iterator[tuple[Range, frozenset[int]]]:
    """The ports between which no set begins or ends, with the numbers of the sets that they are in; those in none left
    out."""
    begins: dict[int, set[int]] = {}
    ends: dict[int, set[int]] = {}
    for at, ranges in enumerate(sets):
        for first, last in _together(ranges):
            begins.setdefault(first, set()).add(at)
            ends.setdefault(last + 1, set()).add(at)
    inside: frozenset[int] = frozenset()
    for edge, following in pairwise(sorted({*begins, *ends})):
        inside = (inside - ends.get(edge, set())) | begins.get(edge, set())
        if inside:
            yield (edge, following - 1), inside


def _asked(ranges: Sequence[Range]) -> int:
    """The port that stands for all. That which clients have themselves is taken where there is no other."""
    return next((first if first != CHOSEN_PORT else min(first + 1, last) for first, last in ranges), 0)


def _is_in(number: int, ranges: Iterable[Range]) -> bool:
    return number == CHOSEN_PORT or any(first <= number <= last for first, last in ranges)


def _together(ranges: Iterable[Range]) -> Iterator[Range]:
    """Ranges that touch or overlap, as one."""
    begun: Range | None = None
    for first, last in sorted(ranges):
        if begun is not None and first <= begun[1] + 1:
            begun = (begun[0], max(begun[1], last))
            continue
        if begun is not None:
            yield begun
        begun = (first, last)
    if begun is not None:
        yield begun


def _named(protocol: Protocol, lab: Lab) -> Iterator[tuple[Range, ...]]:
    """The ports that each line of filters, translation and tunnels asks for."""
    for node in lab.nodes:
        for match in lines_of(node):
            yield from _ranges(protocol, match.services)
        for child in (child for end in node.tunnels for child in end.children):
            yield from _ranges(protocol, child.only_local)
            yield from _ranges(protocol, child.only_remote)


def _served(protocol: Protocol, lab: Lab) -> Iterator[tuple[Range, ...]]:
    for node in lab.nodes:
        for served in node.services:
            for listening in listens_on(served.kind, served.service):
                yield from _ranges(protocol, (listening,))


def _ranges(protocol: Protocol, services: Iterable[PortService]) -> Iterator[tuple[Range, ...]]:
    own = [
        (one.first, one.first if one.last is None else one.last)
        for one in services
        if one.protocol == protocol and one.first is not None
    ]
    if own:
        yield tuple(sorted(own))


def _range(one: Range) -> str:
    return str(one[0]) if one[0] == one[1] else f"{one[0]}-{one[1]}"

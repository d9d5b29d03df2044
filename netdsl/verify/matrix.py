"""Every node against every node: each pair of nodes, each address of the destination, by ICMP echo or a service.

Flows whose packets nothing changes share the tree of their destination. Of the others those with the same answer share
it. Two addresses are *alike* where no prefix that any table, rule or selector of the lab names tells them apart; two hosts
where their interfaces are on the same segments, their addresses are alike and all else in them is the same. One flow is
followed for each pair of classes (two where both are one class: to oneself, to the other). Classes are made in linear
time; a node with something of its own is a class of its own.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.ir.filter import FilterRule, Match
from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, NodeKind
from netdsl.ir.prefixes import host_prefix
from netdsl.ir.service import PortService
from netdsl.packets.filtering import spoken
from netdsl.packets.types import Verdict
from netdsl.packets.view import is_raw
from netdsl.packets.world import World
from netdsl.verify.predict import predict
from netdsl.verify.shared import shared_ways
from netdsl.verify.types import Cell

ClassKey = tuple[object, ...]


def matrix(
    world: World,
    service: PortService | None = None,
    *,
    sources: Collection[NodeId] | None = None,
    destinations: Collection[NodeId] | None = None,
) -> Iterator[Cell]:
    """In the order of the source: sources, then destinations, then their addresses. Nobody to itself.

    `service` instead of a ping; `sources`, `destinations`: these alone.
    """
    classes = _Classes(world.lab, has_service=service is not None)
    known: dict[tuple[int, int, int], tuple[Verdict, tuple[Node, Node]]] = {}
    shared = shared_ways(world, service)
    nodes = [node for node in world.lab.nodes if node.kind is not NodeKind.SWITCH]
    numbers = {node.id: classes.number(node) for node in nodes}
    addresses = {node.id: _addresses(node) for node in nodes}
    for source in nodes:
        if sources is not None and source.id not in sources:
            continue
        for destination in nodes:
            if source is destination or (destinations is not None and destination.id not in destinations):
                continue
            for place, address in enumerate(addresses[destination.id]):
                answer = None if shared is None else shared.answer(world.view(source.id), address)
                if answer is not None:
                    outcome, is_exact, reason = answer.outcome, answer.is_exact, answer.reason
                    yield Cell(source.id, destination.id, address, outcome, False, is_exact, reason)
                    continue
                key = (numbers[source.id], numbers[destination.id], place)
                if key not in known:
                    known[key] = (predict(world, source.id, address, service), (source, destination))
                verdict, alike = known[key]
                yield _cell(source, destination, address, verdict, alike)


def _cell(source: Node, destination: Node, address: Address, verdict: Verdict, alike: tuple[Node, Node]) -> Cell:
    """`alike`: the source and the destination that the verdict was asked for."""
    reason = verdict.reason
    if alike != (source, destination):
        reason = _renamed(reason, dict([*_names(alike[0], source), *_names(alike[1], destination)]))
    return Cell(source.id, destination.id, address, verdict.outcome, verdict.is_encrypted, verdict.is_exact, reason)


_NAMED = re.compile(r"`([^`]*)`|(?<![\w.:])([0-9a-f]+[.:][0-9a-f.:]*[0-9a-f:])(?![\w/])")
"""What is quoted, and what looks like an address."""


def _renamed(reason: str, names: dict[str, str]) -> str:
    """The sentence of an alike flow, with this one's names."""

    def named(found: re.Match[str]) -> str:
        if found[2] is None:
            return f"`{names.get(found[1], found[1])}`"
        address, colon, port = found[2].rpartition(":")
        if colon and "." in address:
            return f"{names.get(address, address)}:{port}"
        return names.get(found[2], found[2])

    return _NAMED.sub(named, reason)


def _names(alike: Node, node: Node) -> Iterator[tuple[str, str]]:
    """What a reason may say of a node: its name, its services, its addresses."""
    yield alike.id, node.id
    for served in alike.services:
        yield f"{alike.id}.{served.name}", f"{node.id}.{served.name}"
    for one, other in zip(_addresses(alike), _addresses(node), strict=True):
        yield str(one), str(other)


def _addresses(node: Node) -> tuple[Address, ...]:
    own = [given.ip for interface in node.interfaces for given in interface.addresses]
    return tuple(dict.fromkeys([*own, *(given.ip for given in node.loopbacks)]))


# --- classes


@dataclass(slots=True)
class _Classes:
    """`has_service`: what a node serves makes a difference; a ping asks nobody's services."""

    lab: Lab
    has_service: bool
    _atoms: "_Atoms | None" = None
    _numbers: dict[ClassKey, int] = field(default_factory=dict)
    _special: frozenset[NodeId] = frozenset()

    def number(self, node: Node) -> int:
        key = self._key(node)
        return self._numbers.setdefault(key, len(self._numbers))

    def _key(self, node: Node) -> ClassKey:
        if self._atoms is None:
            self._atoms = _Atoms(_named_prefixes(self.lab))
            self._special = frozenset(_named_nodes(self.lab))
        is_plain = node.kind is NodeKind.HOST and not node.tunnels and not node.neighbours and not node.loopbacks
        if not is_plain or node.id in self._special:
            return (node.id,)
        atoms = self._atoms
        interfaces = tuple(
            (one.name, one.network, one.mtu, tuple((atoms.of(given.ip), given.network) for given in one.addresses))
            for one in node.interfaces
        )
        bare = replace(
            node, id=NodeId(""), host_name="", interfaces=(), services=(), environment=(), origin=None, runs=node.runs[:1],
            files=(), routes=tuple(replace(route, origin=None) for route in node.routes), uplink_mac=None,
        )  # fmt: skip
        served = tuple((each.name, each.kind, each.service) for each in node.services) if self.has_service else ()
        said = tuple(spoken(rule.origin, "") for rule in node.firewall.rules) if node.firewall is not None else ()
        return (interfaces, bare, said, is_raw(node), served)


class _Atoms:
    """The pieces into which all named prefixes cut the space of addresses; each has a number."""

    def __init__(self, prefixes: Iterable[Prefix]) -> None:
        self._by_length: dict[tuple[int, int], set[int]] = {}
        for prefix in prefixes:
            shift = prefix.max_prefixlen - prefix.prefixlen
            bucket = self._by_length.setdefault((prefix.version, prefix.prefixlen), set())
            bucket.add(int(prefix.network_address) >> shift)

    def of(self, address: Address) -> tuple[tuple[int, int], ...]:
        """The named prefixes that hold the address: what tells it from others."""
        value, version, width = int(address), address.version, address.max_prefixlen
        return tuple(
            (length, value >> (width - length))
            for (family, length), bucket in self._by_length.items()
            if family == version and value >> (width - length) in bucket
        )


def _named_prefixes(lab: Lab) -> Iterator[Prefix]:
    for node in lab.nodes:
        yield from (route.prefix for route in node.routes)
        yield from (given.network for interface in node.interfaces for given in interface.addresses)
        yield from (host_prefix(known.address) for known in node.neighbours)
        for match, address in _translations(node):
            yield from _of_match(match)
            if address is not None:
                yield host_prefix(address)
        for line in node.firewall.rules if node.firewall is not None else ():
            if isinstance(line, FilterRule):
                yield from _of_match(line.match)
            else:
                yield from map(host_prefix, (*line.local, *line.peers))
        for end in node.tunnels:
            for child in end.children:
                yield from (*child.local, *child.remote)
            yield from map(host_prefix, end.peer_addresses)
            yield from end.pools


def _translations(node: Node) -> Iterator[tuple[Match, Address | None]]:
    yield from ((rule.match, rule.address) for rule in node.nat.destination)
    yield from ((rule.match, rule.address) for rule in node.nat.source)


def _of_match(match: Match) -> tuple[Prefix, ...]:
    return (*match.sources, *match.destinations, *match.not_destinations)


def _named_nodes(lab: Lab) -> Iterator[NodeId]:
    """Hosts through which others' packets may come, or whose addresses somebody else has, or with a choice of sources."""
    owners: dict[Address, list[NodeId]] = {}
    hops = {route.next_hop for node in lab.nodes for route in node.routes if route.next_hop is not None}
    macs = {known.mac for node in lab.nodes for known in node.neighbours}
    for node in lab.nodes:
        if len(_addresses(node)) > 2 or any(interface.mac in macs for interface in node.interfaces):
            yield node.id
        for address in _addresses(node):
            owners.setdefault(address, []).append(node.id)
    for address, nodes in owners.items():
        if len(nodes) > 1 or address in hops:
            yield from nodes

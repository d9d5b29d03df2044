"""The ranges of `mgmt` and of `uplink`: parts of a pool that are disjoint from the lab's prefixes.

The position of a range is a hash of the project, so that it is the same at every compile and rarely collides with
another project's. Guests get their addresses from the provider's DHCP server; no packet of the lab has such an address.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from netdsl.ir.filter import FilterRule, Match
from netdsl.ir.ids import Address, Prefix
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node

POOLS = tuple(map(IPv4Network, ("10.176.0.0/12", "198.18.0.0/15", "192.168.0.0/16", "172.24.0.0/13")))
"""The default pools, of which the first with room is used: private ranges and the benchmarking range (RFC 2544). The
first has 16,384 ranges for small labs: libvirt does not start two networks with overlapping ranges."""

_OVERHEAD = 3  # network, broadcast, the host
_SMALLEST = 5  # bits: VirtualBox gives its guest the 15th address of a range
_USUAL = 6


class NoRange(Exception):
    """The pool has no free range that is disjoint from the lab's prefixes."""


class UsedAddresses:
    """All IPv4 addresses in a lab, as merged spans of integers. The prefix `0.0.0.0/0` is not counted."""

    def __init__(self, prefixes: Iterable[IPv4Network]) -> None:
        spans: list[tuple[int, int]] = []
        for first, last in sorted({_span(prefix) for prefix in prefixes if prefix.prefixlen}):
            if spans and first <= spans[-1][1] + 1:
                spans[-1] = (spans[-1][0], max(spans[-1][1], last))
            else:
                spans.append((first, last))
        self._spans = spans

    def overlaps(self, prefix: IPv4Network) -> bool:
        first, last = _span(prefix)
        at = bisect_right(self._spans, (last, 1 << 33)) - 1
        return at >= 0 and self._spans[at][1] >= first


def slices(
    lab: Lab, project: str, pool: IPv4Network | None, machines: int, purposes: tuple[str, ...]
) -> tuple[IPv4Network, ...]:
    """A range for each purpose, of equal size and disjoint. Raises NoRange."""
    used = UsedAddresses(prefixes_of(lab))
    for candidate in (pool,) if pool is not None else POOLS:
        found = _slices(used, project, candidate, machines, purposes)
        if found is not None:
            return found
    pools = pool if pool is not None else ", ".join(map(str, POOLS))
    raise NoRange(f"no range for {machines} machines is free in {pools}: the lab uses those addresses itself")


def _slices(
    used: UsedAddresses, project: str, pool: IPv4Network, machines: int, purposes: tuple[str, ...]
) -> tuple[IPv4Network, ...] | None:
    # twice the machines: a DHCP server keeps the leases of removed ones
    usual = max(_USUAL, (2 * machines + _OVERHEAD - 1).bit_length())
    least = max(_SMALLEST, (machines + _OVERHEAD - 1).bit_length())
    bits = min(usual, 32 - pool.prefixlen - (len(purposes) - 1).bit_length())
    if bits < least:
        return None
    found: list[IPv4Network] = []
    for purpose in purposes:
        free = (
            candidate
            for candidate in _candidates(project, purpose, pool, bits)
            if candidate not in found and not used.overlaps(candidate)
        )  # fmt: skip
        chosen = next(free, None)
        if chosen is None:
            return None
        found.append(chosen)
    return tuple(found)


def _candidates(project: str, purpose: str, pool: IPv4Network, bits: int) -> Iterator[IPv4Network]:
    count = 1 << (32 - pool.prefixlen - bits)
    mark = hashlib.sha256(f"{project}\0{purpose}".encode()).digest()
    start = int.from_bytes(mark[:8], "big") % count
    for step in range(count):
        yield IPv4Network((int(pool.network_address) + ((start + step) % count << bits), 32 - bits))


def prefixes_of(lab: Lab) -> Iterator[IPv4Network]:
    """Every IPv4 prefix and address of a lab: on interfaces, in routes, rules, tunnels, services."""
    for prefix in _all(lab):
        if prefix.version == 4:
            yield IPv4Network(prefix) if not isinstance(prefix, IPv4Network) else prefix


def _all(lab: Lab) -> Iterator[Prefix | Address]:
    for network in lab.networks:
        yield from network.prefixes
    for address, _ in lab.hosts:
        yield address
    for node in lab.nodes:
        for interface in node.interfaces:
            yield from (own.network for own in interface.addresses)
        yield from (loopback.network for loopback in node.loopbacks)
        yield from (neighbour.address for neighbour in node.neighbours)
        yield from _in_routes(node)
        yield from _in_rules(node)
        yield from _in_tunnels(node)
        yield from _in_names(node)


def _in_routes(node: Node) -> Iterator[Prefix | Address]:
    for route in node.routes:
        yield route.prefix
        if route.next_hop is not None:
            yield route.next_hop


def _in_names(node: Node) -> Iterator[Prefix | Address]:
    yield from node.resolvers
    for served in node.services:
        names = served.names
        for forwarder in names.forwarders if names is not None else ():
            yield from forwarder.addresses
        if names is not None and names.recursion is not None:
            yield from names.recursion.clients
        for zone in names.zones if names is not None else ():
            for record in zone.addresses:
                yield from record.addresses


def _in_rules(node: Node) -> Iterator[Prefix | Address]:
    for rule in node.firewall.rules if node.firewall is not None else ():
        if isinstance(rule, FilterRule):
            yield from _in_match(rule.match)
    for destination in node.nat.destination:
        yield from _in_match(destination.match)
        yield destination.prefix or destination.address
    for source in node.nat.source:
        yield from _in_match(source.match)
        if source.address is not None:
            yield source.prefix or source.address


def _in_match(match: Match) -> Iterator[Prefix]:
    yield from match.sources
    yield from match.destinations
    yield from match.not_destinations
    yield from match.not_sources


def _in_tunnels(node: Node) -> Iterator[Prefix | Address]:
    for end in node.tunnels:
        if end.local is not None:
            yield end.local
        yield from end.peer_addresses
        yield from end.pools
        for child in end.children:
            yield from child.local
            yield from child.remote


def _span(prefix: IPv4Network) -> tuple[int, int]:
    first = int(prefix.network_address)
    return first, first + (1 << (32 - prefix.prefixlen)) - 1

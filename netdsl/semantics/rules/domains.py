"""The rule on ranges that overlap within one routed domain.

Two networks with overlapping ranges are one domain where a packet from the first, with its own source address (nobody on
the way translated it) and in no tunnel, is forwarded by a node that would send the answer to the second. So two sites
with the same range behind masquerading gateways, or whose gateways send everything to a provider that knows neither,
do not meet; two that routes or `routing auto` lead to from one router do.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from netdsl.diagnostics.catalogue import OVERLAPPING_RANGES
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Address, NetworkId, NodeId
from netdsl.semantics.bindings import BoundNetwork, BoundNode
from netdsl.semantics.rules.blocks import Block, block_of, groups
from netdsl.semantics.rules.facts import Facts, SegmentId
from netdsl.semantics.rules.ways import End, Ways, translates

Range = tuple[Block, BoundNetwork]

LONGEST_SEARCH = 2_000
"""Nodes that a network's packets are followed to: a bound on time where thousands of networks share one range."""

MOST_PROBES = 8
"""Addresses of the range that a router is asked for: a bound on time where many networks lie within one."""


def check_domains(facts: Facts, ways: Ways, diagnostics: Diagnostics) -> None:
    used = (
        (block_of(prefix), network)
        for network in facts.bindings.networks.values()
        if facts.segment_of[network.id] in facts.interfaces_on
        for prefix in network.prefixes
    )
    order = {network: index for index, network in enumerate(facts.bindings.networks)}
    told: set[frozenset[NetworkId]] = set()
    for members in groups(used):
        group = _group(members, facts)
        for one in sorted(members, key=lambda entry: order[entry[1].id]):
            clash = _clash(one, group, facts, ways)
            if clash is None:
                continue
            router, other = clash
            pair = frozenset((one[1].id, other.id))
            if pair not in told and not _shares_a_node(one[1], other, facts):
                told.add(pair)
                _report(one, other, router, order, diagnostics)


@dataclass(frozen=True, slots=True)
class Group:
    """Ranges within one range: by segment, and their first addresses in order."""

    on: dict[SegmentId, list[Range]]
    firsts: list[int]

    def overlapping(self, segment: SegmentId | None, block: Block) -> BoundNetwork | None:
        """A network of the segment whose range overlaps."""
        ranges = self.on.get(segment, []) if segment is not None else []
        return next((network for other, network in ranges if other.overlaps(block)), None)

    def probes(self, block: Block) -> list[int]:
        """Addresses of a block that may be in several of the ranges."""
        start = bisect_left(self.firsts, block.first)
        inside = self.firsts[start : start + MOST_PROBES]
        return [first for first in inside if first <= block.last]


def _group(members: list[Range], facts: Facts) -> Group:
    on: dict[SegmentId, list[Range]] = defaultdict(list)
    for block, network in members:
        on[facts.segment_of[network.id]].append((block, network))
    return Group(on, sorted({block.first for block, _ in members}))


def _report(
    one: Range, other: BoundNetwork, router: NodeId, order: dict[NetworkId, int], diagnostics: Diagnostics
) -> None:
    first, second = sorted((one[1], other), key=lambda network: order[network.id])
    diagnostics.report(
        OVERLAPPING_RANGES,
        f"the ranges of `{first.id}` and `{second.id}` overlap within one routed domain",
        second.place,
        _prefixes(second),
        related=(
            Label(first.place, f"{_prefixes(first)}; `{router}` sends answers for `{one[1].id}` to `{other.id}`"),
        ),
        help="give one of them another range, or translate its addresses where they leave: `masquerade out …`",
    )


def _prefixes(network: BoundNetwork) -> str:
    return ", ".join(map(str, network.prefixes))


def _shares_a_node(one: BoundNetwork, other: BoundNetwork, facts: Facts) -> bool:
    """Then the overlap is that node's, and told there."""
    left, right = facts.segment_of[one.id], facts.segment_of[other.id]
    nodes = {interface.node for interface in facts.interfaces_on[left]}
    return any(interface.node in nodes for interface in facts.interfaces_on[right])


def _clash(one: Range, group: Group, facts: Facts, ways: Ways) -> tuple[NodeId, BoundNetwork] | None:
    """A router that forwards the network's packets and answers to another network of the group."""
    block, network = one
    home = facts.segment_of[network.id]
    if len(group.on) == 1:
        return None
    probes = group.probes(block)
    for node in _forwarders(network, block, facts, ways):
        for probe in probes:
            walk = ways.walk(node.id, _address(block.version, probe))
            found: BoundNetwork | None = None
            if walk.end is End.AUTOMATIC:
                found = _near(walk.last, home, block, group, facts)
            elif walk.segment != home:
                found = group.overlapping(walk.segment, block)
            if found is not None:
                return node.id, found
    return None


def _forwarders(network: BoundNetwork, block: Block, facts: Facts, ways: Ways) -> Iterator[BoundNode]:
    """The routers that packets of a network come to with their own source address, nearest first."""
    waiting = deque(_routers_on(facts.segment_of[network.id], facts))
    seen = set(waiting)
    while waiting and len(seen) <= LONGEST_SEARCH:
        node = facts.bindings.nodes[waiting.popleft()]
        yield node
        for hop in _next(node, block, facts, ways):
            if hop not in seen and facts.is_router(hop):
                seen.add(hop)
                waiting.append(hop)


def _next(node: BoundNode, block: Block, facts: Facts, ways: Ways) -> Iterator[NodeId]:
    open_exits = {
        interface.name: interface
        for interface in node.interfaces
        if not translates(node, interface.name, (block,), facts)
    }
    for route in node.routes:
        hop = ways.hop(node, route) if route.interface in open_exits else None
        if hop is not None:
            yield hop
    if node.has_auto_routing:
        for interface in open_exits.values():
            yield from _routers_on(facts.segment_of[interface.network], facts)


def _routers_on(segment: SegmentId, facts: Facts) -> Iterable[NodeId]:
    routers = (interface.node for interface in facts.interfaces_on[segment])
    return dict.fromkeys(node for node in routers if facts.is_router(node))


def _near(start: NodeId, home: SegmentId, block: Block, group: Group, facts: Facts) -> BoundNetwork | None:
    """The first of the group's networks that routers join with a node that finds its routes itself."""
    waiting, seen = deque([start]), {start}
    while waiting and len(seen) <= LONGEST_SEARCH:
        for interface in facts.bindings.nodes[waiting.popleft()].interfaces:
            segment = facts.segment_of[interface.network]
            found = group.overlapping(segment, block) if segment != home else None
            if found is not None:
                return found
            fresh = [node for node in _routers_on(segment, facts) if node not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
    return None


def _address(version: int, number: int) -> Address:
    return IPv4Address(number) if version == 4 else IPv6Address(number)

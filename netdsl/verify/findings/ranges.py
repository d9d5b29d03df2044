"""Networks whose ranges overlap within one routed domain.

Two such networks are one domain where a packet from the first, with its own source address and in no tunnel, comes to a
router that would send the answer to the second. So two sites with the same range behind masquerading gateways, or whose
gateways send everything to a provider that knows neither, do not meet; two that routes lead to from one router do.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.filter import Chain
from netdsl.ir.ids import Address, NetworkId, NodeId, Prefix
from netdsl.ir.network import Network
from netdsl.ir.prefixes import contains, holds
from netdsl.ir.service import Protocol
from netdsl.packets.passage import Stop
from netdsl.packets.types import Hook, Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk
from netdsl.packets.world import World

_Range = tuple[Prefix, Network]
_LONGEST_SEARCH = 2_000
"""Nodes that a network's packets are followed to: a bound on time where thousands of networks share one range."""
_MOST_PROBES = 8
"""Addresses of the range that a router is asked for: a bound on time where many networks lie within one."""
_EVERY_CHAIN = frozenset(Chain)


def check_ranges(world: World, diagnostics: Diagnostics) -> None:
    fabric = world.fabric
    order = {network: number for number, network in enumerate(fabric.networks)}
    told: set[frozenset[NetworkId]] = set()
    for members in _groups(world):
        group = _group(world, members)
        if len(group.on) == 1:
            continue
        for one in sorted(members, key=lambda entry: order[entry[1].id]):
            clash = _clash(world, one, group)
            if clash is None:
                continue
            router, other = clash
            pair = frozenset((one[1].id, other.id))
            if pair not in told and not _shares_a_node(world, one[1], other):
                told.add(pair)
                _report(one[1], other, router, order, diagnostics)


def _groups(world: World) -> Iterator[list[_Range]]:
    """The ranges of networks with members, in groups of two and more that lie within one range."""
    fabric = world.fabric
    used = [
        (prefix, network)
        for network in fabric.networks.values()
        if fabric.members.get(fabric.segment_of[network.id])
        for prefix in network.prefixes
    ]
    used.sort(key=lambda entry: (entry[0].version, int(entry[0].network_address), entry[0].prefixlen))
    group: list[_Range] = []
    for entry in used:
        if group and not contains(group[0][0], entry[0]):
            if len(group) > 1:
                yield group
            group = []
        group.append(entry)
    if len(group) > 1:
        yield group


@dataclass(frozen=True, slots=True)
class _Group:
    """Ranges within one range: by segment, and their first addresses in order."""

    on: dict[NetworkId, list[_Range]]
    firsts: list[Address]

    def overlapping(self, segment: NetworkId | None, prefix: Prefix) -> Network | None:
        """A network of the segment whose range overlaps."""
        ranges = self.on.get(segment, []) if segment is not None else []
        return next((network for other, network in ranges if other.overlaps(prefix)), None)

    def probes(self, prefix: Prefix) -> list[Address]:
        """Addresses of a prefix that may be in several of the ranges."""
        start = bisect_left(self.firsts, int(prefix.network_address), key=int)
        return [first for first in self.firsts[start : start + _MOST_PROBES] if first in prefix]


def _group(world: World, members: list[_Range]) -> _Group:
    on: dict[NetworkId, list[_Range]] = {}
    for prefix, network in members:
        on.setdefault(world.fabric.segment_of[network.id], []).append((prefix, network))
    return _Group(on, sorted({prefix.network_address for prefix, _ in members}, key=int))


def _report(
    one: Network, other: Network, router: NodeId, order: dict[NetworkId, int], diagnostics: Diagnostics
) -> None:
    first, second = sorted((one, other), key=lambda network: order[network.id])
    if first.origin is None or second.origin is None:
        return
    answers = f"{_prefixes(first)}; `{router}` sends answers for `{one.id}` to `{other.id}`"
    diagnostics.report(
        catalogue.OVERLAPPING_RANGES,
        f"the ranges of `{first.id}` and `{second.id}` overlap within one routed domain",
        second.origin,
        _prefixes(second),
        related=(Label(first.origin, answers),),
        help="give one of them another range, or translate its addresses where they leave: `masquerade out …`",
    )


def _prefixes(network: Network) -> str:
    return ", ".join(map(str, network.prefixes))


def _shares_a_node(world: World, one: Network, other: Network) -> bool:
    """Then the overlap is that node's, and told there."""
    left, right = (
        {view.id for view, _ in world.fabric.members[world.fabric.segment_of[network.id]]} for network in (one, other)
    )
    return bool(left & right)


def _clash(world: World, one: _Range, group: _Group) -> tuple[NodeId, Network] | None:
    """A router that forwards the network's packets and answers to another network of the group."""
    prefix, network = one
    home = world.fabric.segment_of[network.id]
    probes = _parts(world, home, prefix) or group.probes(prefix)
    for view in _forwarders(world, home, prefix):
        for address in probes:
            segment = _segment_of(world, view, address)
            found = group.overlapping(segment, prefix) if segment != home else None
            if found is not None:
                return view.id, found
    return None


def _parts(world: World, home: NetworkId, prefix: Prefix) -> list[Address]:
    """The addresses that nodes of a segment have of its range, where one of them answers ARP for the rest of it."""
    members = world.fabric.members[home]
    if not any(view.id in world.fabric.proxies for view, _ in members):
        return []
    own = (given.ip for _, interface in members for given in interface.addresses)
    return [address for address in own if holds(prefix, address)]


def _segment_of(world: World, view: View, address: Address) -> NetworkId | None:
    """The segment on which a packet of the node for an address is delivered, whatever filters say; None: on none, or
    through a tunnel."""
    source = view.source_towards(address)
    if source is None:
        return None
    walk = Walk(world.fabric, world.tracker(), overrules=_EVERY_CHAIN)
    result = walk.run(view, Packet(source, address, Protocol.ICMP, icmp_type="echo-request"))
    last, name = walk.hops[-1], walk.hops[-1].in_interface
    if any(wire.packet.tunnel is not None for hop in walk.hops for wire in hop.wires):
        return None
    if isinstance(result, Stop):
        hop = world.view(last.node).route(address) if result.hook is Hook.NEIGHBOUR else None
        name = None if hop is None or hop.gateway is not None else hop.interface
    interface = None if name is None else world.view(last.node).interfaces.get(name)
    return None if interface is None else world.fabric.segment_of[interface.network]


def _forwarders(world: World, home: NetworkId, prefix: Prefix) -> Iterator[View]:
    """The routers that packets of a network come to with their own source address, nearest first."""
    waiting = deque(view for view, _ in world.fabric.members[home] if view.node.kind.forwards)
    seen = {view.id for view in waiting}
    while waiting and len(seen) <= _LONGEST_SEARCH:
        view = waiting.popleft()
        yield view
        for other in _next(world, view, prefix):
            if other.id not in seen and other.node.kind.forwards:
                seen.add(other.id)
                waiting.append(other)


def _next(world: World, view: View, prefix: Prefix) -> Iterator[View]:
    """By its routes; and where it finds these itself, all routers beside it, which do so too."""
    open_exits = [name for name in view.interfaces if not _translates(view, name, prefix)]
    hops = dict.fromkeys((hop.interface, hop.gateway) for hop in view.main.hops() if hop.gateway is not None)
    for name, gateway in hops:
        found = world.fabric.neighbour(view, name, gateway) if gateway is not None and name in open_exits else None
        if found is not None:
            yield found[0]
    if any(route.is_automatic and route.origin == view.node.origin for route in view.node.routes):
        for name in open_exits:
            segment = world.fabric.segment_of[view.interfaces[name].network]
            yield from (other for other, _ in world.fabric.members[segment])


def _translates(view: View, interface: str, prefix: Prefix) -> bool:
    """Whether the node changes the source of what leaves by an interface and comes from a prefix."""
    return any(
        interface in (rule.match.out_interfaces or (interface,))
        and any(
            prefix.overlaps(source) for source in rule.match.sources or (prefix,) if source.version == prefix.version
        )
        for rule in view.node.nat.source
    )

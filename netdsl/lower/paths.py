"""The way of a packet between two nodes' addresses, by the routes of each node on it."""

from collections.abc import Mapping
from dataclasses import dataclass

from netdsl.ir.ids import Address, NetworkId, NodeId
from netdsl.ir.node import Route
from netdsl.ir.prefixes import contains, holds, host_prefix
from netdsl.lower.defaults import MTU
from netdsl.lower.directory import Directory
from netdsl.semantics.bindings import BoundInterface, BoundNode

RoutingTables = Mapping[NodeId, tuple[Route, ...]]

NOTHING: Mapping[NetworkId, int] = {}
LIMIT = 255  # hops: an IP packet lives no longer


@dataclass(frozen=True, slots=True)
class Step:
    """The packet leaves `node` by its interface."""

    node: NodeId
    interface: BoundInterface


@dataclass(frozen=True, slots=True)
class Path:
    """`is_complete`: it arrives. `is_translated`: source NAT on the way hides who sent it (of the sender itself:
    no)."""

    steps: tuple[Step, ...]
    is_complete: bool
    is_translated: bool


def longest_match(routes: tuple[Route, ...], address: Address) -> Route | None:
    """The route that the kernel takes; of equal prefixes the first."""
    best: Route | None = None
    for route in routes:
        if holds(route.prefix, address) and (best is None or route.prefix.prefixlen > best.prefix.prefixlen):
            best = route
    return best


def find_path(directory: Directory, tables: RoutingTables, start: NodeId, source: Address, goal: Address) -> Path:
    """Follows connected networks and routes from a node until one of the next nodes has the goal's address."""
    steps: list[Step] = []
    node = directory.nodes[start]
    is_translated = False
    while len(steps) < LIMIT:
        if goal in directory.addresses[node.id]:
            return Path(tuple(steps), True, is_translated)
        step = _step(directory, tables, node, goal)
        if step is None:
            break
        interface, next_hop = step
        steps.append(Step(node.id, interface))
        if node.id != start and _translates(directory, node, interface.name, source):
            is_translated = True
        following = _owner(directory, interface.network, next_hop)
        if following is None:
            break
        node = directory.nodes[following]
    return Path(tuple(steps), False, is_translated)


def link_mtu(directory: Directory, interface: BoundInterface, carried: Mapping[NetworkId, int] = NOTHING) -> int:
    """The interface's own, its network's, that of the tunnel that carries the network (`carried`), or the default."""
    if interface.mtu is not None:
        return interface.mtu
    return directory.networks[interface.network].mtu or carried.get(interface.network, MTU)


def _step(
    directory: Directory, tables: RoutingTables, node: BoundNode, goal: Address
) -> tuple[BoundInterface, Address] | None:
    connected = directory.interface_towards(node, goal)
    route = longest_match(tables[node.id], goal)
    if connected is not None:
        length = max(
            given.address.network.prefixlen for given in connected.addresses if holds(given.address.network, goal)
        )
        if route is None or route.prefix.prefixlen <= length:
            return connected, goal
    if route is None:
        return None
    interface = node.interface(route.interface)
    return None if interface is None else (interface, goal if route.next_hop is None else route.next_hop)


def _owner(directory: Directory, network: NetworkId, address: Address) -> NodeId | None:
    for owner, name in directory.owners.get(address, ()):
        interface = None if name is None else directory.nodes[owner].interface(name)
        if interface is not None and directory.segments[interface.network] == directory.segments[network]:
            return owner
    return None


def _translates(directory: Directory, node: BoundNode, out: str, source: Address) -> bool:
    packet = host_prefix(source)
    for rule in node.source_nat:
        if rule.state is not None or all(placed.value != out for placed in rule.match.out_interfaces):
            continue
        sources = directory.prefixes(rule.match.sources)
        if not sources or any(contains(given, packet) for given in sources):
            return True
    return False

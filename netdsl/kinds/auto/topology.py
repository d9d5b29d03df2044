"""Who forwards to whom, in one family: routers and subnets as the two kinds of vertices of one graph.

A vertex is a router or a subnet (a prefix on a segment: two prefixes on one segment are two subnets, for a next hop has
to be in a subnet of one's own). An edge joins a router with each subnet that it has an address in. The rules of
`routing auto` that decide what the graph is:

* Only routers forward. A host with a loopback is a leaf on its first subnet, so that others find the loopback.
* A router with `routing auto` costs one per edge. One without is passed only where there is no other way (its own lines
  must then lead on): its edges cost `DETOUR`.
* A router that hides a side (see `closures`) is no neighbour of the subnets it hides it from: nothing behind it is
  announced there. On that side it is a *guest*, as a host is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NetworkId, NodeId, Prefix
from netdsl.ir.prefixes import contains, host_prefix
from netdsl.lower.directory import Directory
from netdsl.semantics.bindings import BoundInterface, BoundNode, BoundSourceNat

DETOUR = 1 << 24


@dataclass(frozen=True, slots=True)
class Subnet:
    """`network` is the first of its segment."""

    network: NetworkId
    prefix: Prefix


@dataclass(frozen=True, slots=True)
class Attachment:
    """How a node touches a subnet: by its first address there."""

    interface: str
    address: Address


@dataclass(frozen=True, slots=True)
class Topology:
    """Vertices are numbers: first the forwarding nodes, then the subnets, each in source order.

    `neighbours` are in the order of the source, `cost` is what each edge of a forwarding node costs; `attachments`
    tells how a node (forwarding or not) touches its subnets, in the order of its addresses; `guests` are a hiding
    router's subnets on the outside. `carried` are the subnets of networks that tunnels carry, `under` the others on which
    such a tunnel has an outer address.
    """

    version: int
    routers: tuple[NodeId, ...]
    subnets: tuple[Subnet, ...]
    neighbours: tuple[tuple[int, ...], ...]
    cost: tuple[int, ...]
    vertex_of: Mapping[NodeId, int]
    attachments: Mapping[NodeId, Mapping[int, Attachment]]
    guests: Mapping[NodeId, frozenset[int]]
    loopbacks: Mapping[int, tuple[Prefix, ...]]
    carried: frozenset[int]
    under: tuple[int, ...]

    def edge_cost(self, one: int, other: int) -> int:
        return self.cost[min(one, other)]

    def prefixes_at(self, vertex: int) -> tuple[Prefix, ...]:
        """What is reached at a vertex: the subnet itself, a router's loopbacks."""
        if vertex >= len(self.routers):
            return (self.subnets[vertex - len(self.routers)].prefix,)
        return self.loopbacks.get(vertex, ())

    @property
    def bare(self) -> "Topology":
        """Without the ways over networks that tunnels carry."""
        neighbours = tuple(
            () if vertex in self.carried else tuple(other for other in others if other not in self.carried)
            for vertex, others in enumerate(self.neighbours)
        )
        return replace(self, neighbours=neighbours)


def make_topology(directory: Directory, version: int) -> Topology:
    """The graph of one family, 4 or 6."""
    nodes = directory.nodes.values()
    forwarding = [node for node in nodes if node.kind.forwards or _loopbacks(node, version)]
    vertex_of = {node.id: number for number, node in enumerate(forwarding)}
    subnets: dict[tuple[NetworkId, Prefix], int] = {}
    attachments = {node.id: _attachments(directory, node, version, subnets, len(forwarding)) for node in nodes}
    guests = {
        node.id: closed for node in forwarding if (closed := _closed(directory, node, version, attachments[node.id]))
    }
    neighbours: list[list[int]] = [[] for _ in range(len(forwarding) + len(subnets))]
    for vertex, node in enumerate(forwarding):
        touched = [vertex for vertex in attachments[node.id] if vertex not in guests.get(node.id, ())]
        for subnet in touched if node.kind.forwards else touched[:1]:
            neighbours[vertex].append(subnet)
            neighbours[subnet].append(vertex)
    carried = _carried(directory, subnets)
    return Topology(
        version,
        tuple(vertex_of),
        tuple(Subnet(network, prefix) for network, prefix in subnets),
        tuple(map(tuple, neighbours)),
        tuple(1 if node.has_auto_routing or not node.kind.forwards else DETOUR for node in forwarding),
        vertex_of,
        attachments,
        guests,
        {vertex_of[node.id]: found for node in forwarding if (found := _loopbacks(node, version))},
        carried,
        _under(directory, subnets, carried),
    )


def _carried(directory: Directory, subnets: Mapping[tuple[NetworkId, Prefix], int]) -> frozenset[int]:
    carries = (tunnel.carries for tunnel in directory.tunnels.values() if tunnel.carries is not None)
    segments = {directory.segments[network] for network in carries}
    return frozenset(vertex for (network, _), vertex in subnets.items() if network in segments)


def _under(
    directory: Directory, subnets: Mapping[tuple[NetworkId, Prefix], int], carried: frozenset[int]
) -> tuple[int, ...]:
    ends = (end for tunnel in directory.tunnels.values() if tunnel.carries is not None for end in tunnel.ends)
    own = {
        (directory.segments[interface.network], given.address.network)
        for end in ends
        for interface in directory.nodes[end.node].interfaces
        for given in interface.addresses
        if given.address.ip == end.outer
    }
    return tuple(vertex for key, vertex in subnets.items() if key in own and vertex not in carried)


def _loopbacks(node: BoundNode, version: int) -> tuple[Prefix, ...]:
    return tuple(host_prefix(own.ip) for own in node.loopbacks if own.version == version)


def _attachments(
    directory: Directory, node: BoundNode, version: int, subnets: dict[tuple[NetworkId, Prefix], int], first: int
) -> dict[int, Attachment]:
    """The subnets that a node touches; new ones get the next numbers."""
    found: dict[int, Attachment] = {}
    for interface in node.interfaces:
        for given in interface.addresses:
            if given.address.version != version:
                continue
            key = (directory.segments[interface.network], given.address.network)
            vertex = subnets.setdefault(key, first + len(subnets))
            if vertex not in found:
                found[vertex] = Attachment(interface.name, given.address.ip)
    return found


def _closed(
    directory: Directory, node: BoundNode, version: int, attachments: Mapping[int, Attachment]
) -> frozenset[int]:
    """The subnets that the node hides what lies behind it from."""
    hiding = {
        interface
        for rule in node.source_nat
        for interface in _outsides(rule)
        if _hides(directory, node, version, rule, interface)
    }
    return frozenset(vertex for vertex, touched in attachments.items() if touched.interface in hiding)


def _outsides(rule: BoundSourceNat) -> Iterable[str]:
    return (placed.value for placed in rule.match.out_interfaces)


def _hides(directory: Directory, node: BoundNode, version: int, rule: BoundSourceNat, outside: str) -> bool:
    """Source NAT hides the inside if it holds for all packets of all that is inside: without `while`, service and
    `except`, and with every subnet of the node's other interfaces in its `from`."""
    match = rule.match
    if rule.state is not None or match.services or match.through or match.through_kinds:
        return False
    if match.not_destinations or match.not_sources:
        return False
    if not match.sources:
        return True
    sources = directory.prefixes(match.sources)
    return all(
        any(contains(source, prefix) for source in sources)
        for interface in node.interfaces
        if interface.name != outside
        for prefix in _subnets(interface, version)
    )


def _subnets(interface: BoundInterface, version: int) -> Iterable[Prefix]:
    return (given.address.network for given in interface.addresses if given.address.version == version)

"""Who forwards to whom, in one family: routers and subnets as the two kinds of vertices of one graph.

A vertex is a router or a subnet (a prefix on a segment: two prefixes on one segment are two subnets, for a next hop has
to be in a subnet of one's own). An edge joins a router with each subnet that it has an address in. The rules of
`routing auto` that decide what the graph is:

* Only routers forward. A host with a loopback is a leaf on its first subnet, so that others find the loopback.
* A router with `routing auto` costs one per edge. One without is passed only where there is no other way (its own lines
  must then lead on): its edges cost `DETOUR`.
* Where an interface is unnumbered, or has link-local addresses alone, its segment is one more subnet without a prefix: a
  *link*. All on the segment that speak the family are on it, by borrowed or link-local addresses.
* A router that hides a side (see `closures`) is no neighbour of the subnets it hides it from: nothing behind it is
  announced there. On that side it is a *guest*, as a host is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NetworkId, NodeId, Prefix
from netdsl.ir.prefixes import contains, host_prefix
from netdsl.lower.directory import Directory
from netdsl.semantics.bindings import BoundInterface, BoundNode, BoundSourceNat

DETOUR = 1 << 24

_Key = tuple[NetworkId, Prefix | None]
"""A subnet: the first network of its segment, and its prefix."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """`network` is the first of its segment. Without a prefix: a link, on which no address is a goal."""

    network: NetworkId
    prefix: Prefix | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """How a node touches a subnet: by its first address there; a link of IPv6 by a link-local one."""

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
            prefix = self.subnets[vertex - len(self.routers)].prefix
            return () if prefix is None else (prefix,)
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
    subnets = _Subnets(directory, version, len(forwarding), _links(directory, version))
    attachments = {node.id: subnets.touched_by(node) for node in nodes}
    guests = {
        node.id: closed for node in forwarding if (closed := _closed(directory, node, version, attachments[node.id]))
    }
    neighbours: list[list[int]] = [[] for _ in range(len(forwarding) + len(subnets.vertices))]
    for vertex, node in enumerate(forwarding):
        touched = [vertex for vertex in attachments[node.id] if vertex not in guests.get(node.id, ())]
        for subnet in touched if node.kind.forwards else touched[:1]:
            neighbours[vertex].append(subnet)
            neighbours[subnet].append(vertex)
    carried = _carried(directory, subnets.vertices)
    return Topology(
        version,
        tuple(vertex_of),
        tuple(Subnet(network, prefix) for network, prefix in subnets.vertices),
        tuple(map(tuple, neighbours)),
        tuple(1 if node.has_auto_routing or not node.kind.forwards else DETOUR for node in forwarding),
        vertex_of,
        attachments,
        guests,
        {vertex_of[node.id]: found for node in forwarding if (found := _loopbacks(node, version))},
        carried,
        _under(directory, subnets.vertices, carried),
    )


def _carried(directory: Directory, subnets: Mapping[_Key, int]) -> frozenset[int]:
    carries = (tunnel.carries for tunnel in directory.tunnels.values() if tunnel.carries is not None)
    segments = {directory.segments[network] for network in carries}
    return frozenset(vertex for (network, _), vertex in subnets.items() if network in segments)


def _under(directory: Directory, subnets: Mapping[_Key, int], carried: frozenset[int]) -> tuple[int, ...]:
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


@dataclass(slots=True)
class _Subnets:
    """The numbers of subnets, in the order in which nodes touch them. `links`: segments that are one more subnet."""

    directory: Directory
    version: int
    first: int
    links: frozenset[NetworkId]
    vertices: dict[_Key, int] = field(default_factory=dict)

    def touched_by(self, node: BoundNode) -> dict[int, Attachment]:
        """The subnets that a node touches; new ones get the next numbers."""
        found: dict[int, Attachment] = {}
        for interface in node.interfaces:
            segment = self.directory.segments[interface.network]
            for given in interface.own:
                if given.address.version == self.version:
                    attachment = Attachment(interface.name, given.address.ip)
                    found.setdefault(self._vertex(segment, given.address.network), attachment)
            address = self._on_link(interface) if segment in self.links else None
            if address is not None:
                found.setdefault(self._vertex(segment, None), Attachment(interface.name, address))
        return found

    def _vertex(self, segment: NetworkId, prefix: Prefix | None) -> int:
        return self.vertices.setdefault((segment, prefix), self.first + len(self.vertices))

    def _on_link(self, interface: BoundInterface) -> Address | None:
        """By which address others reach an interface on a link; None: it does not speak the family."""
        if self.version == 4:
            return next((given.address.ip for given in interface.addresses if given.address.version == 4), None)
        if not _speaks_ipv6(interface) and not any(given.address.version == 6 for given in interface.own):
            return None
        return self.directory.link_locals(interface)[0]


def _links(directory: Directory, version: int) -> frozenset[NetworkId]:
    """The segments on which an interface speaks the family without an address of its own."""
    interfaces = (interface for node in directory.nodes.values() for interface in node.interfaces)
    return frozenset(
        directory.segments[interface.network]
        for interface in interfaces
        if _speaks_bare(interface, version) and not any(given.address.version == version for given in interface.own)
    )


def _speaks_bare(interface: BoundInterface, version: int) -> bool:
    if version == 6:
        return _speaks_ipv6(interface)
    return any(given.address.version == 4 for given in interface.addresses)


def _speaks_ipv6(interface: BoundInterface) -> bool:
    return interface.is_unnumbered or bool(interface.link_local)


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
    return (given.address.network for given in interface.own if given.address.version == version)

"""What a name server's lines say, with names whole (`netdsl.ir.dns`) and nodes resolved."""

from collections.abc import Iterable, Iterator
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.dns import Role, is_within
from netdsl.ir.ids import NodeId
from netdsl.ir.service import Protocol, port
from netdsl.semantics.bindings import BoundNode, BoundService, Placed, Who, WhoInterface, WhoNode
from netdsl.source import Place

DNS = port(Protocol.UDP, 53)
"""Where servers ask one another."""


@dataclass(frozen=True, slots=True)
class BoundRecord:
    """A name of a zone: `type` is `address`, `cname`, `mx`, `ptr` or `txt`. `target`: of an address; `text`: the other
    name, or the text; `preference`: of `mx`."""

    name: str
    type: str
    place: Place = field(compare=False, repr=False)
    target: Placed[Who] | None = None
    text: str = ""
    preference: int = 0


@dataclass(frozen=True, slots=True)
class BoundDelegation:
    """A server is a node or its interface, or a name, which the zones of the lab give an address or not."""

    name: str
    servers: tuple[Placed[WhoNode | WhoInterface | str], ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundZone:
    name: str
    records: tuple[BoundRecord, ...]
    delegations: tuple[BoundDelegation, ...]
    place: Place = field(compare=False, repr=False)

    @property
    def is_plain(self) -> bool:
        """Whether it has nothing but addresses."""
        return bool(self.name) and not self.delegations and all(one.type == "address" for one in self.records)

    def is_delegated(self, name: str) -> bool:
        return any(is_within(name, one.name) for one in self.delegations)


@dataclass(frozen=True, slots=True)
class BoundForwarder:
    zone: str
    nodes: tuple[Placed[NodeId], ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundRecursion:
    clients: tuple[Placed[Who], ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Delegated:
    """The zones that servers of the lab delegate, with the nodes that they name; None: a name, which any node may have."""

    zones: frozenset[tuple[str, NodeId | None]]

    def includes(self, zone: str, node: NodeId) -> bool:
        return not self.zones.isdisjoint({(zone, node), (zone, None)})


@dataclass(frozen=True, slots=True)
class BoundNames:
    zones: tuple[BoundZone, ...] = ()
    forwarders: tuple[BoundForwarder, ...] = ()
    recursion: BoundRecursion | None = None

    def role(self, node: NodeId, delegated: Delegated) -> Role:
        """Of the server of a node."""
        if self.recursion is not None:
            return Role.RECURSIVE
        if all(zone.is_plain and not delegated.includes(zone.name, node) for zone in self.zones):
            return Role.SIMPLE
        return Role.AUTHORITATIVE


def name_servers(node: BoundNode) -> Iterator[tuple[BoundService, BoundNames]]:
    """The node's services that answer for names."""
    for service in node.services:
        if service.names is not None:
            yield service, service.names


def delegated_zones(nodes: Iterable[BoundNode]) -> Delegated:
    found: set[tuple[str, NodeId | None]] = set()
    for zone in (zone for node in nodes for _, names in name_servers(node) for zone in names.zones):
        for delegation in zone.delegations:
            servers = (server.value for server in delegation.servers)
            found.update((delegation.name, None if isinstance(one, str) else one.node) for one in servers)
    return Delegated(frozenset(found))


def asked_names(node: BoundNode) -> BoundNames | None:
    """What other servers meet at the node."""
    return next((names for service, names in name_servers(node) if service.service == DNS), None)

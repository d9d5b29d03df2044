"""What is inside a node besides its network: services, resolvers, interfaces as the IR has them."""

from collections.abc import Iterator, Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.dhcp import Reservation
from netdsl.ir.ids import Address, NetworkId, NodeId
from netdsl.ir.node import Interface, Served
from netdsl.ir.service import PortService
from netdsl.lower.defaults import MTU
from netdsl.lower.directory import Directory
from netdsl.lower.dns import ZoneServers, addresses_asked, lower_names
from netdsl.semantics.bindings import BoundInterface, BoundNode
from netdsl.semantics.zones import name_servers


@dataclass(frozen=True, slots=True)
class Links:
    """`macs` by node and interface; `mtus` of networks that a tunnel carries (bytes)."""

    macs: Mapping[tuple[NodeId, str], str]
    mtus: Mapping[NetworkId, int]


def lower_interfaces(directory: Directory, links: Links, node: BoundNode) -> tuple[Interface, ...]:
    """In the order of the source."""
    return tuple(
        Interface(
            interface.name,
            interface.network,
            links.macs[node.id, interface.name],
            tuple(given.address for given in interface.addresses),
            _link_mtu(directory, interface, links.mtus),
            interface.place,
            tuple(given.value for given in interface.link_local),
        )
        for interface in node.interfaces
    )


def _link_mtu(directory: Directory, interface: BoundInterface, carried: Mapping[NetworkId, int]) -> int:
    """The interface's own, its network's, that of the tunnel that carries the network (`carried`), or the default."""
    if interface.mtu is not None:
        return interface.mtu
    return directory.networks[interface.network].mtu or carried.get(interface.network, MTU)


def lower_services(
    directory: Directory,
    servers: ZoneServers,
    reservations: Mapping[tuple[NodeId, PortService], tuple[Reservation, ...]],
    node: BoundNode,
) -> tuple[Served, ...]:
    """Secrets and reservations are those of the tunnels that ask the service."""
    return tuple(
        Served(
            service.kind,
            service.name,
            service.service,
            lower_names(directory, servers, node, service.names),
            origin=service.place,
            secrets=directory.secrets.get((node.id, service.service), ()),
            certificate=directory.certificates.get((node.id, service.service)),
            reservations=reservations.get((node.id, service.service), ()),
        )
        for service in node.services
    )


def lower_resolvers(directory: Directory, node: BoundNode) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    """Where a node asks for names, and the zones that are searched for short ones: those that its resolvers serve."""
    zones = (zone for placed in node.resolvers for zone in _zones_of(directory.nodes[placed.value]) if zone)
    return addresses_asked(directory, node, (placed.value for placed in node.resolvers)), tuple(dict.fromkeys(zones))


def _zones_of(node: BoundNode) -> Iterator[str]:
    return (zone.name for _, names in name_servers(node) for zone in names.zones)

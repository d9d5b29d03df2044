"""What is inside a node besides its network: services, resolvers, interfaces as the IR has them."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NetworkId, NodeId
from netdsl.ir.node import DnsRecord, Interface, Served
from netdsl.lower.defaults import MTU
from netdsl.lower.directory import Directory
from netdsl.semantics.bindings import BoundInterface, BoundNode


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


def lower_services(directory: Directory, node: BoundNode) -> tuple[Served, ...]:
    """A record's node is all its addresses. Secrets are those of the tunnels that ask the service."""
    return tuple(
        Served(
            service.kind,
            service.name,
            service.service,
            service.zone,
            tuple(DnsRecord(record.name, directory.addresses_of(record.target.value)) for record in service.records),
            origin=service.place,
            secrets=directory.secrets.get((node.id, service.service), ()),
            certificate=directory.certificates.get((node.id, service.service)),
        )
        for service in node.services
    )


def lower_resolvers(directory: Directory, node: BoundNode) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    """Where a node asks for names, and the zones that are searched for short ones: those that its resolvers serve.

    One address for each resolver: on a network that both are on, or else its first of a family that the node has.
    """
    addresses: dict[Address, None] = {}
    domains: dict[str, None] = {}
    families = {address.version for address in directory.addresses[node.id]}
    for placed in node.resolvers:
        resolver = directory.nodes[placed.value]
        candidates = [address for address in directory.addresses[resolver.id] if address.version in families]
        near = (address for address in candidates if directory.interface_towards(node, address) is not None)
        address = next(near, candidates[0] if candidates else None)
        if address is not None:
            addresses[address] = None
        domains.update(dict.fromkeys(service.zone for service in resolver.services if service.zone is not None))
    return tuple(addresses), tuple(domains)

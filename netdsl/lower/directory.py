"""Who has which address: the one index that all of lowering looks things up in."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NetworkId, NodeId, PkiId, Prefix, TunnelId
from netdsl.ir.joined import join, root, roots
from netdsl.ir.link_local import link_local_of
from netdsl.ir.prefixes import holds, host_prefix, unique
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import SharedSecret
from netdsl.semantics.bindings import (
    Bindings,
    BoundInterface,
    BoundNetwork,
    BoundNode,
    BoundTunnel,
    Placed,
    Who,
    WhoInterface,
    WhoNetwork,
    WhoNode,
    WhoPrefix,
    WhoTunnelEnd,
)
from netdsl.semantics.macs import UPLINK, allocate_macs


@dataclass(frozen=True, slots=True)
class Directory:
    """`segments`: networks that switches join are one, called by the first of them. `addresses` of a node: its
    interfaces' in source order, then its loopbacks. `owners` of an address: all of them, in source order, with the
    interface (None: a loopback). `macs`: of interfaces and uplinks. `secrets`: those that a node's service at a port knows,
    `certificates` whose one it shows."""

    networks: dict[NetworkId, BoundNetwork]
    nodes: dict[NodeId, BoundNode]
    tunnels: dict[TunnelId, BoundTunnel]
    segments: dict[NetworkId, NetworkId]
    addresses: dict[NodeId, tuple[Address, ...]]
    owners: dict[Address, tuple[tuple[NodeId, str | None], ...]]
    macs: Mapping[tuple[NodeId, str], str]
    secrets: dict[tuple[NodeId, PortService], tuple[SharedSecret, ...]]
    certificates: dict[tuple[NodeId, PortService], PkiId]

    def prefixes(self, who: Iterable[Placed[Who]]) -> tuple[Prefix, ...]:
        """All that the names stand for, in their order, each once."""
        found: dict[Prefix, None] = {}
        for placed in who:
            found.update(dict.fromkeys(self._prefixes(placed.value)))
        return tuple(found)

    def addresses_of(self, who: Who) -> tuple[Address, ...]:
        """The addresses of a node, an interface, a tunnel's end, or the literal; none for a network."""
        match who:
            case WhoNode(node):
                return self.addresses[node]
            case WhoInterface(node, name):
                interface = self.nodes[node].interface(name)
                return interface_addresses(interface) if interface is not None else ()
            case WhoPrefix(prefix):
                return (prefix.network_address,) if prefix.prefixlen == prefix.max_prefixlen else ()
            case WhoTunnelEnd() | WhoNetwork():
                return tuple(
                    prefix.network_address for prefix in self._prefixes(who) if prefix.prefixlen == prefix.max_prefixlen
                )

    def interface_towards(self, node: BoundNode, address: Address) -> BoundInterface | None:
        """The node's interface on the subnet that the address lies in."""
        for interface in node.interfaces:
            if any(holds(given.address.network, address) for given in interface.addresses):
                return interface
        return None

    def link_locals(self, interface: BoundInterface) -> tuple[IPv6Address, ...]:
        """Given ones, or the one by the MAC address."""
        given = tuple(one.value for one in interface.link_local)
        return given or (link_local_of(self.macs[interface.node, interface.name]),)

    def _prefixes(self, who: Who) -> tuple[Prefix, ...]:
        match who:
            case WhoNetwork(network):
                return self.networks[network].prefixes
            case WhoPrefix(prefix):
                return (prefix,)
            case WhoTunnelEnd(tunnel, node):
                return self._inside(self.tunnels[tunnel], node)
            case WhoNode() | WhoInterface():
                return tuple(host_prefix(address) for address in self.addresses_of(who))

    @staticmethod
    def _inside(tunnel: BoundTunnel, node: NodeId) -> tuple[Prefix, ...]:
        """The addresses of the interface that leads in; a client's virtual addresses; or what any other end has towards the
        tunnel: its outer address."""
        end = next(end for end in tunnel.ends if end.node == node)
        if end.inside is not None:
            return tuple(host_prefix(given.ip) for given in end.inside.addresses)
        return tuple(map(host_prefix, end.virtual or (end.outer,)))


def interface_addresses(interface: BoundInterface) -> tuple[Address, ...]:
    return tuple(given.address.ip for given in interface.addresses)


def _segments(bindings: Bindings) -> dict[NetworkId, NetworkId]:
    """Of each network the first one of its segment, in source order."""
    rank = {network: number for number, network in enumerate(bindings.networks)}
    joined = {network: network for network in bindings.networks}
    for node in bindings.nodes.values():
        if node.kind.bridges:
            own = sorted((root(joined, interface.network) for interface in node.interfaces), key=rank.__getitem__)
            for other in own[1:]:
                join(joined, own[0], other)
    return roots(joined)


def make_directory(bindings: Bindings) -> Directory:
    addresses: dict[NodeId, tuple[Address, ...]] = {}
    owners: dict[Address, list[tuple[NodeId, str | None]]] = {}
    for node in bindings.nodes.values():
        own: list[Address] = []
        for interface in node.interfaces:
            for address in interface_addresses(interface):
                own.append(address)
                owners.setdefault(address, []).append((node.id, interface.name))
        for loopback in node.loopbacks:
            own.append(loopback.ip)
            owners.setdefault(loopback.ip, []).append((node.id, None))
        addresses[node.id] = unique(own)
    return Directory(
        dict(bindings.networks),
        dict(bindings.nodes),
        dict(bindings.tunnels),
        _segments(bindings),
        addresses,
        {address: tuple(found) for address, found in owners.items()},
        mac_addresses(bindings.nodes.values()),
        {asked: tuple(found) for asked, found in _secrets(bindings).items()},
        _certificates(bindings),
    )


def mac_addresses(nodes: Iterable[BoundNode]) -> dict[tuple[NodeId, str], str]:
    """Of every interface by node and name, uplinks included; in the order of the source."""
    return allocate_macs(
        one for node in nodes for one in (
            *((node.id, interface.name, interface.mac) for interface in node.interfaces),
            *([(node.id, UPLINK, None)] if node.uplink is not None else ()),
        )
    )  # fmt: skip


def _certificates(bindings: Bindings) -> dict[tuple[NodeId, PortService], PkiId]:
    servers = (server for tunnel in bindings.tunnels.values() for server in tunnel.servers)
    return {(one.node, one.service): one.certificate.pki for one in servers if one.certificate is not None}


def _secrets(bindings: Bindings) -> dict[tuple[NodeId, PortService], dict[SharedSecret, None]]:
    """Of all tunnels that ask a service, each secret once."""
    secrets: dict[tuple[NodeId, PortService], dict[SharedSecret, None]] = {}
    for tunnel in bindings.tunnels.values():
        for server in tunnel.servers:
            secrets.setdefault((server.node, server.service), {}).update(dict.fromkeys(server.secrets))
    return secrets

"""How things are called where a statement stands."""

from collections.abc import Iterator

from netdsl.ir.ids import Address, NetworkId, NodeId, Prefix
from netdsl.packets.fabric import Fabric


def called(path: str, owner: NodeId) -> str:
    """An element's name in the block of a node: without the scope that both are in."""
    scope = owner.rpartition(".")[0]
    while scope:
        if path.startswith(f"{scope}."):
            return path[len(scope) + 1 :]
        scope = scope.rpartition(".")[0]
    return path


def owner_of(fabric: Fabric, address: Address) -> NodeId | None:
    """The one node that has an address."""
    nodes = fabric.addresses.get(address, ())
    return nodes[0] if len(nodes) == 1 else None


def interface_names(fabric: Fabric, address: Address, at: NodeId) -> Iterator[str]:
    """The interfaces that have an address, as they are called in the block of a node."""
    for node in fabric.addresses.get(address, ()):
        for interface in fabric.views[node].node.interfaces:
            if any(given.ip == address for given in interface.addresses):
                yield f"{called(node, at)}.{interface.name}"


def network_prefix(fabric: Fabric, address: Address) -> Prefix | None:
    """The prefix, of a network of the lab, that holds an address of a node."""
    return next((prefix for _, prefix in _networks(fabric, address)), None)


def network_name(fabric: Fabric, address: Address) -> NetworkId | None:
    """The network that an address of a node is on."""
    return next((network for network, _ in _networks(fabric, address)), None)


def _networks(fabric: Fabric, address: Address) -> Iterator[tuple[NetworkId, Prefix]]:
    for node in fabric.addresses.get(address, ()):
        for interface in fabric.views[node].node.interfaces:
            yield from ((interface.network, given.network) for given in interface.addresses if given.ip == address)

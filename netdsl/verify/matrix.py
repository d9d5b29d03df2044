"""Every node against every node: each pair of nodes, each address of the destination, by ICMP echo or a service."""

from collections.abc import Collection, Iterator

from netdsl.ir.ids import Address, NodeId, end_name
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import PortService
from netdsl.packets.world import World
from netdsl.verify.flow_classes import flow_classes
from netdsl.verify.predict import predict
from netdsl.verify.types import Cell


def matrix(
    world: World,
    service: PortService | None = None,
    *,
    sources: Collection[NodeId] | None = None,
    destinations: Collection[NodeId] | None = None,
) -> Iterator[Cell]:
    """In the order of the source: sources, then destinations, then their addresses. No node to itself.

    `service` instead of a ping; `sources`, `destinations`: these alone. Flows that are alike are followed once.
    """
    alike = flow_classes(world, service)
    nodes = [node for node in world.lab.nodes if not node.kind.bridges]
    addresses = {node.id: _addresses(node) for node in nodes}
    for source in nodes:
        if sources is not None and source.id not in sources:
            continue
        for destination in nodes:
            if source is destination or (destinations is not None and destination.id not in destinations):
                continue
            for address in addresses[destination.id]:
                shared = alike.ask(world.view(source.id), address)
                found = shared or predict(world, source.id, address, service)
                yield Cell(
                    source.id, destination.id, address, found.outcome, found.is_encrypted, found.is_exact, found.reason
                )


def _addresses(node: Node) -> tuple[Address, ...]:
    virtual = (address for end in node.tunnels for address in end.virtual)
    return tuple(dict.fromkeys([*node.addresses, *virtual]))


def virtual_names(lab: Lab) -> dict[Address, str]:
    """The addresses that tunnels give to nodes, as they are written: `TUNNEL.NODE`."""
    return {
        address: end_name(end.tunnel, node.id) for node in lab.nodes for end in node.tunnels for address in end.virtual
    }

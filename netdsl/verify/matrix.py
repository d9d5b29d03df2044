"""Every node against every node: each pair of nodes, each address of the destination, by ICMP echo or a service."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from netdsl.ir.ids import Address, NodeId, end_name
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import PortService
from netdsl.packets.world import World
from netdsl.verify.flow_classes import flow_classes
from netdsl.verify.predict import predict
from netdsl.verify.question import BadQuestion
from netdsl.verify.types import Cell

MOST_FLOWS = 100_000
"""All pairs of 300 nodes with an address each are under it."""


def matrix(
    world: World,
    service: PortService | None = None,
    *,
    sources: Collection[NodeId] | None = None,
    destinations: Collection[NodeId] | None = None,
) -> Iterator[Cell]:
    """In the order of the source: sources, then destinations, then their addresses. No node to itself.

    `service` instead of a ping; `sources`, `destinations`: these alone. Flows that are alike are followed once. Raises
    BadQuestion, before anything is followed, where there are more flows than MOST_FLOWS.
    """
    nodes = [node for node in world.lab.nodes if not node.kind.bridges]
    addresses = {node.id: _addresses(node) for node in nodes}
    _check_size(addresses, sources, destinations)
    return _cells(world, service, addresses, sources, destinations)


def _check_size(
    addresses: Mapping[NodeId, Sequence[Address]],
    sources: Collection[NodeId] | None,
    destinations: Collection[NodeId] | None,
) -> None:
    askers = [node for node in addresses if sources is None or node in sources]
    asked = {node: len(own) for node, own in addresses.items() if destinations is None or node in destinations}
    flows = len(askers) * sum(asked.values()) - sum(asked.get(node, 0) for node in askers)
    if flows > MOST_FLOWS:
        raise BadQuestion(f"these are {flows:,} flows, and a matrix has at most {MOST_FLOWS:,}: --from, --to choose")


def _cells(
    world: World,
    service: PortService | None,
    addresses: Mapping[NodeId, Sequence[Address]],
    sources: Collection[NodeId] | None,
    destinations: Collection[NodeId] | None,
) -> Iterator[Cell]:
    alike = None if world.others else flow_classes(world, service)
    for source in addresses:
        if sources is not None and source not in sources:
            continue
        for destination, own in addresses.items():
            if source == destination or (destinations is not None and destination not in destinations):
                continue
            for address in own:
                shared = None if alike is None else alike.ask(world.view(source), address)
                found = shared or predict(world, source, address, service)
                yield Cell(
                    source, destination, address, found.outcome, found.is_encrypted, found.is_exact, found.reason
                )


def _addresses(node: Node) -> tuple[Address, ...]:
    virtual = (address for end in node.tunnels for address in end.virtual)
    return tuple(dict.fromkeys([*node.addresses, *virtual]))


def virtual_names(lab: Lab) -> dict[Address, str]:
    """The addresses that tunnels give to nodes, as they are written: `TUNNEL.NODE`."""
    return {
        address: end_name(end.tunnel, node.id) for node in lab.nodes for end in node.tunnels for address in end.virtual
    }

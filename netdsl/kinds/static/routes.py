"""The routes that the source says, in its order."""

from collections.abc import Mapping

from netdsl.ir.ids import NodeId
from netdsl.ir.node import Route
from netdsl.ir.prefixes import ANYWHERE
from netdsl.lower.directory import Directory
from netdsl.packets.fabric import Fabric
from netdsl.packets.routes import RoutingTable
from netdsl.packets.tunnels import TunnelStates
from netdsl.semantics.bindings import BoundNode


def written(directory: Directory) -> Mapping[NodeId, tuple[Route, ...]]:
    return {node.id: _lines(node) for node in directory.nodes.values()}


def learned(fabric: Fabric, tunnels: TunnelStates) -> Mapping[NodeId, tuple[RoutingTable, ...]]:
    return {}


def _lines(node: BoundNode) -> tuple[Route, ...]:
    return tuple(
        Route(
            ANYWHERE[line.next_hop.version] if line.prefix is None else line.prefix,
            line.next_hop,
            line.interface,
            origin=line.place,
        )
        for line in node.routes
    )

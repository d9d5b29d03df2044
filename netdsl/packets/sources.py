"""Sources of routes, as packets see them: what nodes learn while they run.

What the payload writes into a node is there in every state (`Node.routes`). A routing protocol, or a daemon that makes
routes of its own, is asked in each state of the lab: which links are cut, which tunnels are up.
"""

from collections.abc import Mapping
from typing import Protocol, cast

from netdsl.index import modules
from netdsl.ir.ids import NodeId
from netdsl.packets.fabric import Fabric
from netdsl.packets.routes import RoutingTable
from netdsl.packets.tunnels import TunnelStates


class LearnsRoutes(Protocol):
    """The module `netdsl.kinds.KIND.routes`. Lowering asks it more: `netdsl/lower/sources.py`."""

    def learned(self, fabric: Fabric, tunnels: TunnelStates) -> Mapping[NodeId, tuple[RoutingTable, ...]]:
        """The tables of each node in this state. `fabric` has the devices of the tunnels that are up, and the tables that
        all sources gave when they were asked before; sources are asked again until nothing changes."""
        ...


def learned_routes(fabric: Fabric, tunnels: TunnelStates) -> dict[NodeId, tuple[RoutingTable, ...]]:
    """What all sources give, in the order of the index."""
    found: dict[NodeId, tuple[RoutingTable, ...]] = {}
    for _, module in modules("routes"):
        for node, tables in cast(LearnsRoutes, module).learned(fabric, tunnels).items():
            found[node] = (*found.get(node, ()), *tables)
    return found

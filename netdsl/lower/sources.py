"""Sources of routes, as lowering sees them: what the payload writes into nodes, and the kernel keeps in every state."""

from collections.abc import Mapping
from typing import Protocol, cast

from netdsl.index import modules
from netdsl.ir.ids import NodeId
from netdsl.ir.node import Route
from netdsl.lower.directory import Directory


class WritesRoutes(Protocol):
    """The module `netdsl.kinds.KIND.routes`. In each state of the lab it is asked more: `netdsl/packets/sources.py`."""

    def written(self, directory: Directory) -> Mapping[NodeId, tuple[Route, ...]]:
        """The routes of each node, of equal prefixes the one that stays last."""
        ...


def written_routes(directory: Directory) -> dict[NodeId, tuple[Route, ...]]:
    """What all sources give, in the order of the index."""
    found: dict[NodeId, tuple[Route, ...]] = {}
    for _, module in modules("routes"):
        for node, routes in cast(WritesRoutes, module).written(directory).items():
            found[node] = (*found.get(node, ()), *routes)
    return found

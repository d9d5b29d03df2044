"""Filter engines: what renders a node's packet filter and address translation. Kept in folders of `backends/`."""

from typing import Protocol, cast

from netdsl import index
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import PayloadFile


class FilterEngine(Protocol):
    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        """The files that all nodes of a lab have alike."""
        ...

    def files(self, node: Node) -> tuple[PayloadFile, ...]:
        """The files of one node: its rule set in the state in which every tunnel is down, and what changes with one."""
        ...


def filter_engine() -> FilterEngine:
    """The first engine of the index."""
    return cast(FilterEngine, index.of_backend(index.FILTERS[0], "engine").engine)

"""The table of who proposes near misses, and in which order of likelihood."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Protocol, cast

from netdsl.index import modules
from netdsl.ir.expectation import Claim, RoutesVia
from netdsl.mending.candidate import Candidate, FailedLine
from netdsl.mending.destination_nat import propose_destination_nat
from netdsl.mending.filters import propose_filters
from netdsl.mending.outer import propose_accept
from netdsl.mending.routes import propose_more_specific, propose_router, propose_routes
from netdsl.mending.source_nat import propose_source_nat
from netdsl.mending.tables import propose_table
from netdsl.mending.tunnels import propose_tunnels

Proposer = Callable[[FailedLine], Iterator[Candidate]]

PROPOSERS: tuple[Proposer, ...] = (
    propose_accept,
    propose_filters,
    propose_tunnels,
    propose_destination_nat,
    propose_source_nat,
    propose_routes,
    propose_more_specific,
    propose_router,
)
"""Of each the first that holds is offered."""


class TunnelMending(Protocol):
    """The module `netdsl.kinds.KIND.mending`: what a kind proposes, after all others."""

    PROPOSERS: tuple[Proposer, ...]


@cache
def _of_kinds() -> tuple[Proposer, ...]:
    return tuple(each for _, module in modules("mending") for each in cast(TunnelMending, module).PROPOSERS)


def proposers_for(claim: Claim) -> tuple[Proposer, ...]:
    """A claim about a table is no flow."""
    return (propose_table,) if isinstance(claim, RoutesVia) else (*PROPOSERS, *_of_kinds())

"""Rules on IPIP."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.rules.outer_packets import OTHER_ADDRESSES, addresses, check_told_apart


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """IPIP has nothing but the two addresses."""
    check_told_apart(tunnels, addresses, "the same two addresses", OTHER_ADDRESSES, diagnostics)

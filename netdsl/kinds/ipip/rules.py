"""Rules on IPIP."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.rules.outer_packets import check_told_apart

_REMEDY = "one tunnel that protects what both do, or other addresses as the ends of one (`between A.IF and B`)"


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """IPIP has nothing but the two addresses."""
    check_told_apart(tunnels, _mark, "the same two addresses", _REMEDY, diagnostics)


def _mark(tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> object:
    return end.outer, other.reached

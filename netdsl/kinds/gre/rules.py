"""Rules on GRE."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.kinds.gre.ir import GreSettings
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.rules.outer_packets import check_told_apart

_REMEDY = "another key for one of the two, `key N`; or one tunnel that protects what both do"


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """Two tunnels between the same two addresses need different keys."""
    check_told_apart(tunnels, _mark, "the same two addresses and the same `key`", _REMEDY, diagnostics)


def _mark(tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> object:
    assert isinstance(tunnel.inside, GreSettings), "a tunnel of another kind"
    return end.outer, other.reached, tunnel.inside.key

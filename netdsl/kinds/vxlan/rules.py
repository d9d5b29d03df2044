"""Rules on VXLAN."""

from netdsl.diagnostics.catalogue import REPEATED_STATEMENT
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NetworkId
from netdsl.kinds.vxlan.ir import VxlanSettings
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.rules.outer_packets import check_told_apart

_REMEDY = "another number for one of the two, `vni N`"


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """Two segments of a node need different numbers, and a network has one tunnel."""
    check_told_apart(tunnels, _mark, "the same `vni` and the same port", _REMEDY, diagnostics)
    carried: dict[NetworkId, BoundTunnel] = {}
    for tunnel in tunnels:
        network = _settings(tunnel).network
        first = carried.setdefault(network, tunnel)
        if first is not tunnel:
            message = f"`{tunnel.id}` carries `{network}`, which `{first.id}` carries already"
            related = (Label(first.place, "the first one"),)
            diagnostics.report(REPEATED_STATEMENT, message, tunnel.place, related=related)


def _settings(tunnel: BoundTunnel) -> VxlanSettings:
    assert isinstance(tunnel.inside, VxlanSettings), "a tunnel of another kind"
    return tunnel.inside


def _mark(tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> object:
    settings = _settings(tunnel)
    return settings.port, settings.vni

"""Rules on tunnels that are the backup of another."""

from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.kinds.ipsec.bindings import BoundIpsec, bound_tunnel, in_front_of
from netdsl.kinds.ipsec.catalogue import BACKUP_IMPOSSIBLE
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.rules.facts import Facts

_AT_BOOT = "at boot"


def check_backups(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """backup-impossible: an end of both has to open it, and to know that the other tunnel is down when it should be up."""
    for tunnel in tunnels:
        line = bound_tunnel(tunnel).backup_of
        front = in_front_of(tunnel, facts.bindings.tunnels)
        fault = _fault(tunnel, front) if front else None
        if line is not None and fault is not None:
            other, why, advice = fault
            diagnostics.report(
                BACKUP_IMPOSSIBLE,
                f"`{tunnel.id}` cannot be the backup of `{other.id}`: {why}",
                line.place,
                related=(Label(other.place, f"`{other.id}`"),) if other is not tunnel else (),
                help=advice,
            )


def _fault(tunnel: BoundTunnel, front: tuple[BoundTunnel, ...]) -> tuple[BoundTunnel, str, str | None] | None:
    """Of the first of the tunnels in front that has one: the tunnel, what is wrong, the remedy."""
    if tunnel in front:
        return front[0], "that is a backup of it", "one of them is the first"
    for other in front:
        if not isinstance(other.inside, BoundIpsec):
            return other, "that has no daemon which would find that it is down", None
        if _outer(other) == _outer(tunnel):
            return other, "both have the same two addresses, so that they fall together", "an end on another network"
        if not any(all(node in one.nodes for one in front) for node in tunnel.nodes):
            return other, "no node is an end of both, to open it", None
        if _starts(other) != {_AT_BOOT}:
            return (
                other,
                "that does not open at boot, so that it may be down on purpose",
                f"`start at boot` in `{other.id}`",
            )
    return None


def _outer(tunnel: BoundTunnel) -> frozenset[object]:
    return frozenset(end.outer for end in tunnel.ends)


def _starts(tunnel: BoundTunnel) -> set[str]:
    return {child.start.when for children in tunnel.children_of.values() for child in children}

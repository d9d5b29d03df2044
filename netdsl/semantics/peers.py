"""Bound tunnels of several ends with a device each: which ends know one another, and what is behind each."""

from netdsl.ir.ids import Prefix
from netdsl.ir.prefixes import host_prefix
from netdsl.semantics.bindings import BoundEnd, BoundTunnel


def peers_of(tunnel: BoundTunnel, end: BoundEnd) -> tuple[BoundEnd, ...]:
    """The other ends that an end knows: of a client the gateway, else all."""
    if end.role == "client":
        return tunnel.ends[:1]
    return tuple(other for other in tunnel.ends if other is not end)


def met_by_gateway(tunnel: BoundTunnel, end: BoundEnd, peer: BoundEnd) -> tuple[BoundEnd, ...]:
    """An end's peer, and of a client the other clients, which it meets by the gateway alone."""
    others = [one for one in tunnel.ends[1:] if one is not end] if end.role == "client" else []
    return (peer, *others)


def behind(*ends: BoundEnd) -> tuple[Prefix, ...]:
    """The addresses of ends inside, and what they protect."""
    return tuple(dict.fromkeys(prefix for end in ends for prefix in _of(end)))


def _of(end: BoundEnd) -> tuple[Prefix, ...]:
    assert end.inside is not None, "an end with a device"
    return (*(host_prefix(given.ip) for given in end.inside.addresses), *end.protected)

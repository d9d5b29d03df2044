"""Sysctls: what a node is implies some; the rest is asked for."""

import re

from netdsl.lower.defaults import FORWARDING, SYSCTLS, SYSCTLS_OF_TUNNEL_ENDS
from netdsl.semantics.bindings import BoundNode

_PER_INTERFACE = re.compile(r"net\.(ipv[46])\.conf\.(.+)\.([^.]+)")


def lower_sysctls(node: BoundNode, is_tunnel_end: bool) -> tuple[tuple[str, str], ...]:
    """All sysctls of a node, sorted by key. What is asked for beats what is implied.

    `conf.all.K` means every interface of the node; where the source asks for K on one interface, the implied value is
    given to each of the others by its name, not to `all` (the kernel combines `all` with the interface's own).
    """
    forwarding = dict.fromkeys(FORWARDING, "1" if node.kind.forwards else "0")
    implied = SYSCTLS | forwarding | (SYSCTLS_OF_TUNNEL_ENDS if is_tunnel_end else {})
    asked = dict(node.sysctls)
    own = {(found[1], found[3]): None for key in asked if (found := _PER_INTERFACE.fullmatch(key)) is not None}
    values: dict[str, str] = {}
    for key, value in implied.items():
        found = _PER_INTERFACE.fullmatch(key)
        is_mixed = found is not None and (found[1], found[3]) in own and key not in asked
        if found is not None and is_mixed:
            for interface in node.interfaces:
                values[f"net.{found[1]}.conf.{interface.name}.{found[3]}"] = value
        else:
            values[key] = value
    return tuple(sorted((values | asked).items()))

"""How large a packet may be inside a tunnel: the smallest link of the way to the peer, less what the tunnel costs.

A way may itself lead into another tunnel: then that one's inside is the link.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from netdsl.ir.ids import Address, NodeId
from netdsl.ir.prefixes import holds
from netdsl.ir.tunnel import TunnelEnd
from netdsl.lower.defaults import MTU
from netdsl.lower.directory import Directory
from netdsl.lower.paths import RoutingTables, find_path, link_mtu
from netdsl.lower.tunnels import TunnelLowering


@dataclass(slots=True)
class PathMtus:
    """`tables` are all routes, those that tunnels need included; each end is measured once."""

    directory: Directory
    tables: RoutingTables
    ends: Mapping[NodeId, tuple[TunnelEnd, ...]]
    lowerings: Mapping[str, TunnelLowering]
    _known: dict[tuple[NodeId, str], int | None] = field(default_factory=dict)

    def measured(self) -> dict[NodeId, tuple[TunnelEnd, ...]]:
        """The ends with their `mtu`."""
        return {node: tuple(replace(end, mtu=self.inside(end)) for end in ends) for node, ends in self.ends.items()}

    def inside(self, end: TunnelEnd) -> int | None:
        """The smallest of all children and peers; None in a circle of tunnels through each other."""
        key = (end.node, end.connection)
        if key not in self._known:
            self._known[key] = None  # asked for again before it is known: a circle
            link = min((self._link(end, peer) for peer in self._peers(end)), default=MTU)
            self._known[key] = self.lowerings[end.kind].inside(end, link)
        return self._known[key]

    def _peers(self, end: TunnelEnd) -> tuple[Address, ...]:
        if end.peer_addresses:
            return end.peer_addresses
        others = self.directory.tunnels[end.tunnel].ends
        return tuple(
            other.outer for other in others if other.node == end.peer or (end.peer is None and other.node != end.node)
        )

    def _link(self, end: TunnelEnd, peer: Address) -> int:
        """The smallest link that encapsulated packets pass."""
        if end.local is None:
            return MTU
        path = find_path(self.directory, self.tables, end.node, end.local, peer)
        found = [link_mtu(self.directory, step.interface) for step in path.steps]
        for node in dict.fromkeys(step.node for step in path.steps):
            for other in self.ends.get(node, ()):
                if other.tunnel != end.tunnel and _takes(other, end.local, peer):
                    nested = self.inside(other)
                    found += [] if nested is None else [nested]
        return min(found, default=MTU)


def _takes(end: TunnelEnd, source: Address, goal: Address) -> bool:
    """Whether a packet fits the selectors of one of the tunnel's children."""
    return any(
        not child.only_local
        and not child.only_remote
        and any(holds(prefix, source) for prefix in child.local)
        and any(holds(prefix, goal) for prefix in child.remote)
        for child in end.children
    )

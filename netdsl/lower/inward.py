"""Which of a node's tunnels its routes lead an outer packet into."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.prefixes import ANYWHERE, prefix_holding
from netdsl.ir.tunnel import TunnelEnd, device_of, own_devices
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets


@dataclass(slots=True)
class InwardRoutes:
    """Of each node what leads to its devices, and to which; made when it is asked for first."""

    directory: Directory
    outer: OuterPackets
    ends: Mapping[NodeId, tuple[TunnelEnd, ...]]
    _tables: dict[NodeId, dict[Prefix, str]] = field(default_factory=dict)

    def device(self, node: NodeId, goal: Address) -> str | None:
        """The device that the best route for an address leads to; None where that leads by a network."""
        if node not in self._tables:
            self._tables[node] = self._table(node)
        table = self._tables[node]
        if not table:
            return None
        plain = self.outer.fabric.views[node].main  # of the lab without tunnels
        for length in range(goal.max_prefixlen, -1, -1):
            prefix = prefix_holding(goal, length)
            if prefix in table:
                return table[prefix]
            if plain.exact(prefix) is not None:
                return None
        return None

    def _table(self, node: NodeId) -> dict[Prefix, str]:
        """A line goes before what a tunnel protects, and of these the first one."""
        found: dict[Prefix, str] = {}
        said: set[Prefix] = set()
        devices = {device.name for device in own_devices(self.ends.get(node, ()))}
        for line in self.directory.nodes[node].routes if devices else ():
            prefix = ANYWHERE[line.next_hop.version] if line.prefix is None else line.prefix
            said.add(prefix)
            if line.interface in devices:
                found[prefix] = line.interface
        for prefix, name in self._of_tunnels(node):
            if prefix not in said:
                found.setdefault(prefix, name)
        return found

    def _of_tunnels(self, node: NodeId) -> Iterator[tuple[Prefix, str]]:
        for end in self.ends.get(node, ()):
            device = device_of(end)
            if device is not None:
                yield from ((given.network, device.name) for given in device.addresses)
                yield from ((prefix, device.name) for child in end.children for prefix in child.remote)

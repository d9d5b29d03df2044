"""How large a packet may be inside a tunnel: the smallest link of the way to the peer, less what the tunnel costs.

A way may itself lead into another tunnel: then that one's inside is the link.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.ir.prefix_index import PrefixIndex
from netdsl.ir.prefixes import in_any
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Carrier, Segment, TunnelEnd, device_of, taking
from netdsl.lower.defaults import MTU
from netdsl.lower.directory import Directory
from netdsl.lower.inward import InwardRoutes
from netdsl.lower.outer import OuterPackets
from netdsl.lower.tunnels import TunnelLowering
from netdsl.packets.types import Hop


@dataclass(slots=True)
class PathMtus:
    """Each end is measured once."""

    directory: Directory
    outer: OuterPackets
    ends: Mapping[NodeId, tuple[TunnelEnd, ...]]
    lowerings: Mapping[str, TunnelLowering]
    _known: dict[tuple[NodeId, str], int | None] = field(default_factory=dict)
    _takers: dict[NodeId, "_Takers"] = field(default_factory=dict)
    _inward: InwardRoutes = field(init=False)
    _of_segments: dict[NodeId, tuple[tuple[Segment, TunnelEnd], ...]] = field(init=False)

    def __post_init__(self) -> None:
        self._inward = InwardRoutes(self.directory, self.outer, self.ends)
        self._of_segments = {
            node: tuple((end.steering, end) for end in ends if isinstance(end.steering, Segment))
            for node, ends in self.ends.items()
        }

    def measured(self) -> dict[NodeId, tuple[TunnelEnd, ...]]:
        """The ends with their `mtu` and `room`."""
        return {node: tuple(map(self._measured, ends)) for node, ends in self.ends.items()}

    def _measured(self, end: TunnelEnd) -> TunnelEnd:
        said = self.directory.tunnels[end.tunnel].mtu
        origin = None if said is None else said.place
        return replace(end, mtu=self.inside(end), room=self._room(end), mtu_origin=origin)

    def inside(self, end: TunnelEnd) -> int | None:
        """What the source says, else the room; of a device that leads to several other ends, the least."""
        said = self.directory.tunnels[end.tunnel].mtu
        if said is not None:
            return said.value
        device = device_of(end)
        if device is None:
            return self._room(end)
        rooms = [self._room(one) for one in self.ends[end.node] if _is_called(one, device.name)]
        return min((room for room in rooms if room is not None), default=None)

    def _room(self, end: TunnelEnd) -> int | None:
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
        """The smallest link that outer packets pass. Where another tunnel takes them, the way goes on at its other end."""
        if end.local is None:
            return MTU
        found: list[int] = []
        passed: set[TunnelId] = {end.tunnel}
        start: NodeId | None = end.node
        while start is not None:
            start = self._part(end, start, end.local, peer, passed, found)
        return min(found, default=MTU)

    def _part(
        self, end: TunnelEnd, start: NodeId, source: Address, peer: Address, passed: set[TunnelId], found: list[int]
    ) -> NodeId | None:
        """What the links take up to the next tunnel on the way, and it inside; where the way goes on."""
        for hop in self.outer.way(end.carriers[0], start, source, peer).hops:
            led = self._inward.device(hop.node, peer)
            for other in self._taking(hop.node, peer, led):
                if other.tunnel not in passed and _takes(other, end.carriers[0], source, peer, led):
                    passed.add(other.tunnel)
                    inside = self.inside(other)
                    found += [] if inside is None else [inside]
                    return other.peer
            found += [link for link in (self._carried(end, hop), self.outer.mtu(hop)) if link is not None]
        return None

    def _taking(self, node: NodeId, goal: Address, device: str | None) -> Iterator[TunnelEnd]:
        """The ends in a node that may take a packet for `goal` that its route leads to a device."""
        if node not in self._takers:
            self._takers[node] = _Takers(self.ends.get(node, ()))
        return self._takers[node].of(goal, device)

    def _carried(self, end: TunnelEnd, hop: Hop) -> int | None:
        """What a tunnel takes whose segment the packet crosses next; None where it is no such segment."""
        insides = (
            self.inside(other)
            for steering, other in self._of_segments.get(hop.node, ())
            if steering.interface == hop.out_interface and other.tunnel != end.tunnel
        )
        return min((inside for inside in insides if inside is not None), default=None)


@dataclass(slots=True, eq=False)
class _Takers:
    """The ends of a node by what they take: those with devices by their name, others by the prefixes that they lead to."""

    ends: tuple[TunnelEnd, ...]
    _of_devices: dict[str, list[int]] = field(default_factory=dict)
    _of_prefixes: PrefixIndex = field(default_factory=PrefixIndex)

    def __post_init__(self) -> None:
        for place, end in enumerate(self.ends):
            own = device_of(end)
            if own is None:
                self._of_prefixes.put(place, (prefix for child in end.children for prefix in child.remote))
            else:
                self._of_devices.setdefault(own.name, []).append(place)

    def of(self, goal: Address, device: str | None) -> Iterator[TunnelEnd]:
        """In the order of the source; of several that share a device the one that takes it."""
        of_device = [] if device is None else self._of_devices.get(device, [])
        if device is not None and len(of_device) > 1:
            own = taking((self.ends[place] for place in of_device), device, goal)
            of_device = [place for place in of_device if self.ends[place] is own]
        return (self.ends[place] for place in sorted([*self._of_prefixes.holding(goal), *of_device]))


def _is_called(end: TunnelEnd, device: str) -> bool:
    own = device_of(end)
    return own is not None and own.name == device


def _takes(end: TunnelEnd, carrier: Carrier, source: Address, goal: Address, led: str | None) -> bool:
    """Whether an outer packet fits the selectors of one of the tunnel's children, or its route leads to the device. `led`:
    the device that it leads to."""
    device = device_of(end)
    if device is not None:
        return device.name == led
    return any(
        all(_fits(carrier, limits) for limits in (child.only_local, child.only_remote))
        and in_any(source, child.local)
        and in_any(goal, child.remote)
        for child in end.children
    )


def _fits(carrier: Carrier, limits: tuple[PortService, ...]) -> bool:
    """Whether a child with these limits takes the outer packets; without any it takes all."""
    return not limits or any(
        limit.protocol == carrier.protocol
        and (limit.first is None or any(limit.first <= port <= (limit.last or limit.first) for port in carrier.ports))
        for limit in limits
    )

"""Tunnels of all kinds, from each of their ends; what a kind brings to lowering is `TunnelLowering`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, cast

from netdsl.index import modules
from netdsl.ir.dhcp import Reservation
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Segment, TunnelEnd
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets
from netdsl.lower.pki import EndEntities
from netdsl.semantics.bindings import BoundNode, BoundTunnel


class TunnelLowering(Protocol):
    """The module `netdsl.kinds.KIND.lower`."""

    def ends(
        self, directory: Directory, outer: OuterPackets, entities: EndEntities, tunnels: Sequence[BoundTunnel]
    ) -> Iterable[TunnelEnd]:
        """The ends of all tunnels of the kind; those of one node in the order of the source. `mtu` and `room` are
        left open."""
        ...

    def inside(self, end: TunnelEnd, link_mtu: int) -> int:
        """The largest packet inside (bytes) whose outer packet is not larger than `link_mtu`."""
        ...


def lowerings() -> dict[str, TunnelLowering]:
    """What lowers tunnels, by kind."""
    return {kind: cast(TunnelLowering, module) for kind, module in modules("lower")}


def lower_tunnels(
    directory: Directory, outer: OuterPackets, entities: EndEntities
) -> dict[NodeId, tuple[TunnelEnd, ...]]:
    """The ends of all tunnels by node, each node's in the order of the source."""
    by_kind: dict[str, list[BoundTunnel]] = {}
    for tunnel in directory.tunnels.values():
        by_kind.setdefault(tunnel.kind, []).append(tunnel)
    if not by_kind:
        return {}
    found: dict[NodeId, list[TunnelEnd]] = {}
    for end in _ends(directory, outer, entities, by_kind):
        found.setdefault(end.node, []).append(end)
    rank = {id_: number for number, id_ in enumerate(directory.tunnels)}
    return {node: tuple(sorted(ends, key=lambda end: rank[end.tunnel])) for node, ends in found.items()}


def _ends(
    directory: Directory, outer: OuterPackets, entities: EndEntities, by_kind: dict[str, list[BoundTunnel]]
) -> Iterator[TunnelEnd]:
    for kind, lowering in lowerings().items():
        if kind in by_kind:
            yield from lowering.ends(directory, outer, entities, by_kind[kind])


def reservations(
    ends: Mapping[NodeId, tuple[TunnelEnd, ...]],
) -> dict[tuple[NodeId, PortService], tuple[Reservation, ...]]:
    """What DHCP servers keep for ends of tunnels, by server."""
    found: dict[tuple[NodeId, PortService], list[Reservation]] = {}
    for one in (one for own in ends.values() for end in own for one in end.reservations):
        found.setdefault((one.server, one.service), []).append(one)
    return {server: tuple(dict.fromkeys(each)) for server, each in found.items()}


def segment_mtus(
    nodes: Mapping[NodeId, BoundNode], ends: Mapping[NodeId, tuple[TunnelEnd, ...]]
) -> dict[NetworkId, int]:
    """Of each network that a tunnel carries the largest packet (bytes) that all its ends can carry."""
    found: dict[NetworkId, int] = {}
    for node, own in ends.items():
        for end in own:
            if isinstance(end.steering, Segment) and end.mtu is not None:
                interface = nodes[node].interface(end.steering.interface)
                assert interface is not None, "an end's interface is the node's"
                found[interface.network] = min(end.mtu, found.get(interface.network, end.mtu))
    return found

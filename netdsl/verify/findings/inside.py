"""Ranges inside tunnels that hide a network from an end which has a route to it."""

from bisect import bisect_left
from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NetworkId, Prefix, TunnelId
from netdsl.ir.network import Network
from netdsl.ir.node import Node, Route
from netdsl.ir.prefixes import contains, prefix_holding
from netdsl.ir.tunnel import TunnelEnd, device_of, own_devices
from netdsl.packets.world import World


def check_inside(world: World, diagnostics: Diagnostics) -> None:
    """Of networks that the end itself is on, the source is an error. Each tunnel and network is told once."""
    ends = [(node, end) for node in world.lab.nodes for end in node.tunnels if device_of(end) is not None]
    if not ends:
        return
    ranges, told = _ranges(world), set[tuple[TunnelId, NetworkId]]()
    for node, end in ends:
        device = device_of(end)
        for given in () if device is None else device.addresses:
            for prefix, network in ranges.overlapping(given.network):
                route = _route_to(node, prefix, given.network)
                if route is not None and (end.tunnel, network.id) not in told:
                    told.add((end.tunnel, network.id))
                    _report(node, end, given.network, (prefix, network), route, diagnostics)


@dataclass(frozen=True, slots=True)
class _Ranges:
    """The prefixes of networks that nodes are on: by length, and all of them in order."""

    by_length: dict[tuple[int, int], dict[Prefix, Network]]
    starts: list[tuple[int, int]]
    ordered: list[tuple[Prefix, Network]]

    def overlapping(self, prefix: Prefix) -> Iterator[tuple[Prefix, Network]]:
        """Those that hold the prefix, then those within it."""
        for (version, length), networks in self.by_length.items():
            if version == prefix.version and length <= prefix.prefixlen:
                holding = prefix_holding(prefix.network_address, length)
                if holding in networks:
                    yield holding, networks[holding]
        start = bisect_left(self.starts, (prefix.version, int(prefix.network_address)))
        for other, network in self.ordered[start:]:
            if not contains(prefix, other):
                break
            if other.prefixlen > prefix.prefixlen:
                yield other, network


def _ranges(world: World) -> _Ranges:
    members, segment_of = world.fabric.members, world.fabric.segment_of
    used = [network for network in world.lab.networks if members.get(segment_of[network.id])]
    entries = [(prefix, network) for network in used for prefix in network.prefixes]
    entries.sort(key=lambda entry: (entry[0].version, int(entry[0].network_address), entry[0].prefixlen))
    by_length: dict[tuple[int, int], dict[Prefix, Network]] = {}
    for prefix, network in entries:
        by_length.setdefault((prefix.version, prefix.prefixlen), {}).setdefault(prefix, network)
    return _Ranges(by_length, [(prefix.version, int(prefix.network_address)) for prefix, _ in entries], entries)


def _route_to(node: Node, prefix: Prefix, inside: Prefix) -> Route | None:
    """A route to the network or to a part of it; one to more may be meant for other networks, unless it was found. (One to
    what is inside is a finding of its own.)"""
    devices = {device.name for device in own_devices(node.tunnels)}
    for route in node.routes:
        is_found = route.is_automatic and route.prefix.prefixlen > 0 and contains(route.prefix, prefix)
        if route.interface not in devices and route.prefix != inside and (contains(prefix, route.prefix) or is_found):
            return route
    return None


def _report(
    node: Node, end: TunnelEnd, inside: Prefix, hidden: tuple[Prefix, Network], route: Route, diagnostics: Diagnostics
) -> None:
    prefix, network = hidden
    if end.origin is None:
        return
    lines = [Label(network.origin, str(prefix))] if network.origin is not None else []
    lines += [Label(route.origin, f"`{node.id}` has a route there")] if route.origin is not None else []
    diagnostics.report(
        catalogue.OVERLAPPING_RANGES,
        f"the addresses inside `{end.tunnel}`, {inside}, are of the range of `{network.id}`",
        end.origin,
        related=tuple(lines),
        help="`addresses` of a range that no network has",
    )

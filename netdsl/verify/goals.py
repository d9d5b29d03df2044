"""What an expectation's goal stands for: nodes with the addresses that may be meant, ports that may be asked."""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import Goal, RoutesVia
from netdsl.ir.ids import Address, NetworkId, NodeId, TunnelId
from netdsl.ir.node import Node
from netdsl.ir.service import PortService, Protocol, port
from netdsl.ir.tunnel import Device, Segment, Selectors
from netdsl.packets.view import View
from netdsl.packets.world import World

_PORTED = (Protocol.TCP, Protocol.UDP)


@dataclass(frozen=True, slots=True)
class Target:
    """One node (None: whoever has the address) and the addresses under which it may be asked, the likeliest first."""

    node: NodeId | None
    addresses: tuple[Address, ...]

    def __str__(self) -> str:
        return f"`{self.node}`" if self.node is not None else str(self.addresses[0])


def targets(world: World, source: NodeId, goal: Goal) -> list[Target]:
    """A network is every node on it but the source; a node is all its addresses, those near the source first."""
    if goal.address is not None:
        return [Target(None, (goal.address,))]
    if goal.network is not None:
        nodes = [view for view in _on(world, goal.network) if view.id != source]
        found = [Target(view.id, _on_network(view, goal.network, goal.family)) for view in nodes]
        return [target for target in found if target.addresses]
    if goal.node is None:
        return []
    view = world.view(goal.node)
    if goal.tunnel is not None:
        inside = addresses_inside(view.node, goal.tunnel)
        return [Target(view.id, tuple(one for one in inside if goal.family in (None, one.version)))]
    own = [
        address
        for address, _, name in view.own
        if goal.interface in (None, name) and goal.family in (None, address.version)
    ]
    own += [address for address in view.local if address not in own and goal.interface is None] if not own else []
    near = _networks_of(world.view(source))
    own.sort(key=lambda address: 0 if _network_of(view, address) in near else 1)
    return [Target(view.id, tuple(own))]


def unaddressed(world: World, target: Target) -> str:
    """In words, that a node (an interface of it) has no address that others can ask it at."""
    bridges = target.node is None or world.view(target.node).node.kind.bridges
    return f"{target} has no address" + ("" if bridges else " there but link-local ones, which are on each link others")


def next_hop_addresses(world: World, claim: RoutesVia) -> set[Address]:
    """All by which routes can lead to what a line says, link-local ones too."""
    goal, found = claim.next_hop, targets(world, claim.source, claim.next_hop)
    interfaces = () if goal.node is None or goal.tunnel is not None else world.view(goal.node).node.interfaces
    own = [one.link_locals for one in interfaces if goal.interface in (None, one.name)]
    return {address for target in found for address in target.addresses}.union(*own)


def addresses_inside(node: Node, tunnel: TunnelId) -> tuple[Address, ...]:
    """Of a node inside a tunnel, up or not: those of the interface that leads in, or those that the tunnel gives."""
    end = next((end for end in node.tunnels if end.tunnel == tunnel), None)
    match None if end is None else end.steering:
        case Device(_, addresses):
            given = addresses
        case Segment(name):
            given = next(interface.addresses for interface in node.interfaces if interface.name == name)
        case Selectors() | None:
            return () if end is None else end.virtual
    return tuple(one.ip for one in given)


def _on(world: World, network: NetworkId) -> Iterator[View]:
    for view in world.fabric.views.values():
        if not view.node.kind.bridges and any(one.network == network for one in view.node.interfaces):
            yield view


def _on_network(view: View, network: NetworkId, family: int | None) -> tuple[Address, ...]:
    return tuple(
        given.ip
        for interface in view.node.interfaces
        if interface.network == network
        for given in interface.addresses
        if family in (None, given.version)
    )


def _networks_of(view: View) -> set[NetworkId]:
    return {interface.network for interface in view.node.interfaces}


def _network_of(view: View, address: Address) -> NetworkId | None:
    for interface in view.node.interfaces:
        if any(given.ip == address for given in interface.addresses):
            return interface.network
    return None


def probes(
    world: World, target: Target, services: tuple[PortService, ...], *, is_negative: bool
) -> list[PortService | None]:
    """What is sent: a ping, or a packet for each service. `cannot reach` without one: a ping and each served port."""
    if services:
        return [one for service in services for one in _ports(world, target, service)]
    served: list[PortService | None] = []
    if is_negative and target.node is not None:
        served += [each.service for each in world.view(target.node).node.services]
    return [None, *served]


def _ports(world: World, target: Target, service: PortService) -> Iterator[PortService]:
    """Of a range the ports that are served there; where none is, its first."""
    if service.protocol not in _PORTED or (service.first is not None and service.first == service.last):
        yield service
        return
    low, high = service.first or 1, service.last or 65535
    nodes = [target.node] if target.node is not None else world.fabric.addresses.get(target.addresses[0], ())
    served = {
        each.service.first
        for node in nodes
        for each in world.view(node).node.services
        if each.service.protocol is service.protocol and each.service.first is not None
    }
    fitting = sorted(number for number in served if low <= number <= high)
    for number in fitting or [low]:
        yield port(service.protocol, number)

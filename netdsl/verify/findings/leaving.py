"""Hosts without any route off their networks, beside a router that leads on.

A host needs none where the router translates what it sends there: then all that asks the host gets its answer.
"""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Address, NetworkId
from netdsl.ir.node import Interface
from netdsl.ir.prefixes import in_any
from netdsl.packets.types import Outcome
from netdsl.packets.view import View
from netdsl.packets.world import World
from netdsl.verify.predict import predict

_MOST_ASKED = 4
"""Segments behind a router from which a host is asked."""


@dataclass(frozen=True, slots=True)
class _Leader:
    """A router on a segment, with its interface there, that is on another segment too or has an uplink."""

    router: View
    interface: Interface


def check_leaving(world: World, diagnostics: Diagnostics) -> None:
    leaders = dict(_leaders(world))
    for view in world.fabric.views.values():
        node = view.node
        if not node.kind.is_end_system or node.routes or node.has_uplink or node.tunnels or view.raw:
            continue
        for interface in node.interfaces:
            leader = leaders.get(world.fabric.segment_of[interface.network])
            if leader is not None and interface.addresses:
                if not _is_answering(world, interface, leader) and not _is_answered_for(world, interface):
                    _report(view, interface, leader, diagnostics)
                break


def _leaders(world: World) -> Iterator[tuple[NetworkId, _Leader]]:
    """The first of each segment."""
    segment_of = world.fabric.segment_of
    for segment, members in world.fabric.members.items():
        for view, interface in members:
            leaves = view.has_uplink or any(segment_of[leg.network] != segment for leg in view.node.interfaces)
            if view.node.kind.forwards and interface.addresses and leaves:
                yield segment, _Leader(view, interface)
                break


def _report(view: View, interface: Interface, leader: _Leader, diagnostics: Diagnostics) -> None:
    place, there = view.node.origin, leader.interface.origin
    if place is not None:
        diagnostics.report(
            catalogue.NO_ROUTE,
            f"`{view.id}` has no route: it reaches nothing beyond `{interface.network}`",
            place,
            related=() if there is None else (Label(there, f"`{leader.router.id}` leads on from there"),),
            help=f"`default via {leader.router.id}`",
        )


def _is_answered_for(world: World, interface: Interface) -> bool:
    """Whether a node on the segment answers ARP for what is beyond and within the host's own prefix."""
    fabric = world.fabric
    proxies = (view for view, _ in fabric.members[fabric.segment_of[interface.network]] if view.id in fabric.proxies)
    ranges = [prefix for view in proxies for policy in view.policies for prefix in policy.remote if prefix.prefixlen]
    return any(prefix.overlaps(own.network) for prefix in ranges for own in interface.addresses if prefix.version == 4)


def _is_answering(world: World, interface: Interface, leader: _Leader) -> bool:
    """Whether requests from beyond the router come to the host by its interface, and all of them are answered; a filter may
    let others pass than pings, so that what it stops counts as answered if it would be translated."""
    if leader.router.has_uplink:
        return False
    outcomes = set[Outcome]()
    for source, source_address, address in _requests(world, interface, leader):
        found = predict(world, source.id, address, source_address=source_address).outcome
        is_stopped = found in (Outcome.DROPPED, Outcome.REJECTED)
        outcomes.add(Outcome.ANSWERED if is_stopped and _is_translated(leader, source_address) else found)
    return Outcome.ANSWERED in outcomes and Outcome.NO_WAY_BACK not in outcomes


def _is_translated(leader: _Leader, source: Address) -> bool:
    """Whether all that the router sends to the segment for the source has another one there."""
    return any(
        rule.state is None
        and rule.address is not None
        and rule.address.version == source.version
        and not (rule.match.services or rule.match.destinations or rule.match.through or rule.match.through_kinds)
        and leader.interface.name in (rule.match.out_interfaces or (leader.interface.name,))
        and (not rule.match.sources or in_any(source, rule.match.sources))
        for rule in leader.router.node.nat.source
    )


def _requests(world: World, interface: Interface, leader: _Leader) -> Iterator[tuple[View, Address, Address]]:
    """From another node of each segment behind the router, or the router itself, with its address there, to the host."""
    fabric = world.fabric
    home, number = fabric.segment_of[interface.network], 0
    for leg in leader.router.node.interfaces:
        segment = fabric.segment_of[leg.network]
        if segment == home or number == _MOST_ASKED:
            continue
        others = [(view, there) for view, there in fabric.members[segment] if view is not leader.router]
        for view, there in (*others[:1], (leader.router, leg)):
            number += 1
            yield from (
                (view, one.ip, own.ip)
                for one in there.addresses
                for own in interface.addresses
                if one.version == own.version
            )

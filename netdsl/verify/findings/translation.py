"""Address translation to where no packet gets, or from where no answer comes."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import groupby
from typing import TypeVar

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.filter import DestinationNat, SourceNat
from netdsl.ir.ids import Address
from netdsl.ir.prefixes import in_any
from netdsl.packets.view import View
from netdsl.packets.world import World

Rule = TypeVar("Rule", DestinationNat, SourceNat)


def check_translation(world: World, diagnostics: Diagnostics) -> None:
    for view in world.fabric.views.values():
        has_way, comes_back = cache(partial(_has_way, view)), cache(partial(_comes_back, world, view))
        for dnat in _by_line(view.node.nat.destination):
            _target(world, view, dnat, has_way, diagnostics)
        for snat in _by_line(view.node.nat.source):
            _source(world, view, snat, comes_back, diagnostics)


def _by_line(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    """The rules of each line of the source: one for each family."""
    for _, group in groupby(rules, key=lambda rule: id(rule.origin)):
        yield list(group)


def _named(world: World, rule: DestinationNat | SourceNat) -> str:
    address = rule.address
    if rule.prefix is not None or address is None:
        return str(rule.prefix)
    owners = world.fabric.addresses.get(address, ())
    return f"`{owners[0]}`" if len(owners) == 1 else str(address)


def _target(
    world: World,
    view: View,
    rules: list[DestinationNat],
    has_way: Callable[[Address], bool],
    diagnostics: Diagnostics,
) -> None:
    place = rules[0].target_origin
    if place is None or view.raw or any(has_way(rule.address) for rule in rules):
        return
    diagnostics.report(
        catalogue.NAT_TARGET_UNREACHABLE,
        f"`{view.id}` has no route to {_named(world, rules[0])}",
        place,
        "on none of its networks, behind none of its next hops",
        help=f"a `route` or `default` in `{view.id}`, or a target that it reaches",
    )


def _has_way(view: View, address: Address) -> bool:
    """Whether the node itself knows where to send. What comes after is not looked at; its tunnels may be down."""
    if address.version == 6 and address.is_loopback:
        return False  # nothing that comes in by an interface is led there
    if view.is_local(address) or view.route(address) is not None:
        return True
    return any(in_any(address, child.remote) for end in view.node.tunnels for child in end.children)


def _source(
    world: World,
    view: View,
    rules: list[SourceNat],
    comes_back: Callable[[Address, tuple[str, ...]], bool],
    diagnostics: Diagnostics,
) -> None:
    place = rules[0].target_origin
    addresses = [rule.address for rule in rules if rule.address is not None]
    outs = rules[0].match.out_interfaces
    if place is None or view.raw or any(comes_back(address, outs) for address in addresses):
        return
    diagnostics.report(
        catalogue.SNAT_ADDRESS_FOREIGN,
        f"{_named(world, rules[0])} is no address of `{view.id}`: answers will not come back to it",
        place,
        help="`masquerade` takes the address of the interface that the packet leaves by",
    )


def _comes_back(world: World, view: View, address: Address, outs: tuple[str, ...]) -> bool:
    """Whether the address is the node's (or given to it in a tunnel), or in what a tunnel of the node protects here, or a
    neighbour where the packets leave has a route for it that leads to the node."""
    virtual = (given for (_, node), given in world.tunnels.virtual.items() if node == view.id)
    if view.is_local(address) or any(address in given for given in virtual):
        return True
    if any(in_any(address, child.local) for end in view.node.tunnels for child in end.children):
        return True
    fabric = world.fabric
    for interface in (view.interfaces[name] for name in outs if name in view.interfaces):
        for other, there in fabric.members.get(fabric.segment_of[interface.network], ()):
            hop = other.main.find(address) if other is not view else None
            if hop is not None and hop.gateway is not None and hop.interface == there.name:
                found = fabric.neighbour(other, there.name, hop.gateway)
                if found is not None and found[0] is view:
                    return True
    return False

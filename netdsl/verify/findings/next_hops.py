"""Routes to a next hop that does not answer, or that does not forward."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Address
from netdsl.ir.node import Route
from netdsl.ir.prefixes import host_prefix
from netdsl.ir.tunnel import TunnelEnd, device_of
from netdsl.packets.view import View
from netdsl.packets.world import World
from netdsl.source import Place
from netdsl.verify.goals import addresses_inside


def check_next_hops(world: World, diagnostics: Diagnostics) -> None:
    """Of the lines of the source. A line to many prefixes is told once."""
    for view in world.fabric.views.values():
        told: set[Place] = set()
        for route in view.node.routes:
            place = None if route.is_automatic else route.origin
            if place is not None and place not in told and _check(world, view, route, place, diagnostics):
                told.add(place)


def _check(world: World, view: View, route: Route, place: Place, diagnostics: Diagnostics) -> bool:
    """Whether there is something to tell."""
    interface, fabric = view.interfaces.get(route.interface), world.fabric
    if route.next_hop is None:
        return False
    if interface is None:
        return _check_inside(world, view, route, place, diagnostics)
    found = fabric.neighbour(view, interface.name, route.next_hop)
    if found is not None:
        return _idle(view, route, place, found[0], found[1].name, diagnostics)
    others = fabric.members[fabric.segment_of[interface.network]]
    is_outside = (view.id, interface.name, route.next_hop) in fabric.permanent
    if is_outside or any(other.raw for other, _ in others):
        return False
    routers = [(other, there) for other, there in others if other is not view and other.node.kind.forwards]
    diagnostics.report(
        catalogue.NEXT_HOP_NOBODY,
        f"nobody on `{interface.network}` has the address {route.next_hop}, the next hop of `{view.id}`",
        place,
        related=tuple(
            Label(there.origin, f"`{other.id}` is a router there")
            for other, there in routers[:1]
            if there.origin is not None
        ),
        help=f"`via {routers[0][0].id}`" if routers else None,
    )
    return True


def _check_inside(world: World, view: View, route: Route, place: Place, diagnostics: Diagnostics) -> bool:
    """The next hop by a tunnel's device. (The kernel does not ask for it: all goes to the other end, or to the one that
    takes the destination.)"""
    devices = ((end, device_of(end)) for end in view.node.tunnels)
    ends = [end for end, device in devices if device is not None and device.name == route.interface]
    end = next((end for end in ends if route.next_hop in _inside(world, end)), ends[0] if ends else None)
    if end is None or end.peer is None:
        return False
    other, addresses = world.view(end.peer), _inside(world, end)
    if route.next_hop in addresses:
        return _idle(view, route, place, other, route.interface, diagnostics)
    diagnostics.report(
        catalogue.NEXT_HOP_NOBODY,
        f"the other end of `{end.tunnel}` does not have the address {route.next_hop}, the next hop of `{view.id}`",
        place,
        related=() if end.origin is None else (Label(end.origin, f"`{other.id}` has {_listed(addresses)}"),),
        help=f"`via {end.tunnel}.{other.id}`",
    )
    return True


def _inside(world: World, end: TunnelEnd) -> tuple[Address, ...]:
    """The addresses of the other end inside the tunnel."""
    return () if end.peer is None else addresses_inside(world.view(end.peer).node, end.tunnel)


def _listed(addresses: tuple[Address, ...]) -> str:
    return " and ".join(map(str, addresses))


def _idle(view: View, route: Route, place: Place, other: View, there: str, diagnostics: Diagnostics) -> bool:
    """`there`: the interface by which the next hop is reached."""
    if other is view or other.raw or other.sysctls.forwards(route.prefix.version, there):
        return False
    if _is_own(other, route):
        return False
    diagnostics.report(
        catalogue.NEXT_HOP_DOES_NOT_FORWARD,
        f"the next hop {route.next_hop} of `{view.id}` is `{other.id}`, which forwards nothing",
        place,
        related=() if other.node.origin is None else (Label(other.node.origin, f"a {other.node.kind}"),),
        help=f"make `{other.id}` a `router`, or name one that is",
    )
    return True


def _is_own(other: View, route: Route) -> bool:
    """Whether the route leads to the next hop's own addresses only."""
    return route.prefix in {host_prefix(address) for address in other.local}

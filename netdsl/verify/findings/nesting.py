"""Tunnels whose own outer packets are led into them, at once or through others of the same node."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import TunnelId
from netdsl.ir.tunnel import Device, Segment, TunnelEnd, taking
from netdsl.packets.view import View
from netdsl.packets.world import World


def check_nesting(world: World, diagnostics: Diagnostics) -> frozenset[TunnelId]:
    """The tunnels of which something was told. Linear in the ends, but for tunnels inside each other."""
    told: set[TunnelId] = set()
    for view in world.fabric.views.values():
        led = {name: end for end in view.node.tunnels if (name := _interface(end)) is not None}
        for end in view.node.tunnels:
            if end.tunnel not in told and _carries_itself(view, end, led):
                told.add(end.tunnel)
                _report(view, end, diagnostics)
    return frozenset(told)


def _interface(end: TunnelEnd) -> str | None:
    """The interface that leads into a tunnel, where it has one."""
    match end.steering:
        case Device(name=name) | Segment(interface=name):
            return name
        case _:
            return None


def _carries_itself(view: View, end: TunnelEnd, led: dict[str, TunnelEnd]) -> bool:
    seen: set[TunnelId] = set()
    found: TunnelEnd | None = end if _interface(end) is not None else None
    while found is not None and found.peer_addresses and found.tunnel not in seen:
        seen.add(found.tunnel)
        goal = found.peer_addresses[0]
        route = view.route(goal)
        if route is None:
            return False
        found = taking(view.node.tunnels, route.interface, goal) or led.get(route.interface)
        if found is not None and found.tunnel == end.tunnel:
            return True
    return False


def _report(view: View, end: TunnelEnd, diagnostics: Diagnostics) -> None:
    if end.origin is None:
        return
    peer = end.peer_addresses[0]
    route = view.route(peer)
    related = () if end.end_origin is None else (Label(end.end_origin, f"`{view.id}` would send to {peer} through it"),)
    device = "" if route is None else f" (its route leads to `{route.interface}`)"
    diagnostics.report(
        catalogue.TUNNEL_CARRIES_ITSELF,
        f"the outer packets of `{end.tunnel}` to {peer} go into `{end.tunnel}` at `{view.id}`{device}",
        end.origin,
        related=related,
        help="protect less, or a `route` of the outer addresses that is more specific",
    )

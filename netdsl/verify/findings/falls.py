"""Tunnels that stay down, and what becomes of traffic when one is."""

from collections.abc import Collection

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Address, NodeId, Prefix, TunnelId
from netdsl.ir.prefixes import in_any
from netdsl.ir.tunnel import Child, Mode, Start, TunnelEnd
from netdsl.packets.types import Outcome
from netdsl.packets.view import View
from netdsl.packets.world import World
from netdsl.verify.findings.reached import advice_at
from netdsl.verify.findings.tunnels import may_open
from netdsl.verify.predict import predict

_MOST_FALLS = 50


def check_falls(world: World, known: Collection[TunnelId], diagnostics: Diagnostics) -> None:
    """Of `known` tunnels it is told already why they are down. At most `_MOST_FALLS` tunnels are followed when they are
    down."""
    told: set[TunnelId] = set(known)
    falls = 0
    opened = {end.tunnel for view in world.fabric.views.values() for end in view.node.tunnels if may_open(end)}
    for view in world.fabric.views.values():
        for end in view.node.tunnels:
            if end.tunnel in told or end.origin is None or world.lab.expects_down(end.tunnel):
                continue
            starts = {child.start for child in end.children}
            if world.tunnels.in_front(end) is not None:
                told.add(end.tunnel)
                _check_backup(world, end, diagnostics)
                continue
            if end.tunnel not in opened or (end.tunnel in world.tunnels.failures and not world.is_up(end.tunnel)):
                told.add(end.tunnel)
                why = "no end that may open it knows where the other one is"
                why = world.why_down(end.tunnel) if end.tunnel in opened else why
                diagnostics.report(
                    catalogue.TUNNEL_STAYS_DOWN,
                    f"tunnel `{end.tunnel}` does not come up: {why}",
                    end.origin,
                    related=_lines(world, end.tunnel),
                    help=advice_at(world, end.tunnel),
                )
            elif starts == {Start.BOOT} and falls < _MOST_FALLS and _is_between_networks(end):
                told.add(end.tunnel)
                falls += 1
                _check_fall(world, view, end, diagnostics)


def _check_backup(world: World, end: TunnelEnd, diagnostics: Diagnostics) -> None:
    """Whether it comes up when it has to."""
    fallen = World(world.lab, world.esp, held=end.backup_of, forced=world.forced, cut=world.cut)
    if end.tunnel in fallen.tunnels.failures and not fallen.is_up(end.tunnel) and end.origin is not None:
        state = " and ".join(f"`{tunnel}`" for tunnel in end.backup_of)
        why = fallen.why_down(end.tunnel)
        message = f"tunnel `{end.tunnel}` does not come up while {state} is down: {why}"
        diagnostics.report(catalogue.TUNNEL_STAYS_DOWN, message, end.origin)


def _lines(world: World, tunnel: TunnelId) -> tuple[Label, ...]:
    """What in the source keeps the ends from each other."""
    failure = world.tunnels.failures.get(tunnel)
    return () if failure is None else tuple(Label(place, text) for place, text in failure.lines)


def _is_between_networks(end: TunnelEnd) -> bool:
    return any(_is_followed(child) for child in end.children)


def _is_followed(child: Child) -> bool:
    """Whether the child hides what hosts behind both ends send."""
    return child.is_hiding and child.mode is Mode.TUNNEL and bool(child.local and child.remote)


def _check_fall(world: World, view: View, end: TunnelEnd, diagnostics: Diagnostics) -> None:
    """A host behind each end, and what becomes of its packets without the tunnel."""
    for child in end.children:
        pair = _pair(world, view, end, child.local, child.remote)
        if not _is_followed(child) or pair is None:
            continue
        source, goal = pair
        usual = predict(world, source, goal)
        if not usual.passes or end.tunnel not in usual.tunnels:
            continue
        fallen = World(world.lab, world.esp, held={end.tunnel}, forced=world.forced, cut=world.cut)
        found = predict(fallen, source, goal)
        if found.outcome is Outcome.ANSWERED and not found.is_encrypted and end.origin is not None:
            diagnostics.report(
                catalogue.CLEAR_WHEN_DOWN,
                f"once `{end.tunnel}` has fallen, packets from `{source}` to {goal} arrive in clear",
                end.origin,
                related=() if view.node.origin is None else (Label(view.node.origin, "nothing here holds them back"),),
                help=f"`start on traffic` holds them back, or a firewall with `through {end.tunnel}`",
            )
            return


def _pair(
    world: World, view: View, end: TunnelEnd, local: tuple[Prefix, ...], remote: tuple[Prefix, ...]
) -> tuple[NodeId, Address] | None:
    """A host on a network of this end that the tunnel protects, and one on the other side."""
    if end.peer is None:
        return None
    source = _host_beside(world, view, local)
    goal = _host_beside(world, world.view(end.peer), remote)
    return None if source is None or goal is None else (source[0], goal[1])


def _host_beside(world: World, view: View, prefixes: tuple[Prefix, ...]) -> tuple[NodeId, Address] | None:
    for interface in view.node.interfaces:
        for other, touched in world.fabric.members.get(world.fabric.segment_of[interface.network], ()):
            for given in touched.addresses:
                if other is not view and other.node.kind.is_end_system and in_any(given.ip, prefixes):
                    return other.id, given.ip
    return None

"""Tunnels whose own packets do not get from one end to the other, for lack of a way or because of an end's firewall.

The packets that carry a tunnel are followed from each end that may open it, there and back, while all tunnels `by hand` are
open. The firewalls of the ends are asked, and do not stop them: so both the way and every end that drops are known.
"""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.filter import Chain, FilterRule, Firewall, TunnelAccept, Verdict
from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Selectors, Start, TunnelEnd
from netdsl.packets.doubts import doubts
from netdsl.packets.netfilter import Overruled
from netdsl.packets.passage import Delivered, Stop
from netdsl.packets.tracking import Tracker, reverse
from netdsl.packets.tunnels import child_id, opening_packet, packets_of, pair_of
from netdsl.packets.types import Hook, Outcome
from netdsl.packets.view import UPLINK
from netdsl.packets.walk import Walk
from netdsl.packets.world import World
from netdsl.verify.findings.behind_nat import advice_behind_nat
from netdsl.verify.findings.reached import advice_at

_AT_ENDS = frozenset({Chain.INPUT, Chain.OUTPUT})

_Pair = tuple[TunnelEnd, TunnelEnd]
_Blocked = dict[NodeId, Chain]


def all_open(world: World) -> World:
    """The lab with the tunnels `by hand` open too."""
    by_hand = {
        end.tunnel for view in world.fabric.views.values() for end in view.node.tunnels
        if any(child.start is Start.HAND for child in end.children)
    }  # fmt: skip
    if by_hand <= world.forced:
        return world
    forced = world.forced | by_hand
    return World(world.lab, world.esp, held=world.held, forced=forced, cut=world.cut, order=world.order)


def check_tunnels(world: World, silent: frozenset[TunnelId], diagnostics: Diagnostics) -> frozenset[TunnelId]:
    """The tunnels of which something was told, of a lab with all of them open; nothing is told of those in `silent`."""
    told: set[TunnelId] = set()
    blocking: set[tuple[TunnelId, NodeId]] = set()
    for pair in _pairs(world):
        if pair[0].tunnel in silent or _is_fine(world, pair) or _is_by_others(world, pair):
            continue
        attempts = [_attempt(world, end, peer) for end, peer in (pair, pair[::-1]) if may_open(end)]
        if not all(attempt.is_known for attempt in attempts):
            continue
        lost = _without_way(attempts)
        if lost is not None:
            told.add(pair[0].tunnel)
            _report_lost(world, lost, diagnostics)
        for end, chain in _blocking(pair, attempts):
            told.add(end.tunnel)
            if (end.tunnel, end.node) not in blocking:
                blocking.add((end.tunnel, end.node))
                _report_blocked(world, end, chain, diagnostics)
    return frozenset(told)


def _pairs(world: World) -> Iterator[_Pair]:
    """Ends that one of both knows the other's address of; that which the source names first comes first."""
    ends = [end for view in world.fabric.views.values() for end in view.node.tunnels]
    at: dict[tuple[TunnelId, NodeId], list[TunnelEnd]] = {}
    for end in ends:
        at.setdefault((end.tunnel, end.node), []).append(end)
    seen: set[tuple[TunnelId, frozenset[NodeId]]] = set()
    for end in ends:
        if end.peer is None or not end.peer_addresses:
            continue
        key = (end.tunnel, frozenset((end.node, end.peer)))
        peer = next((one for one in at.get((end.tunnel, end.peer), ()) if one.peer in (None, end.node)), None)
        if peer is not None and key not in seen:
            seen.add(key)
            yield (end, peer) if _start_of(end) <= _start_of(peer) else (peer, end)


def _is_fine(world: World, pair: _Pair) -> bool:
    """Whether daemons have opened the tunnel between the ends, and the firewall of each accepts it by name: then nothing is
    followed. Devices are up whether their packets get to the other end or not."""
    return all(
        isinstance(end.steering, Selectors)
        and all(child_id(end, child) in world.tunnels.children_up for child in end.children)
        and (firewall is None or _accepts(firewall, end.tunnel))
        for end, firewall in ((end, world.view(end.node).node.firewall) for end in pair)
    )


def _is_by_others(world: World, pair: _Pair) -> bool:
    """Whether the two ends are up without a connection between them: other ends of the tunnel pass on what is for them."""
    children = (child_id(end, child) for end in pair for child in end.children)
    return pair_of(pair[0]) not in world.tunnels.pairs and all(child in world.tunnels.children_up for child in children)


def _accepts(firewall: Firewall, tunnel: TunnelId) -> bool:
    return any(isinstance(rule, TunnelAccept) and rule.tunnel == tunnel for rule in firewall.rules)


def _start_of(end: TunnelEnd) -> int:
    return 0 if end.end_origin is None else end.end_origin.span.start


def may_open(end: TunnelEnd) -> bool:
    """Whether the end knows where the other one is, and is to open the tunnel: by itself or by hand."""
    return bool(end.peer_addresses) and any(child.start is not Start.NONE for child in end.children)


# --- one end's attempt


@dataclass(frozen=True, slots=True)
class _Attempt:
    """To open a tunnel from an end. `lost`: where the request (or its answer, which `sender` sent) ends for lack of a way.
    `is_open`: both arrive. `blocked`: whose firewall drops it, in which chain. `is_known`: no raw node decides."""

    is_open: bool
    lost: Stop | None
    sender: TunnelEnd
    target: TunnelEnd
    goal: Address
    blocked: _Blocked
    is_known: bool


def _attempt(world: World, end: TunnelEnd, peer: TunnelEnd) -> _Attempt:
    tracker = Tracker({})
    opening, *others = packets_of(end.kind).needs(end)
    there, result = _sent(world, end, opening.packets[0], tracker)
    walks, sender, target, goal = [there], end, peer, end.peer_addresses[0]
    if isinstance(result, Delivered) and result.view.id == peer.node:
        back = Walk(world.fabric, tracker, is_answer=True, is_daemon=_is_daemons(end), overrules=_AT_ENDS)
        answer = reverse(result.packet)
        walks, sender, target, goal = [there, back], peer, end, answer.destination
        result = back.run(result.view, answer)
    lost = result if isinstance(result, Stop) and _is_lost(world, result) else None
    blocked = _blocked(end, peer, there.overruled)
    views, hops = world.fabric.views, [hop for walk in walks for hop in walk.hops]
    if views[end.node].is_filtered or views[peer.node].is_filtered:
        for need in others:
            found = [_blocked(end, peer, _sent(world, end, one, Tracker({}))[0].overruled) for one in need.packets]
            blocked |= {node: chain for node, chain in found[0].items() if all(node in one for one in found)}
    return _Attempt(
        isinstance(result, Delivered) and sender is peer, lost, sender, target, goal, blocked,
        not doubts(world.fabric, hops, result),
    )  # fmt: skip


def _sent(world: World, end: TunnelEnd, service: PortService, tracker: Tracker) -> tuple[Walk, Delivered | Stop]:
    """One of the packets that carry the tunnel, on its way to the other end."""
    view, goal = world.view(end.node), end.peer_addresses[0]
    source = end.local or view.source_towards(goal) or goal
    walk = Walk(world.fabric, tracker, is_daemon=_is_daemons(end), overrules=_AT_ENDS)
    return walk, walk.run(view, opening_packet(end, source, service))


def _is_daemons(end: TunnelEnd) -> bool:
    """Whether a daemon sends what opens the tunnel, by a socket that no policy takes: what a device sends, policies may."""
    return packets_of(end.kind).IS_EXEMPT


def _is_lost(world: World, stop: Stop) -> bool:
    """For lack of a way. (A next hop that does not forward is told as such.)"""
    return stop.outcome in (Outcome.NO_ROUTE, Outcome.LOOP) or stop.hook is Hook.NEIGHBOUR or _is_outside(world, stop)


def _is_outside(world: World, stop: Stop) -> bool:
    hop = world.view(stop.node).route(stop.packet.destination) if stop.hook is Hook.ROUTE else None
    return hop is not None and hop.interface == UPLINK


def _blocked(end: TunnelEnd, peer: TunnelEnd, overruled: list[Overruled]) -> _Blocked:
    """At the two ends. A rule that says which packets it means is on purpose; and behind `accept tunnel` an earlier rule is
    the mistake, and told."""
    found: _Blocked = {}
    for one in overruled:
        firewall = one.view.node.firewall
        if firewall is None or one.view.id not in (end.node, peer.node):
            continue
        if not _is_daemons(end) and _waits(one, firewall):
            continue
        lines = [rule for rule in firewall.rules if isinstance(rule, FilterRule) and rule.origin is one.ruling.origin]
        matches = (rule.match for rule in lines if one.ruling.origin is not None)
        if not _accepts(firewall, end.tunnel) and not any(
            match.services or match.sources or match.destinations for match in matches
        ):
            found.setdefault(one.view.id, one.chain)
    return found


def _waits(one: Overruled, firewall: Firewall) -> bool:
    """Whether a line accepts what comes or goes through another tunnel, which is down: that is the mistake."""
    rules = (rule for rule in firewall.rules if isinstance(rule, FilterRule) and rule.chain is one.chain)
    accepting = (rule.match for rule in rules if rule.verdict is Verdict.ACCEPT)
    through = {
        tunnel
        for match in accepting
        for tunnel, ends in one.view.ends.items()
        if tunnel in match.through or ends.kind in match.through_kinds
    }
    return any((tunnel, None) not in one.view.up for tunnel in through)


# --- what comes of the attempts of both ends


def _without_way(attempts: list[_Attempt]) -> _Attempt | None:
    """One attempt that succeeds is enough."""
    if any(attempt.is_open for attempt in attempts):
        return None
    return next((attempt for attempt in attempts if attempt.lost is not None), None)


def _blocking(pair: _Pair, attempts: list[_Attempt]) -> list[tuple[TunnelEnd, Chain]]:
    """Who keeps the two ends apart. Answers always pass, so one end that can open the tunnel is enough."""
    found = [attempt.blocked for attempt in attempts]
    if not found or not all(found):
        return []
    in_any_case = set.intersection(*map(set, found)) or set.union(*map(set, found))
    chains = {node: chain for blocked in reversed(found) for node, chain in blocked.items()}
    return [(end, chains[end.node]) for end in pair if end.node in in_any_case]


def _report_lost(world: World, attempt: _Attempt, diagnostics: Diagnostics) -> None:
    stop, sender, target = attempt.lost, attempt.sender, attempt.target
    if stop is None or sender.end_origin is None or target.end_origin is None:
        return
    what = "finds no way" if stop.node == sender.node else f"gets no further than `{stop.node}`"
    if _is_outside(world, stop):
        what = f"leaves the lab by the uplink of `{stop.node}`"
    is_apart = target.end_origin != sender.end_origin
    diagnostics.report(
        catalogue.TUNNEL_ENDS_DO_NOT_MEET,
        f"the ends of `{sender.tunnel}` cannot reach each other: what `{sender.node}` sends to {attempt.goal} {what}",
        sender.end_origin,
        f"{sender.local}",
        related=(Label(target.end_origin, f"{attempt.goal}"),) if is_apart else (),
        help=advice_at(world, sender.tunnel)
        or advice_behind_nat(world, sender, target)
        or f"a `route` or `default` in `{stop.node}` that leads to {attempt.goal}",
    )


def _report_blocked(world: World, end: TunnelEnd, chain: Chain, diagnostics: Diagnostics) -> None:
    firewall = world.view(end.node).node.firewall
    if firewall is None or firewall.origin is None or end.end_origin is None:
        return
    names = " and ".join(need.name for need in packets_of(end.kind).needs(end))
    diagnostics.report(
        catalogue.TUNNEL_BLOCKED_BY_FIREWALL,
        f"the firewall of `{end.node}` drops the packets of its own tunnel `{end.tunnel}`",
        firewall.origin,
        f"nothing lets {names} through in the {chain} chain",
        related=(Label(end.end_origin, f"an end of `{end.tunnel}`"),),
        help=f"`accept tunnel {end.tunnel}`",
    )

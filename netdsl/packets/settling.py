"""A lab comes to rest in one state: which tunnels are up, and the routes that nodes have learned.

The way of a tunnel's outer packets may lead through other tunnels or depend on rules `while T up`; routes are learned over
tunnels, and tunnels come up over routes. So all is tried again until nothing changes.
"""

from collections.abc import Iterator
from dataclasses import replace

from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.ir.tunnel import TunnelEnd
from netdsl.packets.attempts import Attempts
from netdsl.packets.doubts import doubts, own_doubts, possible_owners
from netdsl.packets.fabric import Fabric
from netdsl.packets.links import no_route
from netdsl.packets.neighbours import answers
from netdsl.packets.orders import USUAL, Order
from netdsl.packets.passage import Delivered
from netdsl.packets.routes import NextHop, RoutingTable
from netdsl.packets.sources import learned_routes
from netdsl.packets.state import state_of
from netdsl.packets.tracking import Tracker, reverse
from netdsl.packets.tunnels import Connection, TunnelStates, child_id, opening_packet, packets_of
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk

_ROUNDS = 8

Learned = dict[NodeId, tuple[RoutingTable, ...]]
Silent = dict[NodeId, frozenset[NextHop]]
Shape = dict[TunnelId, list[tuple[TunnelEnd, TunnelEnd, Address, int | None]]]


def settle(
    fabric: Fabric,
    held: frozenset[TunnelId] = frozenset(),
    forced: frozenset[TunnelId] = frozenset(),
    order: Order = USUAL,
) -> TunnelStates:
    """Bring up all tunnels that come up, and let nodes learn routes. `held`: tunnels kept down by hand at all ends;
    `forced`: tunnels opened by hand."""
    virtual = {(end.tunnel, node.id): end.virtual for node in fabric.lab.nodes for end in node.tunnels if end.virtual}
    states = TunnelStates(virtual=virtual, held=held, forced=forced)
    attempts = Attempts(fabric, states, order)
    if order.late is not None:
        attempts.waits = order.late
        _come_to_rest(attempts)
        attempts.kept = {one.pair: one for each in states.connections.values() for one in each}
        attempts.waits = None
    _come_to_rest(attempts)
    _note_openers(fabric, states)
    if fabric.raw_on:
        _note_doubts(fabric, states)
    for node in sorted(fabric.unsure):
        fabric.views[node].doubts = (*fabric.views[node].doubts, node)
    return states


def _come_to_rest(attempts: Attempts) -> None:
    fabric, states = attempts.fabric, attempts.states
    before: tuple[Shape, Learned, Silent] = ({}, _learn(fabric, states), _pass_over(fabric, states))
    for _ in range(_ROUNDS):
        stood = states.pairs
        states.connections = attempts.round()
        states.lost |= {pair for pair in stood - states.pairs if pair[0] not in states.waiting}
        _install(fabric, states)
        now = (_shape(states), _learn(fabric, states), _pass_over(fabric, states))
        if now == before:
            return
        before = now
    states.lost |= states.pairs - stood


def _note_openers(fabric: Fabric, states: TunnelStates) -> None:
    for connection in (one for each in states.connections.values() for one in each):
        kind = state_of(connection.here.kind)
        if kind is not None and kind.is_by_opener(fabric, states, connection):
            states.openers.add((connection.pair, connection.there.node))


def _note_doubts(fabric: Fabric, states: TunnelStates) -> None:
    """Of a tunnel whose ends come to an agreement, raw nodes on the way decide whether it is up; and at a host, which IPv6
    next hops it passes over."""
    for view in fabric.views.values():
        found = {
            node: None
            for name, next_hop in sorted(view.silent, key=str)
            if fabric.neighbour(view, name, next_hop) is None
            for node in possible_owners(fabric, view, view.interfaces[name].network)
        }
        for end in view.node.tunnels:
            if packets_of(end.kind).IS_NEGOTIATED and end.tunnel not in states.held:
                found.update(dict.fromkeys(_deciding(fabric, states, end)))
        view.doubts = tuple(found)


def _deciding(fabric: Fabric, states: TunnelStates, end: TunnelEnd) -> Iterator[NodeId]:
    """Raw nodes on the way of what opens the tunnel of an end, from either side, and of what the two ask others, and of the
    answers."""
    ends = [one for one in fabric.lab.tunnel_ends(end.tunnel) if end.node in (one.node, one.peer)]
    for one in ends:
        view = fabric.views[one.node]
        if one.peer_addresses:
            source = one.local or view.source_towards(one.peer_addresses[0])
            packet = None if source is None else opening_packet(one, source)
            is_daemon = packets_of(one.kind).IS_EXEMPT
            yield from _on_way(fabric, states, view, packet, one.peer_addresses[0], is_daemon=is_daemon)
    asked = (question for one in ends for question in packets_of(end.kind).questions(fabric, one))
    for question in dict.fromkeys(asked):
        view = fabric.views[question.asking]
        yield from _on_way(fabric, states, view, question.packet(view), question.address, is_daemon=False)


def _on_way(
    fabric: Fabric, states: TunnelStates, view: View, packet: Packet | None, goal: Address, *, is_daemon: bool
) -> Iterator[NodeId]:
    """Raw nodes on the way of a packet, None: of one that the node has no address for, and of the answer."""
    if packet is None:
        yield from (*own_doubts(view), *no_route(fabric, view, goal).doubts)
        return
    tracker = Tracker(states.standing)
    walk = Walk(fabric, tracker, is_daemon=is_daemon)
    result = walk.run(view, packet)
    yield from doubts(fabric, walk.hops, result)
    if isinstance(result, Delivered):
        back = Walk(fabric, tracker, is_answer=True, is_daemon=is_daemon)
        returned = back.run(result.view, reverse(result.packet))
        yield from doubts(fabric, back.hops, returned)


def _learn(fabric: Fabric, states: TunnelStates) -> Learned:
    learned = learned_routes(fabric, states)
    for view in fabric.views.values():
        view.learn(learned.get(view.id, ()))
    return learned


def _pass_over(fabric: Fabric, states: TunnelStates) -> Silent:
    """A host passes over IPv6 next hops that do not answer, if it has any other route: a less specific one, or one with a
    higher metric. A router does not, nor does anyone in IPv4 (net/ipv6/route.c: ip6_pol_route, rt6_score_route,
    fib6_backtrack)."""
    silent: Silent = {}
    for view in fabric.views.values():
        if view.sysctls.is_ipv6_router:
            continue
        run = Walk(fabric, Tracker(states.standing)).run
        next_hops = {next_hop for table in view.tables for next_hop in table.next_hops(6)}
        found = frozenset(next_hop for next_hop in next_hops if not answers(fabric, view, next_hop, run))
        view.pass_over(found)
        if found:
            silent[view.id] = found
    return silent


def _shape(states: TunnelStates) -> Shape:
    """All that decides what the connections leave in their ends."""
    return {
        tunnel: [(one.here, one.there, one.seen, one.seen_port) for one in each]
        for tunnel, each in states.connections.items()
    }


def _install(fabric: Fabric, states: TunnelStates) -> None:
    states.children_up, states.standing = set(), {}
    fabric.forget_answers()
    ends = [end for view in fabric.views.values() for end in view.node.tunnels]
    for view in fabric.views.values():
        if view.node.tunnels:
            view.clear_tunnels()
    of_kind: dict[str, list[Connection]] = {end.kind: [] for end in ends}
    for connections in states.connections.values():
        for connection in connections:
            states.standing |= {key: replace(known, is_answered=True) for key, known in connection.flows.items()}
            of_kind[connection.here.kind].append(connection)
    for kind, connections in of_kind.items():
        packets_of(kind).install(fabric, states, connections)
    for view in fabric.views.values():
        _note_up(view, states)


def _note_up(view: View, states: TunnelStates) -> None:
    """What `while T up` and `while T.CHILD up` ask: every child, or this one, on all connections of the tunnel in this node
    (`settle`, payload/tunnels.sh)."""
    are_up: dict[tuple[TunnelId, str | None], bool] = {}
    for end in view.node.tunnels:
        for child in end.children:
            is_up = child_id(end, child) in states.children_up
            for named in ((end.tunnel, child.name), (end.tunnel, None)):
                are_up[named] = are_up.get(named, True) and is_up
    view.up.update(named for named, is_up in are_up.items() if is_up)

"""Claims about the state of a tunnel: the same comparison for what is predicted and for what nodes say."""

from dataclasses import field, replace
from functools import lru_cache
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import Begun, BehindNat, Form, Given, HasForm, StateClaim, Uses
from netdsl.ir.ids import NodeId, TunnelId
from netdsl.ir.tunnel import Child, Mode, TunnelEnd
from netdsl.packets.doubts import own_doubts
from netdsl.packets.identical import Identical
from netdsl.packets.state import ChildState, state_of, without_state
from netdsl.packets.tunnels import Connection
from netdsl.packets.world import World
from netdsl.source import Place
from netdsl.verify.sentences import tunnel_text

_MODES = {Mode.TUNNEL: Form.TUNNEL_MODE, Mode.TRANSPORT: Form.TRANSPORT_MODE}


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether a claim, without its `not`, is so at one end of a child. `text`: what is so there; `instead`: what a line
    would say that holds; `doubt`: why that cannot be known; `origin`: the statement that decided, if one alone did."""

    is_so: bool
    text: str
    instead: str | None = None
    doubt: str | None = None
    origin: Place | None = None


@dataclass(slots=True)
class _Tunnels:
    """Ends, and connections that stand, by tunnel and each node that they are between; with None: all of the tunnel.
    `doubted`: tunnels whose ends are not known exactly."""

    ends: dict[tuple[TunnelId, NodeId | None], list[TunnelEnd]] = field(default_factory=dict)
    connections: dict[tuple[TunnelId, NodeId | None], list[Connection]] = field(default_factory=dict)
    doubted: set[TunnelId] = field(default_factory=set)


@lru_cache(maxsize=4)
def _tunnels(key: Identical[World]) -> _Tunnels:
    found, world = _Tunnels(), key.value
    for end in (end for node in world.lab.nodes for end in node.tunnels):
        for at in {None, end.node, end.peer}:
            found.ends.setdefault((end.tunnel, at), []).append(end)
        if own_doubts(world.view(end.node)):
            found.doubted.add(end.tunnel)
    for tunnel, connections in world.tunnels.connections.items():
        for connection in connections:
            for at in (None, connection.here.node, connection.there.node):
                found.connections.setdefault((tunnel, at), []).append(connection)
    return found


def said_at(world: World, tunnel: TunnelId) -> tuple[Place | None, bool]:
    """Where a tunnel is said, and whether its ends are known exactly."""
    known = _tunnels(Identical(world))
    return known.ends[tunnel, None][0].origin, tunnel not in known.doubted


def ends_about(world: World, claim: StateClaim) -> list[tuple[TunnelEnd, Child]]:
    """The ends of children that a claim is about, up or not."""
    ends = _tunnels(Identical(world)).ends.get((claim.tunnel, _named_end(claim)), ())
    return [(end, child) for end in ends for child in end.children if is_about(claim, child.name, end.node, end.peer)]


def why_no_state(world: World, claim: StateClaim) -> str | None:
    """Why the tunnel has nothing that the claim is about, be it up or down: in a lab that the claim was not written for."""
    kind = _tunnels(Identical(world)).ends[claim.tunnel, None][0].kind
    if state_of(kind) is None:
        return without_state(claim.tunnel, kind)
    return None if ends_about(world, claim) else f"`{tunnel_text(claim)}` has no such end"


def states_for(world: World, claim: StateClaim) -> list[ChildState]:
    """The state of each end of a child that the claim is about. Empty where one of them is down."""
    found: list[ChildState] = []
    for connection in _tunnels(Identical(world)).connections.get((claim.tunnel, _named_end(claim)), ()):
        kind = state_of(connection.here.kind)
        found += () if kind is None else kind.states(world.fabric, world.tunnels, connection)
    asked = [one for one in found if is_about(claim, one.child, one.node, one.peer)]
    up = {(one.node, one.peer, one.child) for one in asked}
    is_up = all((end.node, end.peer, child.name) in up for end, child in ends_about(world, claim))
    return asked if is_up else []


@lru_cache(maxsize=1024)
def encryption_doubt(key: Identical[World], tunnel: TunnelId) -> str | None:
    """Why it cannot be known whether a tunnel that is up encrypts."""
    world = key.value
    for connection in world.tunnels.connections.get(tunnel, ()):
        kind = state_of(connection.here.kind)
        if kind is None:
            continue
        for state in kind.states(world.fabric, world.tunnels, connection):
            for other, reason in state.otherwise:
                if kind.encrypts(other) is not kind.encrypts(state):
                    return reason
    return None


def _named_end(claim: StateClaim) -> NodeId | None:
    """One of the ends that a claim names."""
    return claim.end or (claim.node if isinstance(claim, Begun | BehindNat | Given) else None)


def is_about(claim: StateClaim, child: str, node: NodeId, peer: NodeId | None) -> bool:
    """Whether a claim about a tunnel is about the end `node` of one of its children."""
    if claim.child not in (None, child) or claim.end not in (None, node, peer):
        return False
    match claim:
        case Begun():
            return claim.node in (node, peer)
        case BehindNat() | Given():
            return claim.node == node
        case Uses() | HasForm():
            return True
        case _:
            assert_never(claim)


def compared(claim: StateClaim, state: ChildState) -> Compared:
    found = _compared(claim, state)
    others = ((_compared(claim, other), reason) for other, reason in state.otherwise)
    return replace(found, doubt=next((reason for other, reason in others if other.is_so != found.is_so), None))


def _compared(claim: StateClaim, state: ChildState) -> Compared:
    is_only = state.child == state.tunnel.rpartition(".")[2]
    name = state.tunnel if is_only else f"{state.tunnel}.{state.child}"
    match claim:
        case Uses():
            return _uses(claim, state, name)
        case Begun():
            text = f"`{state.opener}` begins `{state.tunnel}`"
            return Compared(claim.node == state.opener, text, f"{state.tunnel} is begun by {state.opener}")
        case BehindNat():
            where = "behind address translation" if state.is_behind_nat else "not behind address translation"
            return Compared(state.is_behind_nat, f"`{state.node}` is {where}")
        case HasForm():
            return _form(claim, state, name)
        case Given():
            given = ", ".join(map(str, state.given))
            text = f"`{state.tunnel}` gives `{state.node}` {given or 'no address'}"
            line = f"{state.node} has {given} from {state.tunnel}" if given else None
            return Compared(claim.address in state.given, text, line)
        case _:
            assert_never(claim)


def _uses(claim: Uses, state: ChildState, name: str) -> Compared:
    found = next((one for one in state.uses if one.protocol == claim.protocol), None)
    if found is None:
        has = " and ".join(one.text for one in state.uses)
        return Compared(False, f"`{name}` uses {has}, and no {claim.protocol}")
    is_so = set(claim.algorithms) <= set(found.words)
    return Compared(is_so, f"`{name}` uses {found.text}", f"{name} uses {found.text}", origin=found.origin)


def _form(claim: HasForm, state: ChildState, name: str) -> Compared:
    match claim.form:
        case Form.IN_UDP | Form.COMPRESSED:
            is_so = state.is_in_udp if claim.form is Form.IN_UDP else state.is_compressed
            return Compared(is_so, f"`{name}` is {'' if is_so else 'not '}{claim.form}")
        case Form.TUNNEL_MODE | Form.TRANSPORT_MODE:
            mode = _MODES[state.mode]
            return Compared(claim.form is mode, f"`{name}` is {mode}", f"{name} is {mode}")
        case _:
            assert_never(claim.form)

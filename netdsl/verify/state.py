"""Claims about the state of a tunnel: the same comparison for what is predicted and for what nodes say."""

from dataclasses import replace
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import Begun, BehindNat, Form, Given, HasForm, StateClaim, Uses
from netdsl.ir.ids import NodeId
from netdsl.ir.tunnel import Mode
from netdsl.packets.state import ChildState, state_of
from netdsl.packets.world import World
from netdsl.source import Place

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


def states_for(world: World, claim: StateClaim) -> list[ChildState]:
    """The ends of children that are up and that the claim is about."""
    found: list[ChildState] = []
    named = {claim.end, claim.node if isinstance(claim, Begun | BehindNat | Given) else None} - {None}
    for connection in world.tunnels.connections.get(claim.tunnel, ()):
        kind, ends = state_of(connection.here.kind), {connection.here.node, connection.there.node}
        if kind is not None and named <= ends:
            found += kind.states(world.fabric, world.tunnels, connection)
    return [one for one in found if is_about(claim, one.child, one.node, one.peer)]


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

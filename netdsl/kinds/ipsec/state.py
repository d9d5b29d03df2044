"""The state of IPsec tunnels that are up: who began, algorithms, address translation, modes.

An IKE SA is begun by the end that opens it, and the other one chooses the algorithms. Where it is not certain which of the
two opens it, or where keys are renewed before long (then either end begins, and the other one chooses), the state may be
another one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from netdsl.ir.ids import NodeId, Prefix
from netdsl.ir.tunnel import Child, Start, TunnelEnd
from netdsl.kinds.ipsec.agreeing import canonical, exchanged, selected
from netdsl.kinds.ipsec.algorithms import hides
from netdsl.kinds.ipsec.ir import child_inside, end_inside
from netdsl.kinds.ipsec.known import connection_of, ends_in
from netdsl.kinds.ipsec.packets import coming_up, connect
from netdsl.kinds.ipsec.resolve_proposals import KEYWORDS, Transform, fault_of_algorithms
from netdsl.kinds.ipsec.sharing import selected_ike
from netdsl.packets.fabric import Fabric
from netdsl.packets.state import Algorithms, ChildState, Fault
from netdsl.packets.tunnels import Connection, TunnelStates
from netdsl.packets.types import Packet

PROTOCOLS = ("ike", "esp", "ah")
USUAL = frozenset(("noesn",))
_EXCHANGES = (Transform.EXCHANGE, Transform.MORE_EXCHANGE)
_SOON = 1800
"""Seconds: keys that are renewed after less may be others by the time that somebody looks."""


def algorithms(protocol: str, text: str) -> tuple[str, ...] | Fault:
    """What a proposal says, or a part of one."""
    wrong = fault_of_algorithms(text, protocol)
    if wrong is not None:
        return wrong
    words = text.split("-")
    exchanges = [word for word in words if KEYWORDS[word] in _EXCHANGES]
    if protocol != "ike" and exchanges:
        left = "-".join(word for word in words if word not in exchanges)
        message = f"the first keys of a child are made with those of IKE: `{exchanges[0]}` is for their renewal"
        return Fault(message, f"`{protocol} {left}`" if left else f"`ike {exchanges[0]}`")
    return tuple(canonical(word) for word in words)


def states(fabric: Fabric, states: TunnelStates, connection: Connection) -> Iterable[ChildState]:
    found = _as_opened(fabric, states, connection)
    others = [*_opened_by_the_other(fabric, states, connection), *_renewed(fabric, states, connection)]
    for key, state in found.items():
        otherwise = tuple((other[key], why) for other, why in others if key in other)
        yield replace(state, otherwise=otherwise)


def is_by_opener(fabric: Fabric, states: TunnelStates, connection: Connection) -> bool:
    if not _may_open(fabric, states, connection.there):
        return False
    turned = replace(connection, here=connection.there, there=connection.here)
    mine = {_as_had(one.here, one.there, one.near, one.far) for _, one in coming_up(fabric, states, connection)}
    return mine != {_as_had(one.there, one.here, one.far, one.near) for _, one in coming_up(fabric, states, turned)}


def _as_had(here: Child, there: Child, near: Sequence[Prefix], far: Sequence[Prefix]) -> tuple[object, ...]:
    """Which packets a child takes, and in which form: of two ends, as the first has it."""
    only = frozenset(here.only_local), frozenset(here.only_remote)
    return here.name, there.name, frozenset(near), frozenset(far), only, here.mode, here.keeps_lengths


def encrypts(state: ChildState) -> bool:
    return all(hides(one.protocol, one.words) for one in state.uses if one.protocol != "ike")


_States = dict[tuple[NodeId, str], ChildState]
"""By end and child."""


def _as_opened(fabric: Fabric, states: TunnelStates, connection: Connection) -> _States:
    """As the connection comes up when `here` opens it."""
    here, there = connection.here, connection.there
    assert isinstance(connection.inside, Packet), "the connection of another kind"
    ike = selected_ike(fabric.views[there.node].node, here, connection.inside)
    found: _States = {}
    for child, agreed in coming_up(fabric, states, connection):
        mine, other = child_inside(child), child_inside(agreed.there)
        esp = selected(other.proposals, mine.proposals, mine.protocol, has_exchange=False) or ()
        uses = (
            Algorithms("ike", ike, origin=end_inside(there).ike_origin),
            Algorithms(mine.protocol, esp, USUAL, other.origin),
        )
        for end, peer, name in ((here, there, child.name), (there, here, agreed.there.name)):
            found[end.node, name] = ChildState(
                tunnel=end.tunnel,
                child=name,
                node=end.node,
                peer=peer.node,
                opener=here.node,
                uses=uses,
                is_behind_nat=end.node in connection.hidden,
                is_in_udp=connection.is_translated,
                is_compressed=not agreed.here.keeps_lengths,
                mode=agreed.here.mode,
                given=end.virtual,
            )
    return found


# --- what else may be


def _opened_by_the_other(fabric: Fabric, states: TunnelStates, connection: Connection) -> Iterator[tuple[_States, str]]:
    here, there = connection.here, connection.there
    if not _may_open(fabric, states, there):
        return
    why = f"`{here.node}` and `{there.node}` both open it, and the first that is ready begins: `start … by` names one"
    other = connect(fabric, fabric.views[there.node], there, states.standing)
    if isinstance(other, Connection) and other.there.node == here.node:
        yield _as_opened(fabric, states, other), why


def _may_open(fabric: Fabric, states: TunnelStates, end: TunnelEnd) -> bool:
    """Whether the end, or another one in the same IKE SA, opens by itself. A tunnel that is opened by hand is so at both
    ends, one after the other."""
    if not end.peer_addresses:
        return False
    return any(
        states.opens(one.tunnel, child) or (one.tunnel in states.forced and _is_by_hand(fabric, one))
        for one in ends_in(fabric.views[end.node].node, connection_of(end))
        if one.tunnel not in states.held
        for child in one.children
    )


def _is_by_hand(fabric: Fabric, end: TunnelEnd) -> bool:
    return any(child.start is Start.HAND for one in fabric.lab.tunnel_ends(end.tunnel) for child in one.children)


def _renewed(fabric: Fabric, states: TunnelStates, connection: Connection) -> Iterator[tuple[_States, str]]:
    """With the keys that follow the first ones, where an end asks for them soon: the other one chooses."""
    found, ends = _as_opened(fabric, states, connection), (connection.here, connection.there)
    for asking, answering in (ends, ends[::-1]):
        mine, other = end_inside(asking), end_inside(answering)
        seconds = min(filter(None, (mine.ike_rekey_seconds, mine.ike_reauth_seconds)), default=_SOON)
        ike = _answered(other.ike_proposals, mine.ike_proposals, "ike", _exchange_of(found))
        if seconds < _SOON and ike is not None:
            after = {key: replace(_using(one, "ike", ike), opener=asking.node) for key, one in found.items()}
            yield after, f"`{asking.node}` renews the keys of IKE after {seconds} s"
        yield from _renewed_children(fabric, found, asking, answering)


def _renewed_children(
    fabric: Fabric, found: _States, asking: TunnelEnd, answering: TunnelEnd
) -> Iterator[tuple[_States, str]]:
    """A child that is not the first one of its IKE SA is made as one whose keys are renewed, with an exchange of its own
    (RFC 7296 §1.3.1)."""
    in_one = ends_in(fabric.views[asking.node].node, connection_of(asking))
    is_alone = sum(len(one.children) for one in in_one) == 1
    for child in asking.children:
        mine = child_inside(child)
        is_soon = (mine.rekey_seconds or _SOON) < _SOON or mine.rekey_bytes is not None
        keys = [key for key, one in found.items() if key == (asking.node, child.name) or _is_other(one, asking, child)]
        offered = [child_inside(other).proposals for other in answering.children if other.name == child.name]
        words = _answered(offered[0], mine.proposals, mine.protocol) if offered else None
        if words is not None and (is_soon or not is_alone):
            used = tuple(word for word in words if KEYWORDS[word] not in _EXCHANGES)
            why = f"`{asking.node}` renews the keys" if is_alone else "its keys are made with an exchange of their own"
            yield {key: _using(found[key], mine.protocol, used) for key in keys}, why


def _answered(
    own: Sequence[str], asked: Sequence[str], protocol: str, first: str | None = None
) -> tuple[str, ...] | None:
    return exchanged(lambda offered: selected(own, offered, protocol), asked, first)


def _exchange_of(found: _States) -> str | None:
    """The key exchange of IKE, which is tried first when its keys are renewed (charon.prefer_previous_dh_group)."""
    words = (word for state in found.values() for one in state.uses if one.protocol == "ike" for word in one.words)
    return next((word for word in words if KEYWORDS[word] is Transform.EXCHANGE), None)


def _is_other(state: ChildState, asking: TunnelEnd, child: Child) -> bool:
    return state.peer == asking.node and state.child == child.name


def _using(state: ChildState, protocol: str, words: tuple[str, ...]) -> ChildState:
    uses = tuple(replace(one, words=words) if one.protocol == protocol else one for one in state.uses)
    return replace(state, uses=uses)

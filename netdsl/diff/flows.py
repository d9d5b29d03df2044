"""Which flows changed: each node to each address of every other, for each service, in both labs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TypeAlias

from netdsl.dataclass import dataclass
from netdsl.diff.people import Index, People
from netdsl.diff.seen import are_seen_alike, are_settled_alike
from netdsl.diff.services import ServiceClass, has_ports_only, is_of
from netdsl.diff.types import Access, Turn
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import Protocol
from netdsl.ir.service_kinds import listens_on
from netdsl.packets.types import Outcome
from netdsl.packets.world import World
from netdsl.verify.matrix import MOST_FLOWS, matrix
from netdsl.verify.question import BadQuestion
from netdsl.verify.types import Cell

MOST_ASKED = 4 * MOST_FLOWS
"""Flows of one lab, all services together."""

_ALONE = 10
"""How many times dearer a flow is that is followed by itself, as in labs of which several states are possible."""

Key: TypeAlias = tuple[int, int]
"""A node that asks, and a slot that is asked."""


@dataclass(frozen=True, slots=True)
class FlowState:
    access: Access
    is_encrypted: bool = False
    reason: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Turned:
    """What changed in one flow. `is_answered`: in the lab in which it is open."""

    turn: Turn
    is_encrypted: bool
    is_answered: bool
    known: str
    reason: str


@dataclass(frozen=True, slots=True)
class Compared:
    """`turned`: by flow, for each service (its number among the classes) what changed. `left_out`: classes that were not
    asked."""

    classes: tuple[ServiceClass, ...]
    turned: Mapping[Key, Mapping[int, tuple[Turned, ...]]]
    left_out: frozenset[int]


def compared(before: World, after: World, people: People, classes: Sequence[ServiceClass]) -> Compared:
    turned: dict[Key, dict[int, tuple[Turned, ...]]] = {}
    left_out: set[int] = set()
    labs, asked = (before.lab, after.lab), 0
    is_settled, is_narrow = are_settled_alike(before, after), _is_narrow(labs)
    is_plain = not any(
        view.asks_more_than_addresses for world in (before, after) for view in world.fabric.views.values()
    )
    rests: dict[Protocol | None, int] = {}
    for at in sorted(range(len(classes)), key=lambda number: not _is_first(classes[number])):
        one = classes[at]
        if one.is_rest:
            rests[one.protocol] = at
        if is_settled and are_seen_alike(*labs, one):
            continue
        if one.is_rest and is_plain and _is_ping(classes[0]) and 0 not in left_out:
            _as_the_ping(turned, at)
            continue
        is_part = is_narrow and one.is_only_served and rests.get(one.protocol) not in {None, *left_out}
        only = _servers(labs, people, one) if is_part else frozenset(range(len(people.nodes)))
        flows = len(people.nodes) * sum(slot.node in only for slot in people.slots)
        if before.others or after.others:
            flows *= _ALONE
        if asked + flows > MOST_ASKED or not _note(turned, at, (before, after), people, only, one):
            left_out.add(at)
            continue
        asked += flows
        if is_part:
            _as_the_rest(turned, at, rests[one.protocol], people, only)
    return Compared(tuple(classes), turned, frozenset(left_out))


def _is_ping(one: ServiceClass) -> bool:
    return one.protocol is None and one.probe is None


def _is_first(one: ServiceClass) -> bool:
    """A ping and the ports that no line names: what is most like all others."""
    return one.protocol is None or one.is_rest


# --- which destinations


def _is_narrow(labs: Sequence[Lab]) -> bool:
    """Whether a packet for a port that lines name nowhere is taken by who has its destination alone: no line translates the
    destinations of all ports."""
    rules = [rule for lab in labs for node in lab.nodes for rule in node.nat.destination]
    return all(rule.prefix is None and has_ports_only(rule.match.services) for rule in rules)


def _servers(labs: Sequence[Lab], people: People, asked: ServiceClass) -> frozenset[int]:
    """The nodes at whose addresses a service may answer in either lab: those that have it, and who shares an address with
    one."""
    found: set[int] = set()
    for lab, index in zip(labs, (people.first, people.second), strict=True):
        serving = [node for node in lab.nodes if _serves(node, asked)]
        addresses = {address for node in serving for address in node.addresses}
        found.update(
            index.nodes[node.id]
            for node in lab.nodes
            if node.id in index.nodes and (node in serving or not addresses.isdisjoint(node.addresses))
        )
    return frozenset(found)


def _serves(node: Node, asked: ServiceClass) -> bool:
    probe = asked.probe
    listening = (one for served in node.services for one in listens_on(served.kind, served.service))
    return probe is not None and any(is_of((one,), probe.protocol, probe.first or 0) for one in listening)


# --- asking


def _note(
    turned: dict[Key, dict[int, tuple[Turned, ...]]],
    at: int,
    worlds: tuple[World, World],
    people: People,
    only: frozenset[int],
    one: ServiceClass,
) -> bool:
    """Ask both labs. False: it is too much for one question."""
    try:
        olds, news = (
            _states(
                matrix(world, one.probe, destinations=[node for node, at in index.nodes.items() if at in only]), index
            )
            for world, index in zip(worlds, (people.first, people.second), strict=True)
        )
    except BadQuestion:
        return False
    absent = FlowState(Access.ABSENT)
    for key in dict.fromkeys((*news, *olds)):
        found = tuple(_turns(olds.get(key, absent), news.get(key, absent)))
        if found:
            turned.setdefault(key, {})[at] = found
    return True


def _states(cells: Iterable[Cell], index: Index) -> dict[Key, FlowState]:
    return {(index.nodes[cell.source], index.slots[cell.destination, cell.address]): _state(cell) for cell in cells}


def _state(cell: Cell) -> FlowState:
    if not cell.is_exact or cell.outcome is Outcome.NOT_VERIFIED:
        return FlowState(Access.UNKNOWN, False, cell.reason)
    if not cell.passes:
        return FlowState(Access.CLOSED, False, cell.reason)
    access = Access.ANSWERED if cell.outcome is Outcome.ANSWERED else Access.REFUSED
    return FlowState(access, cell.is_encrypted, cell.reason)


def _turns(old: FlowState, new: FlowState) -> Iterator[Turned]:
    """In what a flow changed; nothing where it did not, or is closed for another reason."""
    one, other = old.access, new.access
    if Access.UNKNOWN in (one, other):
        if one is other:
            yield Turned(Turn.UNKNOWABLE, False, False, "", "")
        elif other is Access.UNKNOWN:
            yield Turned(Turn.UNKNOWN, False, False, _word(old), "")
        else:
            yield Turned(Turn.KNOWN, False, False, _word(new), "")
    elif one.is_open is not other.is_open:
        turn, there, closed = (Turn.OPENED, new, old) if other.is_open else (Turn.CLOSED, old, new)
        yield Turned(turn, there.is_encrypted, there.access is Access.ANSWERED, "", closed.reason)
    elif one.is_open:
        if old.is_encrypted is not new.is_encrypted:
            yield Turned(Turn.ENCRYPTED if new.is_encrypted else Turn.CLEAR, False, False, "", "")
        if one is not other:
            yield Turned(Turn.ANSWERED if other is Access.ANSWERED else Turn.REFUSED, False, False, "", "")


def _word(state: FlowState) -> str:
    return "open" if state.access.is_open else state.access.value


def _as_the_rest(
    turned: dict[Key, dict[int, tuple[Turned, ...]]], at: int, rest: int, people: People, only: frozenset[int]
) -> None:
    """To nodes that do not serve the port it goes as all ports that no line names."""
    for (_, slot), by_class in turned.items():
        if rest in by_class and people.slots[slot].node not in only:
            by_class[at] = by_class[rest]


def _as_the_ping(turned: dict[Key, dict[int, tuple[Turned, ...]]], at: int) -> None:
    """Where nothing tells protocols apart a port on which nothing listens is refused where a ping is answered."""
    for by_class in turned.values():
        if 0 in by_class:
            by_class[at] = tuple(replace(one, is_answered=False) for one in by_class[0])

"""Pairs of nodes in as few sentences as people say them in: 'from dmz to lan' where all hosts of both agree."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TypeAlias

from netdsl.dataclass import dataclass
from netdsl.diff.people import People
from netdsl.diff.types import Names, Party


@dataclass(frozen=True, slots=True)
class End:
    """A node, by its number; or under some of its addresses alone, by the numbers of their slots."""

    node: int
    slots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hosts:
    """All nodes that are on a network alone, by its number."""

    network: int


Unit: TypeAlias = End | Hosts
Pair: TypeAlias = tuple[End, End]
Block: TypeAlias = tuple[tuple[Unit, ...], tuple[Unit, ...]]
"""Each of the first to each of the second, but nobody to himself."""


@dataclass(frozen=True, slots=True)
class Homes:
    """The nodes of each network that are on no other one, where there are two or more."""

    members: Mapping[int, tuple[End, ...]]

    def of(self, unit: Unit) -> tuple[End, ...]:
        return self.members[unit.network] if isinstance(unit, Hosts) else (unit,)


def homes_of(people: People) -> Homes:
    found: dict[int, list[End]] = {}
    for at, home in enumerate(people.homes):
        if home is not None:
            found.setdefault(home, []).append(End(at))
    return Homes({home: tuple(ends) for home, ends in found.items() if len(ends) > 1})


def blocks(pairs: Set[Pair], homes: Homes) -> list[Block]:
    """Blocks that cover these pairs and no other: those that begin with who asks, or those that begin with who is asked,
    whichever are fewer."""
    by_source = _blocks(pairs, homes)
    by_goal = [(sources, goals) for goals, sources in _blocks({(goal, source) for source, goal in pairs}, homes)]
    best = min(by_source, by_goal, key=_size)
    return sorted(best, key=lambda block: [[_place(unit) for unit in side] for side in block])


def _size(found: Sequence[Block]) -> tuple[int, int]:
    return len(found), sum(len(side) for block in found for side in block)


def _blocks(pairs: Set[Pair], homes: Homes) -> list[Block]:
    rows: dict[End, set[End]] = {}
    for one, other in sorted(pairs, key=lambda pair: (_place(pair[0]), _place(pair[1]))):
        rows.setdefault(one, set()).add(other)
    short: dict[Unit, frozenset[Unit]] = {one: _shortened(one, others, homes) for one, others in rows.items()}
    for network, members in homes.members.items():
        _take_together(short, network, members)
    return _merged({unit: others for unit, others in short.items() if others})


def _shortened(one: End, others: Set[End], homes: Homes) -> frozenset[Unit]:
    """The other ends, with networks for all their hosts but the one itself; a single one is named."""
    found: set[Unit] = set(others)
    for network, members in homes.members.items():
        rest = [each for each in members if each.node != one.node]
        if len(rest) > 1 and all(each in others for each in rest):
            found -= set(rest)
            found.add(Hosts(network))
    return frozenset(found)


def _take_together(short: dict[Unit, frozenset[Unit]], network: int, members: Sequence[End]) -> None:
    """What all hosts of a network have in common is the network's."""
    if not all(each in short for each in members):
        return
    lenient = [_with_itself(each, members, short) for each in members]
    common = frozenset.intersection(*lenient)
    if common:
        is_within = common.issuperset(members)
        short[Hosts(network)] = (common - set(members)) | {Hosts(network)} if is_within else common
        for each in members:
            short[each] -= common


def _with_itself(one: End, members: Sequence[End], short: Mapping[Unit, frozenset[Unit]]) -> frozenset[Unit]:
    """What a host has, and itself where all others of its network have it."""
    is_had = all(one in short[each] for each in members if each != one)
    return short[one] | {one} if is_had else short[one]


def _merged(rows: Mapping[Unit, frozenset[Unit]]) -> list[Block]:
    """Units with the same others as one. A node that asks those who ask with it belongs to them, though it does not ask
    itself."""
    wide: dict[Unit, frozenset[Unit]] = {
        unit: others | {unit} for unit, others in rows.items() if isinstance(unit, End) and not unit.slots
    }
    exact, lenient = Counter(rows.values()), Counter(wide.values())
    found: dict[frozenset[Unit], list[Unit]] = {}
    for unit, others in rows.items():
        wider = wide.get(unit, others)
        is_wide = exact[wider] + lenient[wider] > exact[others] + lenient[others]
        found.setdefault(wider if is_wide else others, []).append(unit)
    return [
        (
            _ordered(units),
            _ordered(others - set(units) if len(units) == 1 and units[0] not in rows[units[0]] else others),
        )
        for others, units in found.items()
    ]


def _ordered(units: Iterable[Unit]) -> tuple[Unit, ...]:
    return tuple(sorted(units, key=_place))


def _place(unit: Unit) -> tuple[int, int, tuple[int, ...]]:
    """Networks first; each in the order of the labs."""
    return (0, unit.network, ()) if isinstance(unit, Hosts) else (1, unit.node, unit.slots)


# --- in words


def parties(block: Block, homes: Homes, people: People) -> tuple[tuple[Party, ...], tuple[Party, ...]]:
    sources, goals = block
    asking, asked = (_nodes(units, homes) for units in block)
    return _parties(sources, asking, asked, homes, people), _parties(goals, asked, asking, homes, people)


def _nodes(units: Iterable[Unit], homes: Homes) -> frozenset[int]:
    return frozenset(end.node for unit in units for end in homes.of(unit))


def _parties(units: Sequence[Unit], own: Set[int], others: Set[int], homes: Homes, people: People) -> tuple[Party, ...]:
    is_whole = not any(isinstance(one, End) and one.slots for one in units)
    left = set(range(len(people.nodes))) - own
    if is_whole and len(own) > 2 and (not left or (len(others) == 1 and left == others)):
        return (Party(None, tuple(people.nodes[at] for at in sorted(own))),)
    return tuple(party for unit in units for party in _party(unit, homes, people))


def _party(unit: Unit, homes: Homes, people: People) -> list[Party]:
    nodes = tuple(people.nodes[end.node] for end in homes.of(unit))
    if isinstance(unit, Hosts):
        return [Party(people.networks[unit.network], nodes, is_network=True)]
    if not unit.slots:
        return [Party(nodes[0], nodes)]
    return [Party(people.slots[slot].names, nodes, address=_address(people, slot)) for slot in unit.slots]


def _address(people: People, slot: int) -> Names:
    found = people.slots[slot]
    return Names(*(None if one is None else str(one) for one in (found.before, found.after)))

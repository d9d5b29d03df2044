"""Which network, node and tunnel of one lab is which of the other, by name, else by what it is."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

from netdsl.dataclass import dataclass
from netdsl.diff.types import Names
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import Node

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pair(Names):
    """`because`: of one with another name, why it is the same."""

    because: str = ""


Likeness = tuple[str, Callable[[T, Mapping[str, str]], Hashable | None]]
"""Why two are the same, and what both have then: of one lab's thing, with its lab's names in the words of the second."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """All of the second lab in its order, then what only the first one has."""

    networks: tuple[Pair, ...]
    nodes: tuple[Pair, ...]
    tunnels: tuple[Pair, ...]

    @property
    def renamed(self) -> dict[str, str]:
        """What names of the first lab are in the second, where they are others."""
        every = (*self.networks, *self.nodes, *self.tunnels)
        return {one.before: one.after for one in every if one.is_renamed and one.before and one.after}


def pairs_of(before: Lab, after: Lab) -> Pairs:
    networks = _paired(
        {one.id: one for one in before.networks},
        {one.id: one for one in after.networks},
        [("same prefixes", _prefixes)],
        {},
    )
    spoken = _spoken(networks)
    nodes = _paired(
        {one.id: one for one in before.nodes},
        {one.id: one for one in after.nodes},
        [("same addresses", _addresses), ("same interfaces", _interfaces)],
        spoken,
    )
    spoken |= _spoken(nodes)
    tunnels = _paired(_ends(before), _ends(after), [("same ends", _joined)], spoken)
    return Pairs(networks, nodes, tunnels)


def _paired(
    before: Mapping[str, T], after: Mapping[str, T], likenesses: Iterable[Likeness[T]], spoken: Mapping[str, str]
) -> tuple[Pair, ...]:
    """By name; what is left by each likeness in turn, where one alone has it on either side."""
    found = {name: Pair(name, name) for name in after if name in before}
    for because, likeness in likenesses:
        old = _alone({name: likeness(one, spoken) for name, one in before.items() if name not in _olds(found)})
        new = _alone({name: likeness(one, {}) for name, one in after.items() if name not in found})
        found |= {name: Pair(old[like], name, because) for like, name in new.items() if like in old}
    gone = (Pair(name, None) for name in before if name not in _olds(found))
    return (*(found.get(name) or Pair(None, name) for name in after), *gone)


def _olds(found: Mapping[str, Pair]) -> set[str | None]:
    return {one.before for one in found.values()}


def _alone(likes: Mapping[str, Hashable | None]) -> dict[Hashable, str]:
    """The one name that has each likeness."""
    counts = Counter(likes.values())
    return {like: name for name, like in likes.items() if like is not None and counts[like] == 1}


def _spoken(pairs: Iterable[Pair]) -> dict[str, str]:
    return {one.before: one.after for one in pairs if one.before is not None and one.after is not None}


def _prefixes(network: Network, _: Mapping[str, str]) -> Hashable | None:
    return (network.is_link, frozenset(network.prefixes)) if network.prefixes else None


def _addresses(node: Node, _: Mapping[str, str]) -> Hashable | None:
    return (node.kind, frozenset(node.addresses)) if node.addresses else None


def _interfaces(node: Node, spoken: Mapping[str, str]) -> Hashable | None:
    """Of a node with one interface its network alone is too little: all hosts there have it."""
    if len(node.interfaces) < 2:
        return None
    return node.kind, frozenset((one.name, spoken.get(one.network, one.network)) for one in node.interfaces)


def _ends(lab: Lab) -> dict[str, tuple[str, list[str]]]:
    """The kind of each tunnel, and its nodes."""
    found: dict[str, tuple[str, list[str]]] = {}
    for node in lab.nodes:
        for end in node.tunnels:
            found.setdefault(end.tunnel, (end.kind, []))[1].append(node.id)
    return found


def _joined(ends: tuple[str, list[str]], spoken: Mapping[str, str]) -> Hashable | None:
    kind, nodes = ends
    return kind, frozenset(spoken.get(node, node) for node in nodes)

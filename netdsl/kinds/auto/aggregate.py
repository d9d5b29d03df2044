"""Many goals, few next hops: the least set of prefixes that sends every goal its right way.

The goals of a domain stand in a binary trie, made once. For each node the trie is walked from its root, and only
where next hops differ below: whether they do is one look at the lowest and highest place of the goals below
(`Ways.over`). What was walked is then covered as in ORTC (Draves, King, Venkatachary, Zill, 'Constructing optimal IP
routing tables', 1999): from the bottom up, the hops that would do for each part; from the top down, a route where
what is inherited would not do.

Space that no goal lies in may go anywhere, as long as no default route has another use for it: with one (an uplink, a
line of the source, a hidden outside) a route covers goals and nothing else. Without one, a default is made only where
all goals have one next hop; else the largest prefix is the one that all goals have in common, if that is not
everything.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import field
from typing import NamedTuple

from netdsl.dataclass import dataclass
from netdsl.kinds.auto.ways import LOCAL, Ways

ANY = -1  # a set of hops with all of them: bits of a number

Goal = tuple[int, int, int]  # address as a number, prefix length, place on the line


@dataclass(frozen=True, slots=True)
class Trie:
    """A prefix with all goals below it. `place` is that of the goal with exactly this prefix, -1 if there is none;
    `is_full`: the goals below leave no address out."""

    value: int
    length: int
    place: int
    lowest: int
    highest: int
    is_full: bool
    below: tuple["Trie", ...]


def make_trie(goals: Sequence[Goal], width: int) -> Trie | None:
    """Of goals with different prefixes; `width` is 32 or 128."""
    ordered = sorted(goals)
    return _build(ordered, 0, len(ordered), width) if ordered else None


def _build(goals: Sequence[Goal], low: int, high: int, width: int) -> Trie:
    value, length, place = goals[low]
    length = min(length, width - (goals[high - 1][0] ^ value).bit_length())
    value = value >> (width - length) << (width - length)
    own = place if (value, length) == goals[low][:2] else -1
    rest = low + 1 if own >= 0 else low
    below: tuple[Trie, ...] = ()
    if rest < high:
        middle = bisect_left(goals, (value | 1 << (width - length - 1), 0, 0), rest, high)
        halves = ((rest, middle), (middle, high))
        below = tuple(_build(goals, *half, width) for half in halves if half[0] < half[1])
    places = [*([own] if own >= 0 else ()), *(node.lowest for node in below)]
    highest = max([own, *(node.highest for node in below)])
    is_full = own >= 0 or (len(below) == 2 and all(node.is_full and node.length == length + 1 for node in below))
    return Trie(value, length, own, min(places), highest, is_full, below)


class _Part(NamedTuple):  # cheaper to make than a dataclass; a large lab has millions
    """A part of the address space, and the hops (as bits) each of which would do as its own route."""

    value: int
    length: int
    hops: int
    below: tuple["_Part", ...] = ()


Line = tuple[int, int]  # address as a number, prefix length: what the source says itself
Route = tuple[int, int, int]  # address as a number, prefix length, label


@dataclass(slots=True)
class Walked:
    """How many parts of address spaces were looked at, for all nodes."""

    parts: int = 0


def cover(
    trie: Trie, ways: Ways, width: int, default: int | None, lines: Sequence[Line] = (), walked: Walked | None = None
) -> list[Route]:
    """The routes of one node by ascending prefix, a default as (0, 0, label).

    `default` is the label of what goes everywhere else already; None: nothing does. Nothing is said about what one of
    `lines` covers.
    """
    lengths = tuple(sorted({length for _, length in lines}))
    covering = _Covering(ways, width, frozenset(lines), lengths, walked or Walked())
    if default is None:
        label = covering.only_hop(trie)
        if label is not None:
            return [] if label == LOCAL else [(0, 0, label)]
        root = covering.part(trie, ANY)
        top = root.below if root.length == 0 else (root,)
        return sorted(route for part in top for route in covering.assign(part, 0))
    return sorted(covering.assign(covering.part(trie, 1 << default), 1 << default))


@dataclass(frozen=True, slots=True)
class _Covering:
    """`lengths`: those of `lines`, ascending."""

    ways: Ways
    width: int
    lines: frozenset[Line]
    lengths: tuple[int, ...]
    walked: Walked = field(default_factory=Walked)

    def hops(self, label: int) -> int:
        return ANY if label == LOCAL else 1 << label

    def is_said(self, value: int, length: int) -> bool:
        """Whether a line of the source covers this prefix."""
        for covered in self.lengths:
            if covered > length:
                return False
            shift = self.width - covered
            if (value >> shift << shift, covered) in self.lines:
                return True
        return False

    def only_hop(self, trie: Trie) -> int | None:
        """The one label of all goals, LOCAL if there are only local ones; None if there are several."""
        seen: set[int] = set()
        waiting = [trie]
        while waiting and len(seen) < 2:
            node = waiting.pop()
            if self.lines and self.is_said(node.value, node.length):
                continue
            label = self.ways.over(node.lowest, node.highest)
            if label is None:
                waiting.extend(node.below)
                label = self.ways.at(node.place) if node.place >= 0 else LOCAL
            if label != LOCAL:
                seen.add(label)
        if len(seen) > 1:
            return None
        return next(iter(seen), LOCAL)

    def part(self, trie: Trie, rest: int) -> _Part:
        """What would do for a prefix; `rest`: for the space in it that no goal lies in."""
        if self.lines and self.is_said(trie.value, trie.length):
            return _Part(trie.value, trie.length, ANY)
        label = self.ways.over(trie.lowest, trie.highest)
        if label is not None and (trie.is_full or rest in (ANY, self.hops(label))):
            return _Part(trie.value, trie.length, self.hops(label))
        is_default = trie.place < 0 and rest != ANY
        if trie.place >= 0:
            rest = self.hops(self.ways.at(trie.place))
        halves = tuple([self._half(node, trie.length + 1, rest) for node in trie.below])
        hops = ANY if len(halves) == 2 else rest
        for half in halves:
            hops = hops & half.hops or hops | half.hops
        if len(halves) == 2 and ANY in (halves[0].hops, halves[1].hops):
            return halves[0] if halves[1].hops == ANY else halves[1]  # the other half needs nothing
        if is_default and hops & rest:
            hops = rest  # what there is of the default's own space stays with it: it cannot be said again
        return _Part(trie.value, trie.length, hops, halves)

    def _half(self, trie: Trie, length: int, rest: int) -> _Part:
        """One half of a prefix, which may be larger than what lies in it."""
        part = self.part(trie, rest)
        if rest == ANY or trie.length == length:
            return part
        shift = self.width - length
        return _Part(trie.value >> shift << shift, length, rest, (part,))

    def assign(self, part: _Part, inherited: int) -> list[Route]:
        """Routes for what the inherited hop (one bit; 0: none) would not do for."""
        routes: list[Route] = []
        waiting = [(part, inherited)]
        while waiting:
            here, given = waiting.pop()
            self.walked.parts += 1
            if here.hops != ANY and not here.hops & given:
                given = here.hops & -here.hops
                if (here.value, here.length) not in self.lines:
                    routes.append((here.value, here.length, given.bit_length() - 1))
            waiting.extend((below, given) for below in here.below)
        return routes

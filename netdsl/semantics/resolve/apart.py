"""Prefixes of one network or tunnel, none of which overlaps another."""

from bisect import bisect_right, insort
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Prefix
from netdsl.semantics.bindings import Placed

_Range = tuple[int, int, int]  # family, first and last address as numbers


@dataclass(slots=True)
class ApartPrefixes:
    """`placed`: in the order of the source. Whether one overlaps them is a look at its neighbours alone."""

    placed: list[Placed[Prefix]] = field(default_factory=list)
    ranges: list[_Range] = field(default_factory=list)  # ascending
    numbers: dict[_Range, int] = field(default_factory=dict)  # of each in `placed`

    def add(self, prefix: Placed[Prefix]) -> None:
        """One that overlaps none of them."""
        own = _range(prefix.value)
        self.numbers[own] = len(self.placed)
        self.placed.append(prefix)
        insort(self.ranges, own)

    def overlapping(self, prefix: Prefix) -> Placed[Prefix] | None:
        """The first one, in the order of the source, that the prefix overlaps."""
        version, first, last = _range(prefix)
        at = bisect_right(self.ranges, (version, last, last))
        least: int | None = None
        while at and self.ranges[at - 1][0] == version and self.ranges[at - 1][2] >= first:
            at -= 1
            number = self.numbers[self.ranges[at]]
            least = number if least is None else min(least, number)
        return None if least is None else self.placed[least]


def _range(prefix: Prefix) -> _Range:
    first = int(prefix.network_address)
    return prefix.version, first, first | int(prefix.hostmask)

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

    def add(self, prefix: Placed[Prefix]) -> None:
        """One that overlaps none of them."""
        self.placed.append(prefix)
        insort(self.ranges, _range(prefix.value))

    def overlapping(self, prefix: Prefix) -> Placed[Prefix] | None:
        """The first one, in the order of the source, that the prefix overlaps."""
        version, first, last = _range(prefix)
        at = bisect_right(self.ranges, (version, last, last))
        before = self.ranges[at - 1] if at else None
        if before is None or before[0] != version or before[2] < first:
            return None
        return next(one for one in self.placed if one.value.version == version and one.value.overlaps(prefix))


def _range(prefix: Prefix) -> _Range:
    first = int(prefix.network_address)
    return prefix.version, first, first | int(prefix.hostmask)

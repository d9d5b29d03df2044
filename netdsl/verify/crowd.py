"""All addresses of a lab in their order, and sets of them as bits of one number: what is asked of each is asked of all
at once."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, Prefix

Some = int
"""A set of addresses: bit n is the nth of the crowd."""


@dataclass(slots=True)
class Crowd:
    """Addresses that one node each may have and send from: no loopback, link-local or multicast ones."""

    addresses: tuple[Address, ...]
    places: dict[Address, int]
    everybody: dict[int, Some]  # by family
    _values: dict[int, list[int]]
    _starts: dict[int, int]
    _known: dict[Prefix, Some] = field(default_factory=dict)

    def of(self, prefix: Prefix) -> Some:
        """Who of them is in the prefix."""
        found = self._known.get(prefix)
        if found is None:
            values, start = self._values[prefix.version], self._starts[prefix.version]
            first = bisect_left(values, int(prefix.network_address))
            last = bisect_right(values, int(prefix.broadcast_address))
            found = self._known[prefix] = ((1 << (last - first)) - 1) << (start + first)
        return found

    def of_any(self, prefixes: Iterable[Prefix]) -> Some:
        found = 0
        for prefix in prefixes:
            found |= self.of(prefix)
        return found

    def these(self, addresses: Iterable[Address]) -> Some:
        found = 0
        for address in addresses:
            found |= self.one(address)
        return found

    def one(self, address: Address) -> Some:
        """None of them where the address is not of the crowd."""
        place = self.places.get(address)
        return 0 if place is None else 1 << place

    def first(self, some: Some) -> Address:
        """ValueError: nobody."""
        return self.addresses[(some & -some).bit_length() - 1]

    def each(self, some: Some) -> Iterator[Address]:
        while some:
            yield self.first(some)
            some &= some - 1


def crowd_of(addresses: Iterable[Address]) -> Crowd:
    kept = {one for one in addresses if not _is_special(one)}
    ordered = tuple(sorted(kept, key=lambda one: (one.version, int(one))))
    values = {version: [int(one) for one in ordered if one.version == version] for version in (4, 6)}
    count = len(values[4])
    everybody = {4: (1 << count) - 1, 6: ((1 << len(values[6])) - 1) << count}
    places = {address: place for place, address in enumerate(ordered)}
    return Crowd(ordered, places, everybody, values, {4: 0, 6: count})


def _is_special(address: Address) -> bool:
    return address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified

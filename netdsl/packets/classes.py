"""Classes of packets: the addresses that nothing which a packet met tells from its own.

The walk follows one packet. Each question that a node asks of its source or its destination (is it in this prefix, is it
the node's own, by which route is it reached) narrows two sets: the addresses with the same answer. All packets from and
for what is left of them go the same way. The addresses of a lab, in their order, are the bits of one number: a prefix is a
run of bits, a set of addresses an integer. (Equivalence classes as in VeriFlow, Khurshid et al. 2013, found from a packet.)
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, Prefix

AddressSet = int
"""A set of addresses: bit n is the nth of the index."""


@dataclass(slots=True, eq=False)
class AddressIndex:
    """The addresses that one node each may have and send from: no loopback, link-local or multicast ones. `numbers`:
    the bit of each; `families`: the set of each family."""

    addresses: tuple[Address, ...]
    numbers: dict[Address, int]
    families: dict[int, AddressSet]
    _values: dict[int, list[int]]
    _known: dict[Prefix, AddressSet] = field(default_factory=dict)
    _joined: dict[int, tuple[Sequence[Prefix], AddressSet]] = field(
        default_factory=dict
    )  # by the identity of the prefixes

    def of(self, prefix: Prefix) -> AddressSet:
        """Those in the prefix."""
        found = self._known.get(prefix)
        if found is None:
            values, start = self._values[prefix.version], 0 if prefix.version == 4 else len(self._values[4])
            first = bisect_left(values, int(prefix.network_address))
            last = bisect_right(values, int(prefix.broadcast_address))
            found = self._known[prefix] = ((1 << (last - first)) - 1) << (start + first)
        return found

    def of_any(self, prefixes: Sequence[Prefix]) -> AddressSet:
        """Those in one of the prefixes, which are a part of the lab: their set is kept."""
        kept = self._joined.get(id(prefixes))
        if kept is None:
            found = 0
            for prefix in prefixes:
                found |= self.of(prefix)
            kept = self._joined[id(prefixes)] = (prefixes, found)
        return kept[1]

    def these(self, addresses: Iterable[Address]) -> AddressSet:
        """Those of the given addresses that are in the index."""
        found = 0
        for address in addresses:
            number = self.numbers.get(address)
            if number is not None:
                found |= 1 << number
        return found


def index_of(addresses: Iterable[Address]) -> AddressIndex:
    kept = {one for one in addresses if not _is_special(one)}
    ordered = tuple(sorted(kept, key=lambda one: (one.version, int(one))))
    values = {version: [int(one) for one in ordered if one.version == version] for version in (4, 6)}
    families = {4: (1 << len(values[4])) - 1, 6: ((1 << len(values[6])) - 1) << len(values[4])}
    return AddressIndex(ordered, {address: number for number, address in enumerate(ordered)}, families, values)


def _is_special(address: Address) -> bool:
    return address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified


@dataclass(slots=True, eq=False)
class PacketClass:
    """The sources and the destinations that have had the same answers as a packet's own, whose bits are `source` and
    `destination`. `is_left`: the packet's addresses were translated, so that what it met then says nothing about others."""

    index: AddressIndex
    source: AddressSet
    destination: AddressSet
    sources: AddressSet
    destinations: AddressSet
    is_left: bool = False

    def is_from(self, some: AddressSet) -> bool:
        """Whether the source is one of some; those with the other answer leave the class."""
        if some & self.source:
            self.sources &= some
            return True
        self.sources &= ~some
        return False

    def is_for(self, some: AddressSet) -> bool:
        """Whether the destination is one of some; those with the other answer leave the class."""
        if some & self.destination:
            self.destinations &= some
            return True
        self.destinations &= ~some
        return False


def class_of(index: AddressIndex, source: Address, destination: Address) -> PacketClass:
    """All packets of the family, before the first question. KeyError: an address that is not in the index."""
    every = index.families[destination.version]
    return PacketClass(index, 1 << index.numbers[source], 1 << index.numbers[destination], every, every)

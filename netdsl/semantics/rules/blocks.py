"""Prefixes and addresses as integers: what is compared thousands of times."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from netdsl.ir.ids import Address, Prefix
from netdsl.semantics.bindings import BoundRoute

T = TypeVar("T")


class Block(NamedTuple):
    """A prefix or an address: its family (4 or 6), its first and its last address, inclusive.

    Two blocks that overlap are one inside the other: every block is a prefix.
    """

    version: int
    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def covers(self, other: "Block") -> bool:
        return self.version == other.version and self.first <= other.first and other.last <= self.last

    def overlaps(self, other: "Block") -> bool:
        return self.version == other.version and self.first <= other.last and other.first <= self.last


Blocks = tuple[Block, ...]

_FEW = 8
"""So many blocks are compared one by one."""

EVERYWHERE = {4: Block(4, 0, 2**32 - 1), 6: Block(6, 0, 2**128 - 1)}


def block_of(prefix: Prefix) -> Block:
    first = int(prefix.network_address)
    return Block(prefix.version, first, first + (1 << (prefix.max_prefixlen - prefix.prefixlen)) - 1)


def block_of_address(address: Address) -> Block:
    return Block(address.version, int(address), int(address))


def route_block(route: BoundRoute) -> Block:
    return block_of(route.prefix) if route.prefix is not None else EVERYWHERE[route.next_hop.version]


def any_overlap(left: Iterable[Block], right: Iterable[Block]) -> bool:
    """Whether the two lists have an address in common; meant for the short lists of one rule or child."""
    ours = tuple(right)
    return any(block.overlaps(other) for block in left for other in ours)


def all_covered(inner: Iterable[Block], outer: Iterable[Block]) -> bool:
    """Whether each inner block lies in one of the outer ones."""
    outers = tuple(outer)
    if len(outers) <= _FEW:
        return all(any(block.covers(other) for block in outers) for other in inner)
    index = BlockMap[None]()
    for block in outers:
        index.put(block, None)
    return all(any(index.around(other)) for other in inner)


def groups(entries: Iterable[tuple[Block, T]]) -> Iterator[list[tuple[Block, T]]]:
    """The entries in groups of two and more that one block holds; n log n, each entry at most once."""
    ordered = sorted(entries, key=lambda entry: (entry[0].version, entry[0].first, -entry[0].last))
    group: list[tuple[Block, T]] = []
    for entry in ordered:
        if group and not group[0][0].overlaps(entry[0]):
            if len(group) > 1:
                yield group
            group = []
        group.append(entry)
    if len(group) > 1:
        yield group


class BlockMap(dict[tuple[int, int, int], list[T]]):
    """Values by block, found by a block inside theirs: one look per length of prefix that occurs."""

    def __init__(self) -> None:
        super().__init__()
        self._sizes: dict[int, list[int]] = {4: [], 6: []}

    def put(self, block: Block, value: T) -> None:
        sizes = self._sizes[block.version]
        if block.size not in sizes:
            sizes.append(block.size)
            sizes.sort()
        self.setdefault(block, []).append(value)

    def around(self, block: Block) -> Iterator[list[T]]:
        """What was put under blocks that cover this one, the smallest block first."""
        for size in self._sizes[block.version]:
            first = block.first - block.first % size
            if first + size > block.last and (found := self.get((block.version, first, first + size - 1))):
                yield found

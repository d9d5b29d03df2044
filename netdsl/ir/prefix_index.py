"""Which of many lists of prefixes hold an address: found by the lengths that they have, not list after list."""

from collections.abc import Iterable
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, Prefix


@dataclass(slots=True, eq=False)
class PrefixIndex:
    """Numbers of lists, in their order, by family and length of a prefix and its bits."""

    _numbers: dict[tuple[int, int], dict[int, list[int]]] = field(default_factory=dict)

    def put(self, number: int, prefixes: Iterable[Prefix]) -> None:
        """One more list."""
        for prefix in set(prefixes):
            of_length = self._numbers.setdefault((prefix.version, prefix.prefixlen), {})
            of_length.setdefault(_bits(prefix.network_address, prefix.prefixlen), []).append(number)

    def holding(self, address: Address) -> list[int]:
        """The lists with a prefix that holds the address, the least number first."""
        version = address.version
        found = [
            of_length[bits]
            for (family, length), of_length in self._numbers.items()
            if family == version and (bits := _bits(address, length)) in of_length
        ]
        return sorted({number for numbers in found for number in numbers}) if len(found) != 1 else found[0]


def _bits(address: Address, length: int) -> int:
    return int(address) >> (address.max_prefixlen - length)

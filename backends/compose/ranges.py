"""The engine's own addresses: small ranges from 240.0.0.0/4, where no lab and no other network lies.

Docker's default pools end after thirty networks, and it refuses ranges that overlap. A network's range is just large
enough, at a place given by a hash of project and network, so that it is the same at every compile and two projects hardly
ever meet. Nodes never see these addresses: the payload takes them off and sets the lab's.
"""

import hashlib
from ipaddress import IPv4Network

POOL = IPv4Network("240.0.0.0/4")
_OVERHEAD = 4  # network, broadcast, gateway, and one that some drivers take


class PoolTooSmall(Exception):
    """The pool has no room for a network's range."""


class Ranges:
    """Hands out ranges of one pool, no two overlapping."""

    def __init__(self, pool: IPv4Network, project: str) -> None:
        self._pool = pool
        self._project = project
        self._taken: dict[int, set[int]] = {}

    def range_for(self, network: str, members: int) -> IPv4Network:
        """A range for a network with so many containers. Raises PoolTooSmall."""
        bits = max(3, (members + _OVERHEAD - 1).bit_length())
        room = 32 - self._pool.prefixlen - bits
        if room < 0:
            raise PoolTooSmall(f"{self._pool} has no room for a network of {members} nodes")
        count = 1 << room
        mark = hashlib.sha256(f"{self._project}\0{network}".encode()).digest()
        start = int.from_bytes(mark[:8], "big") % count
        for step in range(min(count, 100_000)):
            place = (start + step) % count
            if self._is_free(place, bits):
                self._take(place, bits)
                return IPv4Network((int(self._pool.network_address) + (place << bits), 32 - bits))
        raise PoolTooSmall(f"{self._pool} is full")

    def _is_free(self, place: int, bits: int) -> bool:
        for size, places in self._taken.items():
            if size >= bits:
                if place >> (size - bits) in places:
                    return False
            elif any((place << (bits - size)) <= other < ((place + 1) << (bits - size)) for other in places):
                return False
        return True

    def _take(self, place: int, bits: int) -> None:
        self._taken.setdefault(bits, set()).add(place)

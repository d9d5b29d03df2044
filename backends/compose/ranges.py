"""The address ranges of the engine's networks: small ranges from 240.0.0.0/4, which no lab and no other network uses.

Docker's default pools are exhausted after thirty networks, and it refuses overlapping ranges. A range is as small as
possible. Its position is a hash of project and network, so that it is the same at every compile and rarely collides
with another project's. Nodes do not see these addresses: the payload replaces them with the lab's.
"""

import hashlib
from ipaddress import IPv4Network

POOL = IPv4Network("240.0.0.0/4")
_OVERHEAD = 4  # network, broadcast, gateway, and one that some drivers take


class PoolTooSmall(Exception):
    """The pool has no room for a network's range."""


class Ranges:
    """Allocates disjoint ranges of one pool."""

    def __init__(self, pool: IPv4Network, project: str) -> None:
        self._pool = pool
        self._project = project
        self._allocated: dict[int, set[int]] = {}

    def range_for(self, network: str, members: int) -> IPv4Network:
        """A range for a network with `members` containers. Raises PoolTooSmall."""
        bits = max(3, (members + _OVERHEAD - 1).bit_length())
        room = 32 - self._pool.prefixlen - bits
        if room < 0:
            raise PoolTooSmall(f"{self._pool} has no room for a network of {members} nodes")
        count = 1 << room
        mark = hashlib.sha256(f"{self._project}\0{network}".encode()).digest()
        start = int.from_bytes(mark[:8], "big") % count
        for step in range(min(count, 100_000)):
            position = (start + step) % count
            if self._is_free(position, bits):
                self._allocate(position, bits)
                return IPv4Network((int(self._pool.network_address) + (position << bits), 32 - bits))
        raise PoolTooSmall(f"{self._pool} is full")

    def _is_free(self, position: int, bits: int) -> bool:
        for size, positions in self._allocated.items():
            if size >= bits:
                if position >> (size - bits) in positions:
                    return False
            elif any((position << (bits - size)) <= other < ((position + 1) << (bits - size)) for other in positions):
                return False
        return True

    def _allocate(self, position: int, bits: int) -> None:
        self._allocated.setdefault(bits, set()).add(position)

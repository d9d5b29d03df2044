"""Networks that are joined to sets, of which each is called by one of its members."""

from netdsl.ir.ids import NetworkId

Joined = dict[NetworkId, NetworkId]
"""Of each network another one of its set, or itself where the set is called by it."""


def root(joined: Joined, one: NetworkId) -> NetworkId:
    """What the set of a network is called by; the path to it is halved on the way."""
    while joined[one] != one:
        joined[one] = joined[joined[one]]
        one = joined[one]
    return one


def join(joined: Joined, left: NetworkId, right: NetworkId) -> None:
    """Makes two sets one, which is called as the left one."""
    joined[root(joined, right)] = root(joined, left)


def roots(joined: Joined) -> dict[NetworkId, NetworkId]:
    """Of each network what its set is called by."""
    return {network: root(joined, network) for network in joined}

"""MAC addresses: chosen by name, so that a node keeps its own whatever else changes in the lab."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import count

from netdsl.ir.ids import NodeId

UPLINK = "uplink"  # the name of the interface that leads out of the lab, in every runtime
MAC_PREFIX = "02:6e:64"  # of all that are allocated: by it a node tells the lab's interfaces from a stranger's


def allocate_macs(interfaces: Iterable[tuple[NodeId, str, str | None]]) -> dict[tuple[NodeId, str], str]:
    """The MAC address of every interface, by node and name: of all of the lab in the order of the source, uplinks last in
    their nodes, each with the one that the source gives.

    A given one is kept. Others are locally administered, from a hash of the node's path and the interface's name; of
    two that are equal (24 bits are free) the later one tries the next, so that a node added at the end moves nobody.
    """
    interfaces = tuple(interfaces)
    taken = {given for _, _, given in interfaces if given is not None}
    macs: dict[tuple[NodeId, str], str] = {}
    for node, name, given in interfaces:
        mac = given
        if mac is None:
            mac = next(candidate for candidate in _candidates(node, name) if candidate not in taken)
            taken.add(mac)
        macs[node, name] = mac
    return macs


def _candidates(node: NodeId, interface: str) -> Iterator[str]:
    name = f"{node}/{interface}"
    for attempt in count():
        digest = sha256(f"{name}#{attempt}".encode() if attempt else name.encode()).hexdigest()
        yield ":".join((MAC_PREFIX, digest[0:2], digest[2:4], digest[4:6]))

"""MAC addresses: chosen by name, so that a node keeps its own whatever else changes in the lab."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import count

from netdsl.ir.ids import NodeId
from netdsl.lower.defaults import UPLINK
from netdsl.semantics.bindings import BoundNode

MAC_PREFIX = "02:6e:64"  # of all that are allocated: by it a node tells the lab's interfaces from a stranger's


def allocate_macs(nodes: Iterable[BoundNode]) -> dict[tuple[NodeId, str], str]:
    """The MAC address of every interface, by node and name, an uplink's included; in the order of the source.

    A given one is kept. Others are locally administered, from a hash of the node's path and the interface's name; of
    two that are equal (24 bits are free) the later one tries the next, so that a node added at the end moves nobody.
    """
    nodes = tuple(nodes)
    taken = {interface.mac for node in nodes for interface in node.interfaces if interface.mac is not None}
    macs: dict[tuple[NodeId, str], str] = {}
    for node in nodes:
        for name, given in _interfaces(node):
            mac = given
            if mac is None:
                mac = next(candidate for candidate in _candidates(node.id, name) if candidate not in taken)
                taken.add(mac)
            macs[node.id, name] = mac
    return macs


def _interfaces(node: BoundNode) -> Iterator[tuple[str, str | None]]:
    """Names, and the MAC addresses that the source gives; the uplink last."""
    for interface in node.interfaces:
        yield interface.name, interface.mac
    if node.uplink is not None:
        yield UPLINK, None


def _candidates(node: NodeId, interface: str) -> Iterator[str]:
    name = f"{node}/{interface}"
    for attempt in count():
        digest = sha256(f"{name}#{attempt}".encode() if attempt else name.encode()).hexdigest()
        yield ":".join((MAC_PREFIX, digest[0:2], digest[2:4], digest[4:6]))

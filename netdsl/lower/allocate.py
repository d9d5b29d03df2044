"""MAC addresses: chosen by name, so that a node keeps its own whatever else changes in the lab."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import count

from netdsl.ir.ids import NodeId
from netdsl.semantics.bindings import BoundInterface, BoundNode


def allocate_macs(nodes: Iterable[BoundNode]) -> dict[tuple[NodeId, str], str]:
    """The MAC address of every interface, by node and name; in the order of the source.

    A given one is kept. Others are locally administered, from a hash of the node's path and the interface's name; of
    two that are equal the one declared later tries the next, so that a node added at the end moves nobody.
    """
    nodes = tuple(nodes)
    taken = {interface.mac for node in nodes for interface in node.interfaces if interface.mac is not None}
    macs: dict[tuple[NodeId, str], str] = {}
    for node in nodes:
        for interface in node.interfaces:
            mac = interface.mac
            if mac is None:
                mac = next(candidate for candidate in _candidates(interface) if candidate not in taken)
                taken.add(mac)
            macs[node.id, interface.name] = mac
    return macs


def _candidates(interface: BoundInterface) -> Iterator[str]:
    name = f"{interface.node}/{interface.name}"
    for attempt in count():
        digest = sha256(f"{name}#{attempt}".encode() if attempt else name.encode()).hexdigest()
        yield "02:" + ":".join(digest[index : index + 2] for index in range(0, 10, 2))

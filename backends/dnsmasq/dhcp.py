"""The configuration of a server of addresses: dnsmasq(8)."""

from collections.abc import Iterator

from netdsl.ir.node import Node, Served
from netdsl.payload.quoting import line


def configuration(node: Node, served: Served) -> str:
    """Those who are known get their address, wherever they are asked for: on the node's networks, or by a relay there."""
    return "".join(line(text) for text in (*_ranges(node), *_reservations(served)))


def _ranges(node: Node) -> Iterator[str]:
    """`static`: who is not known gets nothing. Each network once, whatever has addresses on it."""
    given = (one.network for interface in node.interfaces for one in interface.addresses if one.version == 4)
    for network in dict.fromkeys(each for each in given if each.prefixlen <= 30):
        yield f"dhcp-range={network.network_address},static,{network.netmask}"


def _reservations(served: Served) -> Iterator[str]:
    """The colon at the end is for one byte: what has none is a text (option.c, dhcp-host). A server without a limit of its
    own has a thousand addresses in use."""
    if served.reservations:
        yield f"dhcp-lease-max={len(served.reservations)}"
    for one in served.reservations:
        yield f"dhcp-host=id:{one.identifier.hex(':')}:,{one.address}"

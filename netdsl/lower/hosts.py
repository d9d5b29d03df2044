"""The lab's one hosts file, and the names by which a node is known."""

from collections.abc import Iterable

from netdsl.ir.ids import Address, end_name, host_name
from netdsl.lower.directory import interface_addresses
from netdsl.semantics.bindings import BoundNode, BoundTunnel

LOOPBACK = "lo"


def lower_hosts(
    nodes: Iterable[BoundNode], tunnels: Iterable[BoundTunnel] = ()
) -> tuple[tuple[Address, tuple[str, ...]], ...]:
    """Every address with its names, in the order of the source.

    A node's first address of each family has its host name; every address also has `HOST-INTERFACE`, one that a tunnel
    gives `TUNNEL-HOST` alone. An address that
    several nodes have (the same range at several sites) stands once with the names of all: each *name* is right for
    everybody, and the way back, from the address to a name, gives the first. A name belongs to one node: a host name
    is never taken by another's interface (`a` with `b`, beside a node `a-b`), and of two such names the first stays.
    """
    nodes = tuple(nodes)
    owner = {node.host_name: node.host_name for node in nodes}
    names: dict[Address, dict[str, None]] = {}
    for node in nodes:
        families: set[int] = set()
        for interface, address in _addresses(node):
            if address.version not in families:
                families.add(address.version)
                names.setdefault(address, {})[node.host_name] = None
            alias = f"{node.host_name}-{interface}"
            if owner.setdefault(alias, node.host_name) == node.host_name and alias != node.host_name:
                names.setdefault(address, {})[alias] = None
    for tunnel in tunnels:
        for end in tunnel.ends:
            alias = host_name(end_name(tunnel.id, end.node))
            if end.virtual and owner.setdefault(alias, alias) == alias:
                for address in end.virtual:
                    names.setdefault(address, {})[alias] = None
    return tuple((address, tuple(known)) for address, known in names.items())


def _addresses(node: BoundNode) -> Iterable[tuple[str, Address]]:
    for interface in node.interfaces:
        for address in interface_addresses(interface):
            yield interface.name, address
    for loopback in node.loopbacks:
        yield LOOPBACK, loopback.ip

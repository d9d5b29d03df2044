"""`pool PREFIX, … from NODE`: addresses of clients that a DHCP server of the gateway's network gives."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Interface, IPv4Network
from itertools import product

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import NodeId, Prefix
from netdsl.ir.service import Protocol, port
from netdsl.kinds.ipsec import tree
from netdsl.kinds.ipsec.catalogue import POOL_SERVER
from netdsl.kinds.ipsec.ir import LeaseServer
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.ends import Members
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import InterfaceDraft, NodeDraft, Work

_KIND = "dhcp"
_PORT = port(Protocol.UDP, 67)


def leases(block: Block, members: Members, work: Work) -> Placed[LeaseServer] | None:
    """None where no pool has a server, and once reported; a pool without a gateway is another rule's."""
    lines = block.of(tree.Pool)
    named = [(statement.server, item) for statement, item in lines if statement.server is not None]
    if not named or members.gateway is None:
        return None
    value, item = named[0]
    placed = attributes.placed(value, item, work.diagnostics)
    server = None if placed is None else work.node(placed)
    gateway = work.nodes.get(members.gateway)
    if placed is None or server is None or gateway is None or server.is_broken or gateway.is_broken:
        return None
    pool = tuple(prefix for statement, line in lines for prefix in _prefixes(statement, line))
    found = _of_lines(lines, server, work) or _of_nodes(server, gateway, members) or _of_network(server, gateway, pool)
    if isinstance(found, LeaseServer):
        return Placed(found, item.place)
    work.diagnostics.report(POOL_SERVER, found[0], placed.place, help=found[1])
    return None


_Problem = tuple[str, str]  # what is wrong, and the remedy


def _of_lines(lines: Sequence[tuple[tree.Pool, Item]], server: NodeDraft, work: Work) -> _Problem | None:
    """charon asks one server, for addresses of one family."""
    others: list[NodeId | None] = []
    for statement, item in lines:
        versions = {prefix.version for prefix in _prefixes(statement, item)}
        if statement.server is not None and 6 in versions:
            return "DHCP gives addresses of IPv4 alone", "a `pool` line of its own for IPv6, without `from`"
        if 4 in versions:
            others.append(_server(statement, item, work))
    if set(others) <= {server.id}:
        return None
    return (
        "a part of the tunnel's pool is from another server, or from none",
        f"`from {server.id}` on all lines of IPv4",
    )


def _server(statement: tree.Pool, item: Item, work: Work) -> NodeId | None:
    placed = None if statement.server is None else attributes.placed(statement.server, item, Diagnostics())
    node = None if placed is None else work.node(placed)
    return None if node is None else node.id


def _of_nodes(server: NodeDraft, gateway: NodeDraft, members: Members) -> _Problem | None:
    if server.id in members.nodes:
        return f"`{server.id}` is an end of the tunnel itself", "the server is another node"
    if all(one.kind != _KIND for one in server.services):
        return f"`{server.id}` serves no `dhcp`", f"`serve dhcp` in `{server.id}`"
    if not any(one.kind == _KIND and one.service == _PORT for one in server.services):
        return (
            f"`{server.id}` serves `dhcp` on another port than {_PORT}, where charon asks",
            "`serve dhcp` without a port",
        )
    taken = next((one for one in gateway.services if one.service == _PORT), None)
    if taken is not None:
        return (
            f"`{taken.name}` of the gateway `{gateway.id}` has {_PORT}, from which charon asks",
            "a gateway without it",
        )
    return None


def _of_network(server: NodeDraft, gateway: NodeDraft, pool: Sequence[Prefix]) -> _Problem | LeaseServer:
    """The server on a network that both are on and that has the whole pool."""
    shared = list(_shared(server, gateway))
    wanted = [prefix for prefix in pool if isinstance(prefix, IPv4Network)]
    for network, found in shared:
        if all(prefix.subnet_of(network) for prefix in wanted):
            return found
    if not shared:
        text = f"`{server.id}` and the gateway `{gateway.id}` are on no IPv4 network together"
        return text, f"an `interface` of `{server.id}` on a network of `{gateway.id}`"
    on = " or ".join(str(network) for network, _ in shared)
    outside = ", ".join(map(str, wanted))
    return f"`{server.id}` gives addresses of its network {on}, and the pool is {outside}", f"a pool inside of {on}"


def _shared(server: NodeDraft, gateway: NodeDraft) -> Iterator[tuple[IPv4Network, LeaseServer]]:
    """Each prefix that both have addresses of on one network."""
    for own in server.interfaces.values():
        others = [one for one in gateway.interfaces.values() if one.network == own.network]
        for here, there in product(_of_ipv4(own), (address for other in others for address in _of_ipv4(other))):
            if here.network == there.network:
                yield here.network, LeaseServer(server.id, here.ip, there.ip, _PORT)


def _of_ipv4(interface: InterfaceDraft) -> list[IPv4Interface]:
    return [address for address in interface.of_family(4) if isinstance(address, IPv4Interface)]


def _prefixes(statement: tree.Pool, item: Item) -> Iterator[Prefix]:
    """What is wrong in the line is reported with the pool."""
    for placed in evaluate_list(statement.prefixes, item, Diagnostics()):
        if isinstance(placed.value, Prefix):
            yield placed.value

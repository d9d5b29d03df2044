"""Routes that no line says, of links without prefixes and of tunnels, and permanent neighbours."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from netdsl.ir.ids import Address, NetworkId, Prefix
from netdsl.ir.node import Neighbour, Route
from netdsl.ir.prefixes import holds, host_prefix, in_any
from netdsl.ir.sizes import TooLarge
from netdsl.ir.tunnel import Child, Device, Mode, TunnelEnd, device_of
from netdsl.lower.defaults import IPV6_MINIMUM_MTU
from netdsl.lower.directory import Directory
from netdsl.lower.outer import OuterPackets
from netdsl.packets.view import LOOPBACK
from netdsl.semantics.bindings import BoundInterface, BoundNode


def with_sources(node: BoundNode, routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Routes to link-local next hops say with which address the node itself sends by them, where their interface has none
    and several others have one: of these the kernel may take that of the interface that was made first
    (ipv6_dev_get_saddr), which differs from runtime to runtime."""
    lenders = {
        LOOPBACK: [own.ip for own in node.loopbacks if own.version == 6],
        **{one.name: [own.address.ip for own in one.addresses if own.address.version == 6] for one in node.interfaces},
    }
    sources = [addresses[0] for addresses in lenders.values() if addresses]
    if len(sources) < 2:
        return routes
    return tuple(
        replace(route, source=sources[0])
        if route.next_hop is not None and route.next_hop.is_link_local and not lenders.get(route.interface, sources)
        else route
        for route in routes
    )


MOST_ON_LINKS = 250_000
BareLinks = Mapping[NetworkId, tuple[BoundInterface, ...]]


def unnumbered_links(directory: Directory) -> BareLinks:
    """The interfaces with an IPv4 address on segments where one is borrowed. Raises TooLarge, before each has its routes to
    the others."""
    found: dict[NetworkId, list[BoundInterface]] = {}
    for node in directory.nodes.values():
        for interface in node.interfaces:
            if any(given.address.version == 4 for given in interface.addresses):
                found.setdefault(directory.segments[interface.network], []).append(interface)
    links = {segment: tuple(some) for segment, some in found.items() if any(map(_borrows, some))}
    count = sum(len(some) * sum(len(interface.addresses) for interface in some) for some in links.values())
    if count > MOST_ON_LINKS:
        message = (
            f"unnumbered links need more than {MOST_ON_LINKS:,} routes: one in each node to each address of the others"
        )
        raise TooLarge(message, next(some[0].place for some in links.values()))
    return links


def with_links(directory: Directory, links: BareLinks, node: BoundNode, routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Routes to the others on unnumbered links, as the prefix of a link gives them: without, strict reverse-path filtering
    would believe nothing of theirs, ARP neither, and charon's routes by them would be refused. Other routes to them go
    before; of several links to an address the first."""
    said = {route.prefix for route in routes} | {host_prefix(own) for own in directory.addresses[node.id]}
    connected = [given.address.network for one in node.interfaces for given in one.addresses]
    found: dict[Prefix, Route] = {}
    for own in node.interfaces:
        for theirs in links.get(directory.segments[own.network], ()):
            if theirs.node == node.id or not _is_unnumbered(own, theirs):
                continue
            for address in (given.address.ip for given in theirs.addresses if given.address.version == 4):
                prefix = host_prefix(address)
                if prefix not in said and not in_any(address, connected):
                    found.setdefault(prefix, Route(prefix, None, own.name, is_automatic=True, origin=own.place))
    return (*found.values(), *routes)


def _is_unnumbered(own: BoundInterface, theirs: BoundInterface) -> bool:
    """Whether one of two interfaces that have an IPv4 address borrows it."""
    return any(given.address.version == 4 for given in own.addresses) and (_borrows(own) or _borrows(theirs))


def _borrows(interface: BoundInterface) -> bool:
    return any(given.is_borrowed and given.address.version == 4 for given in interface.addresses)


def led_inside(node: BoundNode, routes: tuple[Route, ...]) -> tuple[tuple[Route, ...], tuple[Route, ...]]:
    """Routes by the node's interfaces, and those by devices of its tunnels."""
    interfaces = {interface.name for interface in node.interfaces}
    return (
        tuple(route for route in routes if route.interface in interfaces),
        tuple(route for route in routes if route.interface not in interfaces),
    )


def lower_neighbours(directory: Directory, node: BoundNode) -> tuple[Neighbour, ...]:
    """`neighbour ADDRESS MAC`, each on the interface whose subnet has the address."""
    found: list[Neighbour] = []
    for address, mac in node.neighbours:
        interface = directory.interface_towards(node, address)
        if interface is not None:
            found.append(Neighbour(address, mac, interface.name))
    return tuple(found)


def tunnel_routes(
    directory: Directory, outer: OuterPackets, own: tuple[Route, ...], node: BoundNode, ends: Iterable[TunnelEnd]
) -> tuple[Route, ...]:
    """Beside the routes that a node has already, those to what lies behind a node's tunnels, with the MTU inside.

    Those into a device lead to it. Kernel ESP is policy-based: a packet must have a route before a policy can take it, any
    route that leads out. It goes where the peer's outer address is reached. (User-space ESP makes its own, to `ipsec0`,
    and the daemon of either kind puts a source address on its own copy.) There is none for a selector that holds the
    peer's outer address: the encapsulated packets would follow it, with the MTU of what is inside; and none where a line
    says a route of the same prefix.
    """
    said = {route.prefix for route in own}
    found: dict[Prefix, Route] = {}
    for end in ends:
        for child in end.children:
            for prefix in child.remote if child.mode is Mode.TUNNEL else ():
                route = _towards(directory, outer, node, end, child, prefix)
                if route is not None and prefix not in said:
                    found.setdefault(prefix, route)
    return tuple(found.values())


def with_tunnel_mtu(directory: Directory, routes: tuple[Route, ...], ends: Iterable[TunnelEnd]) -> tuple[Route, ...]:
    """Lines of the source for exactly what lies behind a tunnel get the MTU inside as well (never one that the encapsulated
    packets follow)."""
    inside: dict[Prefix, int] = {}
    for end in ends:
        if device_of(end) is not None:
            continue  # the device's own MTU says it
        peer = _peer(directory, end)
        for child in end.children if end.mtu is not None else ():
            for prefix in child.remote if child.mode is Mode.TUNNEL else ():
                if end.mtu is not None and (peer is None or not holds(prefix, peer)):
                    inside[prefix] = min(end.mtu, inside.get(prefix, end.mtu))
    return tuple(
        replace(route, mtu=_usable_mtu(route.prefix, inside[route.prefix])) if route.prefix in inside else route
        for route in routes
    )


def _towards(
    directory: Directory, outer: OuterPackets, node: BoundNode, end: TunnelEnd, child: Child, prefix: Prefix
) -> Route | None:
    device = device_of(end)
    if device is not None:
        source = _own_source(node, end, child, device, prefix.version)
        return Route(prefix, None, device.name, source, is_automatic=True, origin=end.origin)
    peer = _peer(directory, end)
    if peer is None or holds(prefix, peer):
        return None
    if any(prefix == given.address.network for interface in node.interfaces for given in interface.addresses):
        return None
    mtu = None if end.mtu is None else _usable_mtu(prefix, end.mtu)
    hop = outer.route(node.id, peer)
    if hop is None or peer.version != prefix.version:
        return None  # one family in the other: the daemon's own routes serve
    return Route(prefix, hop.gateway or peer, hop.interface, mtu=mtu, is_automatic=True, origin=end.origin)


def _own_source(node: BoundNode, end: TunnelEnd, child: Child, device: Device, version: int) -> Address | None:
    """What the node itself sends into a device with, so that the answer finds the tunnel: an address in what this end
    protects, else any. None: the device has one. Of a device without, the kernel takes one of the interface that was made
    first (inet_select_addr), which differs from runtime to runtime."""
    if any(given.version == version for given in device.addresses):
        return None
    given = [*node.loopbacks, *(one.address for interface in node.interfaces for one in interface.addresses)]
    own = [address.ip for address in given if address.version == version]
    protected = (address for address in own if in_any(address, child.local))
    return next(protected, end.local if end.local in own else next(iter(own), None))


def _peer(directory: Directory, end: TunnelEnd) -> Address | None:
    if end.peer_addresses:
        return end.peer_addresses[0]
    if end.peer is None:
        return None
    tunnel = directory.tunnels[end.tunnel]
    return next(other.outer for other in tunnel.ends if other.node == end.peer)


def _usable_mtu(prefix: Prefix, mtu: int) -> int:
    """IPv6 goes on with packets of 1280 bytes in any case: what encapsulates them then fragments (RFC 8200 §5)."""
    return max(mtu, IPV6_MINIMUM_MTU) if prefix.version == 6 else mtu

"""The outer addresses of a tunnel: which family, and which address of each end the other one talks to."""

from collections import deque

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import Address, NetworkId, TunnelId
from netdsl.ir.prefixes import holds
from netdsl.semantics.bindings import BoundRoute
from netdsl.semantics.resolve.work import InterfaceDraft, NodeDraft, Work
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Named:
    """An end as written: a node, and its interface where one was named. `protects`: networks whose interfaces are not
    offered as the end, because what is on them goes into the tunnel. `at`: where the others reach it (one address of a
    family at most), if that is not its own address."""

    node: NodeDraft
    interface: InterfaceDraft | None
    place: Place
    protects: frozenset[NetworkId] = frozenset()
    at: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Outer:
    address: Address
    interface: str


def family_of(ends: list[Named], over: int | None, place: Place, work: Work) -> int | None:
    """The family of the tunnel's own packets: `over`, or the only one that all ends have, or of two the only one with a way
    between the ends. Reports tunnel-family-ambiguous, tunnel-ends-do-not-meet."""
    common = {4, 6}
    for end in ends:
        common &= _families(end)
    if over is not None and over in common:
        return over
    if over is None:
        leading = {family for family in common if _has_ways(ends, family, work)} if len(common) == 2 else common
        if len(leading) == 1:
            return leading.pop()
    if any(end.node.is_broken or end.node.has_broken_routes for end in ends):
        return None
    if over is not None:
        lacking = next(end for end in ends if over not in _families(end))
        message = f"`{_shown(lacking)}` has no IPv{over} address"
        work.diagnostics.report(catalogue.TUNNEL_ENDS_DO_NOT_MEET, message, lacking.place)
    elif common:
        message = "both ends have IPv4 and IPv6 addresses"
        advice = "say which the tunnel's own packets use: `over ipv4` or `over ipv6`"
        work.diagnostics.report(catalogue.TUNNEL_FAMILY_AMBIGUOUS, message, place, help=advice)
    else:
        *others, last = (f"`{_shown(end)}`" for end in ends)
        message = f"{', '.join(others)} and {last} have no address family in common"
        work.diagnostics.report(catalogue.TUNNEL_ENDS_DO_NOT_MEET, message, place)
    return None


def _has_ways(ends: list[Named], family: int, work: Work) -> bool:
    """Whether the first end, or the other one, has a way in the family, for each of the other ends."""
    first, *others = ends
    return all(
        any(
            _shared(one.node, peer, family, work) or _towards(one.node, peer, family, work)
            for one, peer in ((first, other), (other, first))
        )
        for other in others
    )


def outer(end: Named, other: Named, family: int, work: Work) -> Outer | None:
    """The address of `end` that its packets to `other` leave by; None once reported, or where something is broken.

    A named interface's first address; else that on the segment that both are on; else that of the interface which the
    routes lead out by; else of that which the other end's packets come in by: what is behind address translation has a way
    to an end that has none to it. Reports tunnel-end-ambiguous, tunnel-ends-do-not-meet.
    """
    if end.interface is not None:
        return _first(end.interface, family)
    own = _with_family(end.node, family)
    if len(own) <= 1:
        return _first(own[0], family) if own else None
    shared = _shared(end.node, other, family, work)
    found = shared or _towards(end.node, other, family, work)
    if not found and _tunnel_to(end.node, other, family) is None:
        found = _entered(end.node, other, family, work)
    if len(found) == 1:
        return _first(found[0], family)
    if end.node.is_broken or end.node.has_broken_routes or other.node.is_broken:
        return None
    if not found:
        _report_apart(end, other, family, own, work)
    else:
        work.diagnostics.report(
            catalogue.TUNNEL_END_AMBIGUOUS,
            f"`{end.node.id}` has {len(found)} ways to `{_shown(other)}`",
            end.place,
            help="say which: " + _options(end, found),
        )
    return None


def _report_apart(end: Named, other: Named, family: int, own: list[InterfaceDraft], work: Work) -> None:
    node, tunnel = end.node, _tunnel_to(end.node, other, family)
    if tunnel is None:
        message = f"`{node.id}` has no way to `{_shown(other)}`"
        advice = "a route towards the other end, or the interface itself: "
    else:
        message = f"`{node.id}` has a way to `{_shown(other)}` inside `{tunnel}` only: from which address is not said"
        advice = "the interface whose address the outer packets have: "
    work.diagnostics.report(
        catalogue.TUNNEL_ENDS_DO_NOT_MEET,
        message,
        end.place,
        related=(Label(other.place, "the other end"),),
        help=advice + _options(end, own),
    )


def _tunnel_to(node: NodeDraft, other: Named, family: int) -> TunnelId | None:
    """The tunnel that the node's lines lead packets for the other end into."""
    addresses = _addresses(other, family)
    led = (
        route.interface for route in node.routes if any(_length(route, address) is not None for address in addresses)
    )
    return next((node.devices[name][0] for name in led if name in node.devices), None)


def _families(end: Named) -> set[int]:
    interfaces = end.node.interfaces.values() if end.interface is None else (end.interface,)
    own: set[int] = {bound.address.version for interface in interfaces for bound in interface.addresses}
    return own.intersection(address.version for address in end.at) if end.at else own


def _first(interface: InterfaceDraft, family: int) -> Outer | None:
    addresses = interface.of_family(family)
    return Outer(addresses[0].ip, interface.name) if addresses else None


def _with_family(node: NodeDraft, family: int) -> list[InterfaceDraft]:
    return [interface for interface in node.interfaces.values() if interface.of_family(family)]


def _shared(node: NodeDraft, other: Named, family: int, work: Work) -> list[InterfaceDraft]:
    """The node's interfaces on a segment of the other end (of its named interface's segment); on one that a tunnel carries
    only where there is no other."""
    theirs = {} if other.at else other.node.segments
    if other.interface is not None:
        theirs = {segment: found for segment, found in theirs.items() if any(one is other.interface for one in found)}
    found = [
        interface
        for segment, interfaces in node.segments.items()
        if segment in theirs
        for interface in interfaces
        if interface.of_family(family)
    ]
    wired = [interface for interface in found if interface.network not in work.carried]
    return (wired or found)[:2]


def _towards(node: NodeDraft, other: Named, family: int, work: Work) -> list[InterfaceDraft]:
    """The interfaces that the node's routes give for the addresses that the other end can have; where it has no
    such route, that of the shortest way through routers."""
    names: dict[str, None] = {}
    for address in _addresses(other, family):
        name = _route_to(node, address)
        if name is not None:
            names.setdefault(name)
    if not names:
        return _shortest(node, other, family, work)
    return [node.interfaces[name] for name in names if node.interfaces[name].of_family(family)]


def _entered(node: NodeDraft, other: Named, family: int, work: Work) -> list[InterfaceDraft]:
    """The interfaces of a node that are on the segment where the way of the other end's packets to it arrives."""
    here, seen = other.node, {other.node.id}
    while not other.at:
        hops = [hop for hop in (_next_hop(here, address) for address in _own(node, family)) if hop is not None]
        owners = (interface for hop in hops[:1] for interface, _ in work.owners_of(hop))
        onward = next((work.nodes[owner.node] for owner in owners if _is_beside(here, owner, work)), None)
        if onward is None or onward is node or onward.id in seen:
            return []
        here = onward
        seen.add(here.id)
        found = _shared(node, Named(here, None, other.place), family, work)
        if found:
            return found
    return []


def _own(node: NodeDraft, family: int) -> list[Address]:
    return [given.ip for interface in node.interfaces.values() for given in interface.of_family(family)]


def _next_hop(node: NodeDraft, address: Address) -> Address | None:
    """Of the most specific route that is not connected."""
    lengths = [(length, route.next_hop) for route in node.routes if (length := _length(route, address)) is not None]
    return max(lengths, key=lambda one: one[0])[1] if lengths else None


def _is_beside(node: NodeDraft, owner: InterfaceDraft, work: Work) -> bool:
    return any(owner in work.on_segment[segment] for segment in node.segments)


def _addresses(end: Named, family: int) -> list[Address]:
    """The addresses that packets to this end may have: those of its way out, if its routes say which that is."""
    if end.at:
        return [address for address in end.at if address.version == family]
    if end.interface is not None:
        interfaces = [end.interface]
    else:
        outward = {
            route.interface
            for route in end.node.routes
            if route.prefix is None and route.next_hop.version == family and route.interface in end.node.interfaces
        }
        interfaces = [one for one in end.node.interfaces.values() if not outward or one.name in outward]
    return [address.ip for interface in interfaces for address in interface.of_family(family)]


def _route_to(node: NodeDraft, address: Address) -> str | None:
    """The interface of the most specific route, connected ones included; those into tunnels left out."""
    best: tuple[int, str] | None = None
    for interface in node.interfaces.values():
        for own in interface.of_family(address.version):
            if address in own.network and (best is None or own.network.prefixlen >= best[0]):
                best = (own.network.prefixlen, interface.name)
    for route in node.routes:
        if route.interface not in node.interfaces:
            continue
        length = _length(route, address)
        if length is not None and (best is None or length > best[0]):
            best = (length, route.interface)
    return None if best is None else best[1]


def _length(route: BoundRoute, address: Address) -> int | None:
    """Of the route's prefix, -1 of a default route; None where it does not lead to the address."""
    if route.prefix is None:
        return -1 if route.next_hop.version == address.version else None
    return route.prefix.prefixlen if holds(route.prefix, address) else None


def _shortest(node: NodeDraft, other: Named, family: int, work: Work) -> list[InterfaceDraft]:
    """The interfaces by which the fewest routers lie between: what `routing auto` will find."""
    if not node.has_auto_routing:
        return []
    owners = [interface.node for address in _addresses(other, family) for interface, _ in work.owners_of(address)]
    steps = _steps(work.nodes[owners[0]] if other.at and owners else other.node, family, work)
    ways = {
        interface.name: steps[segment]
        for segment, interfaces in node.segments.items()
        for interface in interfaces
        if interface.of_family(family) and segment in steps
    }
    return [node.interfaces[name] for name, count in ways.items() if count == min(ways.values())]


def _steps(target: NodeDraft, family: int, work: Work) -> dict[NetworkId, int]:
    """How many routers lie between every segment and a node: each segment and each router is visited once."""
    steps: dict[NetworkId, int] = {}
    seen = {target.id}
    waiting = deque([(target, 0)])
    while waiting:
        current, count = waiting.popleft()
        for segment, interfaces in current.segments.items():
            if segment in steps or not any(interface.of_family(family) for interface in interfaces):
                continue
            steps[segment] = count
            for interface in work.on_segment[segment]:
                neighbour = work.nodes[interface.node]
                is_way = neighbour.kind.forwards and interface.of_family(family)
                if is_way and neighbour.id not in seen:
                    seen.add(neighbour.id)
                    waiting.append((neighbour, count + 1))
    return steps


def _shown(end: Named) -> str:
    return end.node.id if end.interface is None else f"{end.node.id}.{end.interface.name}"


def _options(end: Named, interfaces: list[InterfaceDraft]) -> str:
    outside = [interface for interface in interfaces if interface.network not in end.protects] or interfaces
    return " or ".join(f"`{end.node.id}.{interface.name}`" for interface in outside[:4])

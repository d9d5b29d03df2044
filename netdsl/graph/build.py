"""From a lab to its graph. Linear in nodes; the verifier runs only if the lab has tunnels."""

from collections.abc import Iterable, Iterator

from netdsl.graph.model import Device, Graph, Joint, Port, Segment, State
from netdsl.graph.tunnels import TunnelPath, header_of, tunnel_paths, world_with_all_tunnels
from netdsl.ir.ids import NetworkId, NodeId, Prefix, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.network import Impairment, Network
from netdsl.ir.node import Node, Served
from netdsl.ir.sizes import TooLarge
from netdsl.ir.tunnel import Segment as TunnelSegment
from netdsl.ir.tunnel import TunnelEnd, device_of
from netdsl.verify import World

_USUAL_MTU = 1500  # bytes
MOST_ENDS = 1000
MOST_INTERFACES = 3000


def graph_of(lab: Lab) -> Graph:
    """The graph of a lab: every network and node once, every tunnel once for each pair of its ends. Raises TooLarge."""
    ends = sum(len(node.tunnels) for node in lab.nodes)
    interfaces = sum(len(node.interfaces) for node in lab.nodes)
    for count, most, what in ((ends, MOST_ENDS, "ends of tunnels"), (interfaces, MOST_INTERFACES, "interfaces")):
        if count > most:
            raise TooLarge(f"the lab has {count:,} {what}, and a picture has at most {most:,}")
    has_tunnels = any(node.tunnels for node in lab.nodes)
    world = world_with_all_tunnels(lab) if has_tunnels else None
    paths = () if world is None else tunnel_paths(world)
    carried = _carried(lab)
    return Graph(
        lab.name,
        lab.title,
        tuple(_segment(network, carried.get(network.id)) for network in lab.networks),
        tuple(_devices(lab, paths)),
        () if world is None else tuple(_joints(lab, world, paths)),
    )


def _carried(lab: Lab) -> dict[NetworkId, TunnelId]:
    """The networks that a tunnel carries, each with its tunnel."""
    steered = ((node, end, end.steering) for node in lab.nodes for end in node.tunnels)
    return {
        interface.network: end.tunnel
        for node, end, steering in steered
        for interface in node.interfaces
        if isinstance(steering, TunnelSegment) and interface.name == steering.interface
    }


def _segment(network: Network, tunnel: TunnelId | None) -> Segment:
    return Segment(network.id, tuple(map(str, network.prefixes)), network.is_link, tuple(_notes(network, tunnel)))


def _notes(network: Network, tunnel: TunnelId | None) -> Iterator[str]:
    if tunnel is not None:
        yield f"carried by {tunnel}"
    if network.mtu != _USUAL_MTU:
        yield f"mtu {network.mtu}"
    if network.impairment is not None:
        yield from _impaired(network.impairment)


def _impaired(wire: Impairment) -> Iterator[str]:
    if wire.delay_us:
        jitter = f" ± {wire.jitter_us / 1000:g}" if wire.jitter_us else ""
        yield f"delay {wire.delay_us / 1000:g}{jitter} ms"
    if wire.loss:
        yield f"loss {wire.loss * 100:.3g} %"
    if wire.rate_bps is not None:
        yield f"rate {wire.rate_bps / 1e6:g} Mbit/s"


# --- nodes


def _devices(lab: Lab, paths: Iterable[TunnelPath]) -> Iterator[Device]:
    carried: dict[tuple[NodeId, str], dict[TunnelId, str]] = {}
    bridged: dict[tuple[NetworkId, TunnelId], str] = {}
    for path in paths:
        if path.is_encrypted:
            bridged.update(((network, path.tunnel), path.header) for network in path.networks)
            for port in path.ports:
                carried.setdefault(port, {})[path.tunnel] = path.header
    for node in lab.nodes:
        yield Device(
            node.id,
            node.kind,
            tuple(_ports(node, carried, bridged)),
            tuple(str(address.ip) for address in node.loopbacks),
            tuple(_service(served) for served in node.services),
            node.has_uplink,
            node.firewall is not None,
            tuple(word for word, lines in (("dnat", node.nat.destination), ("snat", node.nat.source)) if lines),
            tuple(dict.fromkeys(end.tunnel for end in node.tunnels)),
        )


def _ports(
    node: Node,
    carried: dict[tuple[NodeId, str], dict[TunnelId, str]],
    bridged: dict[tuple[NetworkId, TunnelId], str],
) -> Iterator[Port]:
    """A walk does not list switches: a tunnel that crosses two networks of a switch is carried by the switch."""
    crossing: dict[TunnelId, int] = {}
    if node.kind.bridges:
        networks = {interface.network for interface in node.interfaces}
        for network, tunnel in bridged:
            if network in networks:
                crossing[tunnel] = crossing.get(tunnel, 0) + 1
    for interface in node.interfaces:
        carries = dict(carried.get((node.id, interface.name), {}))
        for tunnel, count in crossing.items():
            header = bridged.get((interface.network, tunnel))
            if count > 1 and header is not None:
                carries[tunnel] = header
        addresses = tuple(map(str, (*(address.ip for address in interface.addresses), *interface.link_local)))
        yield Port(
            interface.name, interface.network, addresses, tuple(sorted(carries)), tuple(sorted({*carries.values()}))
        )


def _service(served: Served) -> str:
    name = "" if served.name == served.kind else f" {served.name}"
    return f"{served.kind}{name} {served.service}"


# --- tunnels


def _joints(lab: Lab, world: World, paths: tuple[TunnelPath, ...]) -> Iterator[Joint]:
    by_pair: dict[tuple[TunnelId, frozenset[NodeId]], list[TunnelPath]] = {}
    for path in paths:
        by_pair.setdefault((path.tunnel, frozenset((path.one, path.other))), []).append(path)
    for one, other in _pairs(lab):
        both_ways = by_pair.get((one.tunnel, frozenset((one.node, other.node))), [])
        both_ways.sort(key=lambda path: path.one != one.node)
        is_open = len({path.one for path in both_ways}) == 2
        doubt = _doubt(world, one, other)
        is_waiting = any(world.tunnels.in_front(end) for end in (one, other))
        networks = dict.fromkeys(network for path in both_ways for network in path.networks)
        yield Joint(
            one.tunnel,
            one.node,
            other.node,
            tuple(_protected(one, other)),
            _reached(one, other, is_open=is_open, is_waiting=is_waiting) if doubt is None else State.UNKNOWN,
            tuple(networks) if is_open else (),
            all(child.is_hiding for child in one.children),
            _header(one),
            doubt or ("" if is_open else world.why_down(one.tunnel)),
        )


def _reached(one: TunnelEnd, other: TunnelEnd, *, is_open: bool, is_waiting: bool) -> State:
    if is_waiting:
        return State.BY_HAND
    return _state(one, other) if is_open else State.DOWN


def _doubt(world: World, one: TunnelEnd, other: TunnelEnd) -> str | None:
    """Why it is not known whether the tunnel between two ends is up, in words after that."""
    pair = (one.tunnel, frozenset((one.node, other.node)))
    is_up = pair in world.tunnels.pairs
    return next((each.order.reason for each in world.others if (pair in each.tunnels.pairs) is not is_up), None)


def _header(end: TunnelEnd) -> str:
    in_clear = [child for child in end.children if not child.is_hiding]
    return ", ".join(dict.fromkeys(header_of(end, child) for child in in_clear or end.children))


def _pairs(lab: Lab) -> Iterator[tuple[TunnelEnd, TunnelEnd]]:
    """Each pair of peers once: the two ends of a `between`, a gateway with each of its clients."""
    ends: dict[TunnelId, list[TunnelEnd]] = {}
    for node in lab.nodes:
        for end in node.tunnels:
            ends.setdefault(end.tunnel, []).append(end)
    for of_tunnel in ends.values():
        between: dict[tuple[NodeId, NodeId | None], TunnelEnd] = {}
        for end in of_tunnel:
            between.setdefault((end.node, end.peer), end)
        yielded: set[frozenset[NodeId]] = set()
        for end in of_tunnel:
            other = None if end.peer is None else between.get((end.peer, end.node))
            if other is not None and frozenset((end.node, other.node)) not in yielded:
                yielded.add(frozenset((end.node, other.node)))
                yield end, other


def _state(one: TunnelEnd, other: TunnelEnd) -> State:
    children = (child for end in (one, other) for child in end.children)
    return State.UP if any(child.start.is_automatic for child in children) else State.BY_HAND


def _protected(one: TunnelEnd, other: TunnelEnd) -> Iterator[tuple[str, str]]:
    """The ranges of each child on both sides; none for a tunnel that carries a network, or what lines lead into it."""
    for child in () if isinstance(one.steering, TunnelSegment) else one.children:
        if (device := device_of(one)) is not None and not (device.addresses or child.local or child.remote):
            continue
        limits = (", ".join(map(str, dict.fromkeys(each))) for each in (child.only_local, child.only_remote))
        only = " to ".join(filter(None, limits))
        local = _side(child.local, one)
        remote = _side(child.remote, other)
        yield local, f"{remote} ({only})" if only else remote


def _side(prefixes: tuple[Prefix, ...], end: TunnelEnd) -> str:
    """The ranges of one side as text: a single address without its /32, for a device its addresses."""
    if prefixes:
        return ", ".join(str(prefix).removesuffix("/32").removesuffix("/128") for prefix in prefixes)
    if (device := device_of(end)) is not None:
        return ", ".join(str(given.ip) for given in device.addresses)
    return str(end.local) if end.local is not None else str(end.node)

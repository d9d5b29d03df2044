"""tinc as packets meet it: connections between daemons, the mesh that these make, what a device takes for whom.

The daemons of a tunnel know all connections between them (src/protocol_edge.c), and send to one that they are not connected
to by another (graph.c, sssp_bfs). The part sets `IndirectData`, so that data go along connections alone, and `Forwarding =
kernel`, so that what comes from another daemon is the node's (route.c, route): its filter and its routes decide.
`PMTUDiscovery` is off: data go over UDP, or with `TCPOnly` over the connection, and never over one in place of the other. A
daemon takes any packet inside of what another one sends, whatever its source (route.c).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Flag
from netdsl.ir.ids import NodeId, Prefix, TunnelId
from netdsl.ir.prefixes import EVERYTHING
from netdsl.ir.service import Protocol, port
from netdsl.ir.tunnel import TunnelEnd, own_device
from netdsl.kinds.tinc.ir import KIND, SHOWN, UDP_HEADER, ends_of, settings_of
from netdsl.lower.defaults import IP_HEADER, TCP_HEADER
from netdsl.packets.devices import install_lasting, room_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Delivered, Stop
from netdsl.packets.steering import CHOSEN_PORT, Association, Policy
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.tunnels import Connection, Failure, Need, Question, TunnelStates
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk

IS_NEGOTIATED = True
IS_EXEMPT = False  # ordinary sockets, whose packets policies take


def needs(end: TunnelEnd) -> tuple[Need, ...]:
    """A connection, and the data."""
    settings = settings_of(end)
    data = () if settings.is_tcp else (Need("tinc's data", (port(Protocol.UDP, settings.peer_port),)),)
    return (Need("tinc's connection", (port(Protocol.TCP, settings.peer_port),)), *data)


def questions(fabric: Fabric, end: TunnelEnd) -> tuple[Question, ...]:
    return ()


# --- connections


def connect(fabric: Fabric, view: View, end: TunnelEnd, standing: Flows) -> Connection | Failure:
    """The daemon connects from its end's address (net_socket.c, do_outgoing_connection: bind) to where the other one
    listens, at one address alone (`BindToAddress`)."""
    assert end.local is not None, "a daemon has a local address"
    peer, settings, tracker = end.peer_addresses[0], settings_of(end), Tracker(standing)
    opening = Packet(
        end.local, peer, Protocol.TCP, CHOSEN_PORT, settings.peer_port, shown=SHOWN, flags=frozenset({Flag.SYN})
    )
    arrived = Walk(fabric, tracker).run(view, opening)
    fabric.attempted |= tracker.own
    if isinstance(arrived, Stop):
        return _unanswered(view, end, arrived.text)
    there, came = arrived.view, arrived.packet
    other = _expecting(there, end, came)
    if other is None:
        return Failure(f"`{there.id}` has no daemon of tunnel `{end.tunnel}` at {came.destination}")
    answer = reverse(came, flags=frozenset({Flag.SYN, Flag.ACK}))
    back = Walk(fabric, tracker, is_answer=True).run(there, answer)
    if isinstance(back, Stop):
        return _unanswered(view, end, f"the answer: {back.text}")
    if back.view is not view or back.packet != replace(reverse(opening), flags=answer.flags):
        return _unanswered(view, end, f"the answer gets to {back.packet.destination} at `{back.view.id}`")
    is_translated = (came.source, came.source_port, came.destination) != (end.local, CHOSEN_PORT, peer)
    connection = Connection(end, other, came.source, is_translated, tracker.own, came.source_port)
    if not settings.is_tcp and _is_by_order(fabric, connection):
        fabric.unsure.update((view.id, there.id))
    return connection


def _unanswered(view: View, end: TunnelEnd, text: str) -> Failure:
    return Failure(f"a connection of tunnel `{end.tunnel}` from `{view.id}` does not get there and back: {text}")


def _expecting(view: View, end: TunnelEnd, came: Packet) -> TunnelEnd | None:
    """The end whose daemon listens where a connection came to, and has the key of who opens it."""
    ends = (one for one in view.node.tunnels if one.tunnel == end.tunnel and one.peer == end.node)
    at = (came.destination, came.destination_port)
    return next((one for one in ends if (one.local, settings_of(one).port) == at), None)


def _is_by_order(fabric: Fabric, connection: Connection) -> bool:
    """Whether data pass in one direction only after some have passed in the other one: a filter or a NAT between keeps the
    flow for a while after the last packet."""
    is_passing = [_passes(fabric, leg, one, other) for one, other, leg in _legs(connection)]
    return is_passing[0] is not is_passing[1]


def _passes(fabric: Fabric, leg: "Leg", end: TunnelEnd, other: TunnelEnd) -> bool:
    """Whether the first packet of an end over UDP gets to the other daemon."""
    found = Walk(fabric, Tracker({})).run(fabric.views[end.node], _outer(leg, UDP_HEADER))
    return isinstance(found, Delivered) and found.view.id == other.node and refuses(other, found.packet) is None


# --- what devices take


@dataclass(frozen=True, slots=True)
class Leg(Association):
    """One hop of the mesh: where a daemon sends to another one that it is connected to, from which port, and how."""

    own_port: int = 0
    is_tcp: bool = False


def install(fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
    legs: dict[TunnelId, dict[NodeId, dict[NodeId, Leg]]] = {}
    for connection in connections:
        of_tunnel = legs.setdefault(connection.here.tunnel, {})
        for one, other, leg in _legs(connection):
            of_tunnel.setdefault(one.node, {})[other.node] = leg
    ends = [end for view in fabric.views.values() for end in ends_of(view.node.tunnels)]
    install_lasting(fabric, states, KIND, list(_policies(ends, legs)), _is_silent_for)


def _is_silent_for(_: Sequence[TunnelEnd]) -> tuple[Prefix, ...]:
    """Nothing: of what it has no way for a daemon says so, three times a second at most (route.c, route_ipv4_unreachable,
    route_ipv6_unreachable: ratelimit), in the name of the destination."""
    return ()


def _legs(connection: Connection) -> Iterator[tuple[TunnelEnd, TunnelEnd, Leg]]:
    """Of both ends. The one that connected sends to where it did. The other one sends over UDP to the port that was told
    (protocol_auth.c, ack_h), over TCP to where the connection comes from."""
    here, there = connection.here, connection.there
    assert here.local is not None, "a daemon has a local address"
    assert there.local is not None, "a daemon has a local address"
    ports, is_tcp = (settings_of(here).port, settings_of(here).peer_port), settings_of(here).is_tcp
    begun, seen = (CHOSEN_PORT, connection.seen_port or CHOSEN_PORT) if is_tcp else (ports[0], ports[0])
    remote, is_in_udp = here.peer_addresses[0], not is_tcp
    yield here, there, Leg(there.node, here.local, remote, is_in_udp, ports[1], is_in_udp, begun, is_tcp)
    yield there, here, Leg(here.node, there.local, connection.seen, is_in_udp, seen, is_in_udp, ports[1], is_tcp)


def _policies(
    ends: Sequence[TunnelEnd], legs: Mapping[TunnelId, Mapping[NodeId, Mapping[NodeId, Leg]]]
) -> Iterator[Policy]:
    """Of each end that reaches the other one, by however many daemons."""
    names = {(end.tunnel, end.node): settings_of(end).name for end in ends}
    first: dict[tuple[TunnelId, NodeId], Mapping[NodeId, NodeId]] = {}
    for end in ends:
        device, key, of_tunnel = own_device(end), (end.tunnel, end.node), legs.get(end.tunnel, {})
        if key not in first:
            first[key] = _next_hops(end.node, of_tunnel, {node: names[end.tunnel, node] for node in of_tunnel})
        hop = None if end.peer is None else first[key].get(end.peer)
        if hop is not None:
            takes = tuple(_told(end, ends, device.takes or (), first[key]))
            yield Policy(end, end.children[0], EVERYTHING, takes, of_tunnel[end.node][hop])


def _told(
    end: TunnelEnd, ends: Sequence[TunnelEnd], takes: Iterable[Prefix], reached: Mapping[NodeId, NodeId]
) -> Iterator[Prefix]:
    """Of what an end takes for a gateway, without what is behind clients that are not connected: only their own daemons
    tell that (protocol_subnet.c, add_subnet_h)."""
    own = {one.peer for one in ends if (one.tunnel, one.node) == (end.tunnel, end.node)}
    others = [one for one in ends if (one.tunnel, one.node) == (end.tunnel, end.peer) and one.peer != end.node]
    away = [one for one in others if one.peer is not None and one.peer not in own and one.peer not in reached]
    untold = {prefix for one in away for prefix in own_device(one).takes or ()}
    return (prefix for prefix in takes if prefix not in untold)


def _next_hops(
    start: NodeId, legs: Mapping[NodeId, Mapping[NodeId, Leg]], names: Mapping[NodeId, str]
) -> Mapping[NodeId, NodeId]:
    """To which neighbour a daemon sends what is for each of the others: breadth first, the daemons that one is connected to
    in the order of their names (graph.c, sssp_bfs; edge.c, edge_compare: strcmp)."""
    found: dict[NodeId, NodeId] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for other in sorted(legs.get(node, {}), key=lambda one: names[one]):
            if other != start and other not in found:
                found[other] = other if node == start else found[node]
                waiting.append(other)
    return found


def outer_packet(packet: Packet, policy: Policy) -> Packet:
    """Data over UDP, or the part of a connection that carries them."""
    leg, protection = policy.association, settings_of(policy.end).protection
    assert isinstance(leg, Leg), "a tunnel of another kind"
    size = packet.size + TCP_HEADER if leg.is_tcp else protection.size(packet.size)
    header = _outer(leg, size)
    is_hiding = leg.is_tcp or protection.cipher != "none"
    return replace(header, inner=packet, tunnel=policy.end.tunnel, is_hiding=is_hiding)


def _outer(leg: Leg, size: int) -> Packet:
    """`size`: of what the IP packet carries."""
    protocol, flags = (Protocol.TCP, frozenset({Flag.ACK})) if leg.is_tcp else (Protocol.UDP, frozenset[Flag]())
    size += IP_HEADER[leg.local.version]
    ports = leg.own_port, leg.port or 0
    return Packet(leg.local, leg.remote, protocol, *ports, size=size, shown=SHOWN, flags=flags, is_stream=leg.is_tcp)


def room_inside(policy: Policy, link_mtu: int, *, is_user_space: bool) -> int:
    return room_of(policy)


def refuses(end: TunnelEnd, packet: Packet) -> str | None:
    """Whoever of the mesh sends it: a daemon knows the others by the digest of a packet (net_packet.c, try_harder)."""
    settings = settings_of(end)
    if packet.protocol is Protocol.TCP or (packet.destination, packet.destination_port) == (end.local, settings.port):
        return None
    return f"its daemon listens at {end.local}, udp/{settings.port}"

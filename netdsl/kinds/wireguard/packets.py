"""WireGuard as packets meet it: handshakes, and what the device of an end takes for each peer and from it.

The device stays while its peers are down: then it takes nothing (drivers/net/wireguard/device.c, wg_xmit).
"""

from collections.abc import Container, Iterator, Sequence
from functools import partial

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, Prefix, TunnelId
from netdsl.ir.prefixes import EVERYTHING
from netdsl.ir.service import Protocol, port
from netdsl.ir.tunnel import TunnelEnd, own_device
from netdsl.kinds.wireguard.ir import KIND, PADDING, SHOWN, settings_of
from netdsl.packets.devices import install_lasting, room_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Stop
from netdsl.packets.steering import Association, Policy
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.tunnels import Connection, Failure, Need, Question, TunnelStates
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk

IS_NEGOTIATED = True
IS_EXEMPT = False  # the kernel routes its packets anew (socket.c, send4: ip_route_output_flow), so policies take them


def needs(end: TunnelEnd) -> tuple[Need, ...]:
    return (Need(SHOWN, (port(Protocol.UDP, settings_of(end).peer_port),)),)


def questions(fabric: Fabric, end: TunnelEnd) -> tuple[Question, ...]:
    return ()


# --- handshakes


@dataclass(frozen=True, slots=True)
class _Ways:
    """The addresses that the two ends of a connection use: of who began, and of the other one."""

    local: Address
    reached: Address


def connect(fabric: Fabric, view: View, end: TunnelEnd, standing: Flows) -> Connection | Failure:
    """A handshake: one message there, one back to where it came from (protocol page, "First Message", "Second Message").
    The initiator's source address is that of the route (send4; wireguard-go binds to none either)."""
    peer, settings = end.peer_addresses[0], settings_of(end)
    local = view.source_towards(peer)
    if local is None:
        return Failure(f"`{view.id}` has no address towards {peer}")
    tracker = Tracker(standing)
    request = Packet(local, peer, Protocol.UDP, settings.port, settings.peer_port, shown=SHOWN)
    arrived = Walk(fabric, tracker).run(view, request)
    fabric.attempted |= tracker.own
    if isinstance(arrived, Stop):
        return _unanswered(view, end, arrived.text)
    there, came = arrived.view, arrived.packet
    other = _expecting(there, end, came)
    if other is None:
        return Failure(f"`{there.id}` has no peer of tunnel `{end.tunnel}` for what comes to {came.destination}")
    if fabric.is_user_space and there.source_towards(came.source) != came.destination:
        fabric.unsure.update(
            (view.id, there.id)
        )  # wireguard-go was seen to answer from the route's address (0.0.20231211)
    back = Walk(fabric, tracker, is_answer=True).run(there, reverse(came))
    if isinstance(back, Stop):
        return _unanswered(view, end, f"the answer: {back.text}")
    answer = back.packet
    if back.view is not view or (answer.destination, answer.destination_port) != (local, settings.port):
        return _unanswered(view, end, f"the answer gets to {answer.destination} at `{back.view.id}`")
    if (answer.source, answer.source_port) != (peer, settings.peer_port):
        fabric.unsure.update((view.id, there.id))  # from now on it sends to where the answer came from, another way
    is_translated = (came.source, came.source_port, came.destination) != (local, settings.port, peer)
    ways = _Ways(local, came.destination)
    return Connection(end, other, came.source, is_translated, tracker.own, came.source_port, inside=ways)


def _unanswered(view: View, end: TunnelEnd, text: str) -> Failure:
    return Failure(f"a handshake of tunnel `{end.tunnel}` from `{view.id}` does not get there and back: {text}")


def _expecting(view: View, end: TunnelEnd, came: Packet) -> TunnelEnd | None:
    """The end whose device listens where a handshake came to, and knows the key; from any address (receive.c,
    wg_receive_handshake_packet; noise.c, wg_noise_handshake_consume_initiation)."""
    ends = (one for one in view.node.tunnels if one.tunnel == end.tunnel and one.peer == end.node)
    return next((one for one in ends if settings_of(one).port == came.destination_port), None)


# --- what devices take


def install(fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
    silent = _everything if fabric.is_user_space else partial(_waiting, states.held)
    install_lasting(fabric, states, KIND, [policy for one in connections for policy in _policies(one)], silent)


def _waiting(held: Container[TunnelId], ends: Sequence[TunnelEnd]) -> tuple[Prefix, ...]:
    """What is for a peer whose address is known waits for a handshake. For all else the kernel has an ICMP error: host
    unreachable (device.c, wg_xmit: icmp_ndo_send). The device of a tunnel that is held down has no peer."""
    known = (end for end in ends if end.peer_addresses and end.tunnel not in held)
    return tuple(prefix for end in known for prefix in own_device(end).takes or ())


def _everything(_: Sequence[TunnelEnd]) -> None:
    """wireguard-go has no error for what it cannot send (device/send.go, RoutineReadFromTUN)."""


def _policies(connection: Connection) -> Iterator[Policy]:
    """Of both ends. Each sends to where the other was seen last, from where it was reached (peer.endpoint: socket.c,
    wg_socket_set_peer_endpoint_from_skb). Outer packets may be fragmented (send4: no DF, ignore_df)."""
    here, there = connection.here, connection.there
    ways = connection.inside
    assert isinstance(ways, _Ways), "a connection of another kind"
    ends = (
        (here, Association(there.node, ways.local, here.peer_addresses[0], True, settings_of(here).peer_port, True)),
        (there, Association(here.node, ways.reached, connection.seen, True, connection.seen_port, True)),
    )
    for end, association in ends:
        device = own_device(end)
        yield Policy(end, end.children[0], EVERYTHING, device.takes or (), association)


def outer_packet(packet: Packet, policy: Policy) -> Packet:
    """A data message, padded up to the device's MTU."""
    association, end = policy.association, policy.end
    assert association is not None, "a device always has its other end"
    padded = -(-packet.size // PADDING) * PADDING
    size = max(packet.size, min(padded, padded if end.mtu is None else end.mtu)) + end.overhead
    ends = association.local, association.remote
    ports = settings_of(end).port, association.port or settings_of(end).peer_port
    return Packet(*ends, Protocol.UDP, *ports, None, size, False, packet, end.tunnel, True, SHOWN)


def room_inside(policy: Policy, link_mtu: int, *, is_user_space: bool) -> int:
    return room_of(policy)


def refuses(end: TunnelEnd, packet: Packet) -> str | None:
    """A packet whose source is not the peer's is dropped after it was decrypted (receive.c, wg_packet_consume_data_done:
    dishonest_packet_src; allowedips.c: the longest prefix decides)."""
    device, settings, inner = own_device(end), settings_of(end), packet.inner
    if packet.destination_port != settings.port:
        return f"its device listens at udp/{settings.port}"
    if inner is None:
        return None
    for prefix, is_own in settings.nested:
        if inner.is_from(prefix):
            return None if is_own else _dishonest(end, inner)
    return None if inner.is_from(device.takes or ()) else _dishonest(end, inner)


def _dishonest(end: TunnelEnd, inner: Packet) -> str:
    """In words after the tunnel's name."""
    return f"of {inner.source} inside, which is not behind `{end.peer}`"

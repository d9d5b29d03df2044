"""OpenVPN as packets meet it: handshakes, and what the device of an end takes for the other ends and from them.

The device is one that lasts (`ip tuntap add`), so that it stays while the daemon has no session, or does not run: then the
kernel drops what is sent into it, or the daemon does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netdsl.ir.filter import Flag
from netdsl.ir.ids import Address
from netdsl.ir.prefixes import EVERYTHING
from netdsl.ir.service import PortService, port
from netdsl.ir.tunnel import TunnelEnd, own_device
from netdsl.kinds.openvpn.ir import KIND, SHOWN, Role, cipher_of, is_tcp, settings_of
from netdsl.kinds.openvpn.revocation import is_refused
from netdsl.packets.devices import install_lasting, room_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Stop
from netdsl.packets.steering import CHOSEN_PORT, Association, Policy
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.tunnels import Connection, Failure, Need, Question, TunnelStates
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk

IS_NEGOTIATED = True
IS_EXEMPT = False  # an ordinary socket, whose packets policies take
_NONE: frozenset[Flag] = frozenset()
_OPENING, _ACCEPTING, _LATER = frozenset({Flag.SYN}), frozenset({Flag.SYN, Flag.ACK}), frozenset({Flag.ACK})
"""Of TCP's packets: the first one, its answer, and those with data."""


def needs(end: TunnelEnd) -> tuple[Need, ...]:
    return (Need(SHOWN, (port(settings_of(end).protocol, settings_of(end).port),)),)


def questions(fabric: Fabric, end: TunnelEnd) -> tuple[Question, ...]:
    return ()


# --- handshakes


def connect(fabric: Fabric, view: View, end: TunnelEnd, standing: Flows) -> Connection | Failure:
    """A handshake: from the client's own address (`local`, `lport 0`) to the server's port, and back to where it came from.
    A client takes answers from the address and port alone that it sends to (socket.h, link_socket_verify_incoming_addr), as
    TCP does."""
    peer, settings, local = end.peer_addresses[0], settings_of(end), end.local
    assert local is not None, "an end with a device has a local address"
    tracker = Tracker(standing)
    opening, accepting = (_OPENING, _ACCEPTING) if is_tcp(end) else (_NONE, _NONE)
    request = Packet(local, peer, settings.protocol, CHOSEN_PORT, settings.port, shown=SHOWN, flags=opening)
    arrived = Walk(fabric, tracker).run(view, request)
    fabric.attempted |= tracker.own
    if isinstance(arrived, Stop):
        return _unanswered(view, end, arrived.text)
    there, came = arrived.view, arrived.packet
    other = _expecting(there, end, came)
    if other is None:
        return Failure(f"`{there.id}` does not listen for tunnel `{end.tunnel}` at {came.destination}")
    refused = is_refused(fabric.lab, end)
    if refused is not None:
        return Failure(f"authentication of tunnel `{end.tunnel}` fails: the certificate of `{refused}` is revoked")
    back = Walk(fabric, tracker, is_answer=True).run(there, reverse(came, flags=accepting))
    if isinstance(back, Stop):
        return _unanswered(view, end, f"the answer: {back.text}")
    answer = back.packet
    if back.view is not view or (answer.destination, answer.destination_port) != (local, CHOSEN_PORT):
        return _unanswered(view, end, f"the answer gets to {answer.destination} at `{back.view.id}`")
    if (answer.source, answer.source_port) != (peer, settings.port):
        return _unanswered(view, end, f"the answer comes from {answer.source}, not from {peer}")
    is_translated = (came.source, came.source_port, came.destination) != (local, CHOSEN_PORT, peer)
    return Connection(end, other, came.source, is_translated, tracker.own, came.source_port)


def _unanswered(view: View, end: TunnelEnd, text: str) -> Failure:
    return Failure(f"a handshake of tunnel `{end.tunnel}` from `{view.id}` does not get there and back: {text}")


def _expecting(view: View, end: TunnelEnd, came: Packet) -> TunnelEnd | None:
    """The end whose daemon listens where a handshake came to: at its own address alone (`local`)."""
    ends = (one for one in view.node.tunnels if one.tunnel == end.tunnel and one.peer == end.node)
    return next((one for one in ends if _listens(one, came)), None)


def _listens(end: TunnelEnd, came: Packet) -> bool:
    settings = settings_of(end)
    return settings.waits and (end.local, settings.protocol, settings.port) == (
        came.destination,
        came.protocol,
        came.destination_port,
    )


# --- what devices take


def install(fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
    install_lasting(fabric, states, KIND, [policy for one in connections for policy in _policies(one)])


def _policies(connection: Connection) -> Iterator[Policy]:
    """Of both ends. A server sends to where the client was seen last. Outer packets may be fragmented (`mtu-disc no`)."""
    here, there = connection.here, connection.there
    port_there = settings_of(here).port
    assert here.local is not None, "an end with a device has a local address"
    assert there.local is not None, "an end with a device has a local address"
    is_udp = not is_tcp(here)
    ends = (
        (here, Association(there.node, here.local, here.peer_addresses[0], is_udp, port_there, is_udp)),
        (there, Association(here.node, there.local, connection.seen, is_udp, connection.seen_port, is_udp)),
    )
    for end, association in ends:
        device = own_device(end)
        taken = EVERYTHING if device.takes is None else device.takes
        yield Policy(end, end.children[0], EVERYTHING, taken, association)


def outer_packet(packet: Packet, policy: Policy) -> Packet:
    """A data message in UDP, or the part of a connection that carries it."""
    association, end = policy.association, policy.end
    assert association is not None, "a device always has its other end"
    settings, cipher = settings_of(end), cipher_of(end)
    size = cipher.sealed(packet.size) + end.overhead - cipher.most
    own, other = (settings.port, association.port) if settings.waits else (CHOSEN_PORT, settings.port)
    ends = association.local, association.remote
    ports = own, settings.port if other is None else other
    sent = Packet(*ends, settings.protocol, *ports, None, size, False, packet, end.tunnel, True, SHOWN)
    return replace(sent, flags=_LATER, is_stream=True) if is_tcp(end) else sent


def room_inside(policy: Policy, link_mtu: int, *, is_user_space: bool) -> int:
    return room_of(policy)


def refuses(end: TunnelEnd, packet: Packet) -> str | None:
    """A client takes packets from the server's address alone, and whatever is in them; a server takes only those with a
    source that is the client's (multi.c, multi_process_incoming_link: "bad source address from client")."""
    settings, device, inner = settings_of(end), own_device(end), packet.inner
    if not settings.waits:
        return _elsewhere(packet, end.peer_addresses[0], port(settings.protocol, settings.port))
    if (packet.destination, packet.destination_port) != (end.local, settings.port):
        return f"its daemon listens at {settings.protocol}/{settings.port} of {end.local}"
    if inner is None or settings.role is not Role.SERVER:
        return None
    for prefix, is_own in settings.nested:
        if inner.is_from(prefix):
            return None if is_own else _foreign(end, inner)
    return None if inner.is_from(device.takes or ()) else _foreign(end, inner)


def _elsewhere(packet: Packet, peer: Address, at: PortService) -> str | None:
    """In words after the tunnel's name."""
    if (packet.source, packet.source_port) == (peer, at.first):
        return None
    return f"of {packet.source}, and its daemon takes them from {peer} {at} only"


def _foreign(end: TunnelEnd, inner: Packet) -> str:
    """In words after the tunnel's name."""
    return f"of {inner.source} inside, which is not behind `{end.peer}`"

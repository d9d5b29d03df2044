"""Connection tracking: which packets belong to a flow that a node has seen, and how it translates them."""

from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Flag, State
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.service import Protocol
from netdsl.packets.classes import PacketClass
from netdsl.packets.types import Packet

Key = tuple[Address, Address, Protocol, int, int]
Target = tuple[Address, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What becomes of a flow's packets of one direction: their source and destination, translated. `is_answered`: both
    directions were seen; until then the first one is still new to filters."""

    source: Target
    destination: Target
    is_answered: bool = True


_PORTS = (range(1, 512), range(600, 1024), range(1024, 65536))
"""What a source port may become, by what it was: privileged ports stay privileged."""


def first_state(flags: frozenset[Flag], *, is_known: bool) -> State:
    """Of a TCP packet where its flow's other direction was not seen. `is_known`: a SYN of its own direction was.

    The table of nf_conntrack_proto_tcp.c, from `none` and from `SYN sent`: a SYN begins a connection, and so does an ACK in
    the middle of one (nf_conntrack_tcp_loose); an ACK after a lone SYN is invalid.
    """
    if is_known:
        return State.NEW if flags == {Flag.SYN} or Flag.RST in flags else State.INVALID
    begins_none = Flag.RST in flags or Flag.FIN in flags or flags >= {Flag.SYN, Flag.ACK}
    return State.INVALID if begins_none else State.NEW


FlowIn = tuple[NodeId, Key]
"""The packets of one direction of a flow, in a node."""
Flows = dict[FlowIn, Known]


def key_of(packet: Packet) -> Key:
    return (packet.source, packet.destination, packet.protocol, *_numbers(packet))


def _numbers(packet: Packet) -> tuple[int, int]:
    """Ports; of ICMP what tells a question from an answer where both have the same addresses, as their types do in the
    kernel (nf_conntrack_proto_icmp.c: invmap)."""
    if packet.protocol is not Protocol.ICMP:
        return packet.source_port, packet.destination_port
    is_back = packet.is_error or (packet.icmp_type or "").endswith("-reply")
    return (0, 1) if is_back else (1, 0)


def reverse(packet: Packet, *, is_error: bool = False, flags: frozenset[Flag] = frozenset()) -> Packet:
    """The answer to a packet. `flags`: of a TCP one."""
    kind = packet.icmp_type
    if kind == "echo-request" and not is_error:
        kind = "echo-reply"
    elif is_error:
        kind = None
    return Packet(
        packet.destination,
        packet.source,
        packet.protocol,
        packet.destination_port,
        packet.source_port,
        kind,
        packet.size,
        is_error,
        packet.inner,
        packet.tunnel,
        packet.is_hiding,
        packet.shown,
        flags,
        packet.is_stream,
    )


def of_class(packet: Packet, alike: PacketClass) -> Packet:
    """The packet, as one of a class."""
    return Packet(
        packet.source,
        packet.destination,
        packet.protocol,
        packet.source_port,
        packet.destination_port,
        packet.icmp_type,
        packet.size,
        packet.is_error,
        flags=packet.flags,
        alike=alike,
    )


@dataclass(slots=True)
class Tracker:
    """The flows of one prediction; `standing` are those of tunnels that are up."""

    standing: Flows
    own: Flows = field(default_factory=dict)

    def find(self, node: NodeId, packet: Packet) -> Known | None:
        key = (node, key_of(packet))
        return self.standing.get(key) or self.own.get(key)

    def unique(self, node: NodeId, original: Packet, packet: Packet) -> Packet:
        """A new flow's packet, its source translated, with another source port where the answers would be another flow's.

        Linux takes any free port of the range, here it is the first one (net/netfilter/nf_nat_core.c: get_unique_tuple,
        nf_nat_l4proto_unique_tuple).
        """
        if not packet.protocol.has_ports or not self._is_taken(node, original, packet):
            return packet
        ports = next(ports for ports in _PORTS if packet.source_port < ports.stop)
        changed = (with_source(packet, (packet.source, port)) for port in ports)
        return next((one for one in changed if not self._is_taken(node, original, one)), packet)

    def _is_taken(self, node: NodeId, original: Packet, packet: Packet) -> bool:
        key = (node, key_of(reverse(packet)))
        known = self.standing.get(key) or self.own.get(key)
        return known is not None and known.destination != (original.source, original.source_port)

    def confirm(self, node: NodeId, original: Packet, final: Packet) -> None:
        """A new flow has passed the node: as it came, as it went."""
        there = Known((final.source, final.source_port), (final.destination, final.destination_port), is_answered=False)
        back = Known((original.destination, original.destination_port), (original.source, original.source_port))
        self.own.setdefault((node, key_of(original)), there)
        self.own.setdefault((node, key_of(reverse(final))), back)

    def answer(self, node: NodeId, packet: Packet, known: Known) -> None:
        """A packet of a flow's other direction has come: those of the first one belong to a flow with both from now on."""
        (here, port), (there, number) = known.destination, known.source
        if packet.protocol is Protocol.ICMP:
            number, port = _numbers(packet)
        key = (node, (here, there, packet.protocol, port, number))
        first = self.own.get(key)
        if first is not None and not first.is_answered:
            self.own[key] = replace(first, is_answered=True)


def with_source(packet: Packet, target: Target) -> Packet:
    return _changed(packet, replace(packet, source=target[0], source_port=target[1], alike=None))


def with_destination(packet: Packet, target: Target) -> Packet:
    return _changed(packet, replace(packet, destination=target[0], destination_port=target[1], alike=None))


def _changed(packet: Packet, changed: Packet) -> Packet:
    """The translated packet; the packet itself where its addresses stay."""
    if changed == packet:
        return packet
    if packet.alike is not None:
        packet.alike.is_left = True
    return changed

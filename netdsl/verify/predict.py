"""What becomes of one request and its answer."""

from dataclasses import replace
from ipaddress import IPv4Address

from netdsl.ir.filter import Flag
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.node import Served
from netdsl.ir.service import PortService, Protocol
from netdsl.ir.service_kinds import listens_on
from netdsl.packets.doubts import advertisers, doubts, own_doubts
from netdsl.packets.links import no_route
from netdsl.packets.passage import Delivered, Stop
from netdsl.packets.steering import CHOSEN_PORT
from netdsl.packets.tracking import Tracker, reverse
from netdsl.packets.types import Hook, Hop, Outcome, Packet, Verdict
from netdsl.packets.view import View, is_unicast
from netdsl.packets.walk import Walk
from netdsl.packets.world import World

PROBE_SIZE = 84  # bytes: what `ping` sends

_PORTED = (Protocol.TCP, Protocol.UDP)
_ACCEPTS = frozenset({Flag.SYN, Flag.ACK})
_REFUSES = frozenset({Flag.RST, Flag.ACK})


def predict(
    world: World,
    source: NodeId,
    destination: Address,
    service: PortService | None = None,
    *,
    source_address: Address | None = None,
    size: int = PROBE_SIZE,
) -> Verdict:
    """Follow a request from a node to an address, and its answer. `service` None: ICMP echo; of a range of ports the first.

    `size`: bytes of each packet, none of which may be fragmented. KeyError: no such node. What is not alike in all states
    that the lab may come to is not verified.
    """
    asked = (source, destination, service, source_address, size)
    others = world.others
    found, doubt = _followed(world, *asked), ""
    raw = dict.fromkeys(found.raw)
    for other in others:
        instead = _followed(other, *asked)
        raw |= dict.fromkeys(instead.raw)
        if _what(instead) != _what(found):
            return _by_order(found, instead, other)
        if _headers(instead) != _headers(found):
            doubt = f"; in which form the packets of its tunnels go {other.order.reason}"
    return replace(found, reason=f"{found.reason}{doubt}", raw=tuple(raw)) if others else found


def _headers(verdict: Verdict) -> list[str]:
    return [wire.packet.header for wire in verdict.wires if wire.packet.inner is not None]


def _what(verdict: Verdict) -> object:
    """What two predictions of one flow have to say alike."""
    ways = tuple((wire.packet.tunnels, wire.is_encrypted) for wire in verdict.wires)
    return verdict.outcome, verdict.answered_by, verdict.seen_from, ways


def _by_order(found: Verdict, instead: Verdict, other: World) -> Verdict:
    text = f"it {other.order.reason}; {_then(found, instead)}"
    return replace(found, outcome=Outcome.NOT_VERIFIED, reason=text, answered_by=None)


def _then(found: Verdict, instead: Verdict) -> str:
    if found.reason != instead.reason:
        return f"either {found.reason}, or {instead.reason}"
    return f"{found.reason}, by one way or by another"


def _followed(
    world: World,
    source: NodeId,
    destination: Address,
    service: PortService | None,
    source_address: Address | None,
    size: int,
) -> Verdict:
    view = world.view(source)
    request = _request(world, view, destination, service, source_address, size)
    if isinstance(request, Verdict):
        return request
    tracker = world.tracker()
    there = Walk(world.fabric, tracker)
    arrived = there.run(view, request)
    asked = _Asked(world, source, destination, service)
    if isinstance(arrived, Stop):
        return asked.stopped(arrived, there.hops, _notice(world, tracker, there, arrived))
    answer, outcome, served = taken(arrived.view, arrived.packet)
    if answer is None:
        text = unanswered(arrived.view, arrived.packet)
        stop = Stop(Outcome.NOT_VERIFIED, arrived.view.id, Hook.SOCKET, text, arrived.view.node.origin, arrived.packet)
        return asked.stopped(stop, there.hops, "")
    back = Walk(world.fabric, tracker, is_answer=True)
    returned = back.run(arrived.view, answer)
    found = asked.answered(arrived, there.hops, returned, back.hops, view, request, (outcome, served))
    if found.outcome is not Outcome.ANSWERED or request.protocol is not Protocol.TCP:
        return found
    later = _stopped_later(world, tracker, (view, request), (arrived.view, answer), [*there.hops, *back.hops])
    return found if later is None else _half_open(found, later)


def _stopped_later(
    world: World, tracker: Tracker, client: tuple[View, Packet], server: tuple[View, Packet], hops: list[Hop]
) -> Stop | None:
    """Where a TCP connection stops after its SYN and SYN/ACK, if a filter tells these from what follows."""
    if not any(world.view(hop.node).judges_connections for hop in hops):
        return None
    data = frozenset({Flag.PSH, Flag.ACK})
    later = ((client, frozenset({Flag.ACK}), False), (server, data, True), (client, data, False))
    for (sender, packet), flags, is_answer in later:
        walk = Walk(world.fabric, tracker, is_answer=is_answer)
        result = walk.run(sender, replace(packet, flags=flags))
        if isinstance(result, Stop):
            return result
    return None


def _half_open(found: Verdict, stop: Stop) -> Verdict:
    text = f"the SYN and the SYN/ACK of the connection pass, and what follows does not: {stop.text}"
    node, origin = NodeId(stop.node), stop.origin
    return replace(found, outcome=Outcome.NOT_VERIFIED, reason=text, node=node, hook=stop.hook, origin=origin)


class _Asked:
    """A question, and the verdicts on it."""

    def __init__(self, world: World, source: NodeId, destination: Address, service: PortService | None) -> None:
        self.world, self.source, self.destination, self.service = world, source, destination, service

    def stopped(self, stop: Stop, hops: list[Hop], notice: str) -> Verdict:
        return Verdict(
            stop.outcome, stop.text + notice, self.source, self.destination, self.service, tuple(hops), (),
            stop.node, stop.hook, stop.origin, None, doubts(self.world.fabric, hops, stop),
        )  # fmt: skip

    def answered(
        self,
        arrived: Delivered,
        there: list[Hop],
        returned: Delivered | Stop,
        back: list[Hop],
        view: View,
        request: Packet,
        answer: tuple[Outcome, Served | None],
    ) -> Verdict:
        outcome, served = answer
        name = None if served is None else served.name
        by = (arrived.view.id, name)
        node, hook, origin = arrived.view.id, Hook.SOCKET, None if served is None else served.origin
        reason = success(arrived.view, arrived.packet, outcome, served)
        if isinstance(returned, Stop):
            is_unknown = returned.outcome is Outcome.NOT_VERIFIED
            outcome = Outcome.NOT_VERIFIED if is_unknown else Outcome.NO_WAY_BACK
            node, hook, origin = NodeId(returned.node), returned.hook, returned.origin
            reason = no_way_back(arrived.view, returned.text)
        elif not _is_expected(returned, view, request):
            outcome, origin = Outcome.NO_WAY_BACK, returned.view.node.origin
            reason = f"it arrives at `{arrived.view.id}`, and the answer {_astray(returned, view, request)}"
        return Verdict(
            outcome, reason, self.source, self.destination, self.service, tuple(there), tuple(back), node, hook, origin,
            by, doubts(self.world.fabric, [*there, *back], returned), arrived.packet.source,
        )  # fmt: skip


def _request(
    world: World,
    view: View,
    destination: Address,
    service: PortService | None,
    source_address: Address | None,
    size: int,
) -> Packet | Verdict:
    def unanswerable(outcome: Outcome, text: str, *raw: NodeId) -> Verdict:
        at, raw = (view.id, Hook.ROUTE, view.node.origin), tuple(dict.fromkeys((*own_doubts(view), *raw)))
        return Verdict(outcome, text, view.id, destination, service, (), (), *at, None, raw)

    if destination.is_link_local or not is_unicast(destination, view):
        return unanswerable(Outcome.NOT_VERIFIED, f"{destination} is no address of one node")
    source = source_address or view.source_towards(destination)
    if source is None:
        if view.route(destination) is None:
            end = no_route(world.fabric, view, destination)
            return unanswerable(end.outcome, end.text, *end.doubts)
        if view.has_uplink and not world.fabric.addresses.get(destination):
            return unanswerable(Outcome.NOT_VERIFIED, f"it leaves the lab by the uplink of `{view.id}`")
        if _stays_on_link(world, view, destination):
            text = f"`{view.id}` asks from a link-local address, and what is answered to one is not followed"
            return unanswerable(Outcome.NOT_VERIFIED, text)
        family = "IPv4" if isinstance(destination, IPv4Address) else "IPv6"
        raw = advertisers(world.fabric, view) if destination.version == 6 else ()
        return unanswerable(Outcome.NO_ROUTE, f"`{view.id}` has no {family} address", *raw)
    return probe(source, destination, service, size)


def _stays_on_link(world: World, view: View, destination: Address) -> bool:
    """Whether the next node has an IPv6 address itself, or sends what is for it back to the link: nobody forwards from a
    link-local address to another one (ip6_forward)."""
    hop = view.route(destination)
    if destination.version == 4 or hop is None or hop.interface not in view.interfaces:
        return False
    found = world.fabric.neighbour(view, hop.interface, hop.gateway or destination)
    if found is None:
        return False
    other, there = found
    onward = other.route(destination)
    return other.is_local(destination) or (onward is not None and onward.interface == there.name)


def probe(source: Address, destination: Address, service: PortService | None, size: int) -> Packet:
    """The packet that asks."""
    if service is None or service.protocol is Protocol.ICMP:
        kind = "echo-request" if service is None or service.icmp_type is None else service.icmp_type
        return Packet(source, destination, Protocol.ICMP, icmp_type=kind, size=size)
    if service.protocol in _PORTED:
        flags = frozenset({Flag.SYN} if service.protocol is Protocol.TCP else ())
        return Packet(source, destination, service.protocol, CHOSEN_PORT, service.first or 1, None, size, flags=flags)
    return Packet(source, destination, service.protocol, size=size)


def taken(view: View, packet: Packet) -> tuple[Packet | None, Outcome, Served | None]:
    """The answer that a node gives, and whose it is. All services listen on all addresses, both families."""
    if packet.protocol is Protocol.ICMP:
        answer = reverse(packet) if packet.icmp_type == "echo-request" else None
        return answer, Outcome.ANSWERED, None
    if packet.protocol not in _PORTED:
        return None, Outcome.NOT_VERIFIED, None
    is_tcp = packet.protocol is Protocol.TCP
    for served in view.node.services:
        listening = listens_on(served.kind, served.service)
        if any(packet.protocol is one.protocol and packet.destination_port == one.first for one in listening):
            return reverse(packet, flags=_ACCEPTS if is_tcp else frozenset()), Outcome.ANSWERED, served
    refusal = reverse(packet, flags=_REFUSES) if is_tcp else reverse(packet, is_error=True)
    return refusal, Outcome.REFUSED, None


def success(view: View, packet: Packet, outcome: Outcome, served: Served | None) -> str:
    """In words, what a node does that takes a request."""
    if outcome is Outcome.REFUSED:
        return f"`{view.id}` takes it and refuses: nobody listens on {packet.protocol}/{packet.destination_port}"
    return f"`{view.id}{'' if served is None else f'.{served.name}'}` answers"


def unanswered(view: View, packet: Packet) -> str:
    """In words, that a node which takes a request does nothing that is known."""
    return f"`{view.id}` has nothing that answers {packet.protocol}"


def no_way_back(view: View, text: str) -> str:
    """In words, that the answer of the node which took a request stops. `text`: why."""
    return f"it arrives at `{view.id}`, and the answer does not come back: {text}"


def _astray(returned: Delivered, view: View, request: Packet) -> str:
    """What keeps an answer from the one who asked, though a node takes it."""
    if returned.view.id != view.id:
        return f"ends at `{returned.view.id}`, not at `{view.id}`"
    packet = returned.packet
    there, awaited = str(packet.source), str(request.destination)
    if packet.source == request.destination and packet.source_port != request.destination_port:
        there, awaited = f"port {packet.source_port}", f"port {request.destination_port}"
    elif packet.source == request.destination:
        return f"comes to {packet.destination} of `{view.id}`, where it is awaited at {request.source}"
    return f"comes to `{view.id}` from {there}, where one from {awaited} is awaited"


def _is_expected(returned: Delivered, view: View, request: Packet) -> bool:
    packet = returned.packet
    return (
        returned.view is view
        and (packet.source, packet.source_port) == (request.destination, request.destination_port)
        and (packet.destination, packet.destination_port) == (request.source, request.source_port)
    )


def _notice(world: World, tracker: Tracker, there: Walk, stop: Stop) -> str:
    """Whether the sender hears that its packet is too big."""
    if stop.outcome is not Outcome.TOO_BIG:
        return ""
    if stop.packet.inner is not None:
        return _later_notice(world, tracker, there, stop)
    if len(there.hops) < 2:
        return ""
    returned = _tell(world, tracker, world.view(stop.node), stop.packet)
    if isinstance(returned, Stop):
        return f"; and the sender is not told: {returned.text} (a black hole)"
    return f"; `{returned.view.id}` is told so"


def _later_notice(world: World, tracker: Tracker, there: Walk, stop: Stop) -> str:
    """Of an outer packet that policies of the kernel made: its sender learns the size, and tells it of the next packet
    (esp4_err, esp6_err; xfrm4_tunnel_check_size, xfrm6_tunnel_check_size)."""
    inner, policy = there.carried[-1]
    if inner.inner is not None or not policy.is_selected or world.fabric.is_user_space:
        return ""
    end = world.view(policy.end.node)
    learned = _tell(world, tracker, world.view(stop.node), stop.packet)
    if isinstance(learned, Stop):
        return f"; and `{end.id}` is not told: {learned.text} (a black hole)"
    told = _tell(world, tracker, end, inner)
    if isinstance(told, Stop):
        return f"; `{end.id}` is told so, and cannot tell the sender: {told.text} (a black hole)"
    if told.view is end:
        return f"; it is lost, and `{end.id}` is told so"
    return f"; it is lost, `{end.id}` is told so, and tells `{told.view.id}` when the next one comes"


def _tell(world: World, tracker: Tracker, view: View, packet: Packet) -> Delivered | Stop:
    """The way of the error about a packet that is too big at a node."""
    is_bare = packet.source.version == 6 and view.source_towards(packet.source) is None
    if is_bare and not _stays_on_link(world, view, packet.source):
        text = f"what `{view.id}` says comes from a link-local address, and nobody forwards it"
        return Stop(Outcome.DROPPED, view.id, Hook.ROUTE, text, view.node.origin, packet)
    kind = "fragmentation-needed" if packet.source.version == 4 else "packet-too-big"
    error = replace(reverse(packet, is_error=True), icmp_type=kind, inner=None, tunnel=None, is_hiding=False, shown="")
    return Walk(world.fabric, tracker, is_answer=True).run(view, error)

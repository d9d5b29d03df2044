"""One packet on its way, node by node, as Linux takes it: the hooks in their order, the routes, the policies of IPsec.

What decides in which order: ip_rcv, ip_route_input, ip_forward, ip_local_deliver, ip_output with xfrm and netfilter
between them (net/ipv4, net/ipv6, net/xfrm); source NAT before the last look at the policies (nf_nat's me_harder), the
encapsulated packet through output and postrouting again. A packet that its route leads to a tunnel's device is
encapsulated there (in user space by a daemon, whose own packets are looked up in the main table).
"""

from dataclasses import field, replace
from functools import partial

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Chain, State
from netdsl.ir.tunnel import TunnelEnd
from netdsl.packets.checks import TTL, circle, disbelief, unbelievable, unbelieved_asker
from netdsl.packets.links import WIDEST, fitted, mtu_of, no_route, onward, way_out
from netdsl.packets.neighbours import lost_answer, uncarried
from netdsl.packets.netfilter import Netfilter
from netdsl.packets.passage import DeadEnd, Delivered, Exit, Frame, Passage, Stop
from netdsl.packets.policies import error_fault, policy_fault
from netdsl.packets.routes import Hop as Route
from netdsl.packets.steering import Policy, TunnelDevice
from netdsl.packets.tracking import Tracker, with_destination, with_source
from netdsl.packets.tunnels import arrival, opening_packet, packets_of, receiving_end
from netdsl.packets.types import Decision, Hook, Outcome, Packet, Step, Wire
from netdsl.packets.view import LOOPBACK, View

_MOST_FRAMES = 2000  # in a row, all of outer packets: what goes round outside of tunnels ends with its time to live
_MOST_TUNNELS = 8  # that a packet enters in one node: XMIT_RECURSION_LIMIT (include/linux/netdevice.h)
_ENDLESS = "tunnels lead through each other"
_QUOTED = "a NAT has written into the header outside, and not into what the error quotes"
_IN_IP = {4: 4, 6: 41}
"""The protocol of IP in IP, by the family inside (RFC 2003 §3.1, RFC 4213 §3.5)."""
_DECISIONS = {Outcome.REJECTED: Decision.REJECT, Outcome.DROPPED: Decision.DROP, Outcome.LOOP: Decision.DROP}


@dataclass(slots=True)
class Walk(Netfilter):
    """The way of one packet through nodes and tunnels; what netfilter does to it in a node is the base's."""

    ttl: int = TTL
    _frames: int = 0
    _carried: list[tuple[Packet, int, Policy]] = field(default_factory=list)
    _carrying: list[Wire] = field(default_factory=list)  # networks that the outer packets carry, not yet in a hop

    @property
    def carried(self) -> list[tuple[Packet, Policy]]:
        """What is inside the packet where it is now, the innermost first, with what took it into a tunnel."""
        return [(packet, policy) for packet, _, policy in self._carried]

    def run(self, view: View, packet: Packet) -> Delivered | Stop:
        """From a node's process to where it ends."""
        result = self.start(view, packet)
        while isinstance(result, Frame):
            result = self.step(result)
        return result

    def start(self, view: View, packet: Packet) -> Frame | Delivered | Stop:
        """Out of the node that sends it."""
        self._open(view, None)
        return self._ending(self._send(view, packet))

    def step(self, frame: Frame) -> Frame | Delivered | Stop:
        """Through the node that it comes to."""
        self._frames = self._frames + 1 if self._carried else 0
        if self._frames > _MOST_FRAMES:
            return self._ending(self._stop(Outcome.LOOP, frame.view, Hook.ROUTE, _ENDLESS, None, frame.packet))
        return self._ending(self._receive(frame))

    def _ending(self, result: Frame | Delivered | Stop) -> Frame | Delivered | Stop:
        if isinstance(result, Frame):
            return result
        if isinstance(result, Stop):
            decision = _DECISIONS.get(result.outcome, Decision.FAIL)
            self._steps.append(Step(result.hook, decision, result.text, result.packet, result.origin))
        self._close(None, ())
        return result

    # --- in a node

    def _send(self, view: View, packet: Packet, *, is_outer: bool = False) -> Frame | Delivered | Stop:
        passage = self._passage(view, packet, None, None)
        passage.is_outer = is_outer
        is_marked = is_outer or self._is_daemons()
        route = self._route(view, packet, is_marked=is_marked)
        if route is None:
            return self._ended(view, no_route(self.fabric, view, packet.destination), packet)
        translated = self._destination(passage, packet, route)
        out = route.interface  # to the filter it stays what it was before translation
        if translated.destination != packet.destination:
            route = self._route(view, translated, is_marked=is_marked)
            if route is None:
                return self._ended(view, no_route(self.fabric, view, translated.destination), translated)
        stop = self._unsure(passage, translated, is_out=True)
        stop = stop or self._filter(passage, Chain.OUTPUT, translated, route, out)
        return stop or self._leave(passage, translated, route)

    def _route(self, view: View, packet: Packet, *, is_marked: bool = False) -> Route | None:
        if view.is_for_it(packet):
            return Route(LOOPBACK)
        if not view.is_unicast(packet):
            return None
        return view.route_to(packet, is_marked=is_marked and self.fabric.is_user_space)

    def _receive(self, frame: Frame) -> Frame | Delivered | Stop:
        view, packet = frame.view, frame.packet
        if self._view is None:
            self._open(view, frame.interface)
        passage = self._passage(view, packet, frame.interface, frame.came)
        passage.before = frame.before
        packet = self._destination(passage, packet, None)
        if view.is_for_it(packet):
            if packet.destination.version == 6 and packet.destination.is_loopback and frame.interface != LOOPBACK:
                end = no_route(self.fabric, view, packet.destination)  # it was translated: seen on Linux 6.18
                return self._ended(view, end, packet)
            return self._check_source(passage, packet, is_local=True) or self._input(passage, packet)
        return self._forward(passage, packet)

    def _check_source(self, passage: Passage, packet: Packet, *, is_local: bool) -> Stop | None:
        view, interface = passage.view, passage.in_interface or LOOPBACK
        doubt = partial(
            unbelievable,
            view,
            interface,
            is_decrypted=passage.was_selected and not self.fabric.is_user_space,
            is_local=is_local,
            is_user_space=self.fabric.is_user_space,
        )
        text = doubt(packet)
        if text is None:
            return None
        outcome, text = disbelief(text, unbelieved_asker(view, interface, passage.before, packet, doubt))
        return self._stop(outcome, view, Hook.SOURCE_CHECK, text, None, packet)

    def _input(self, passage: Passage, packet: Packet) -> Frame | Delivered | Stop:
        view = passage.view
        stop = self._filter(passage, Chain.INPUT, packet, None)
        if stop is not None:
            return stop
        if passage.known is not None:
            packet = self._restored(with_source(packet, passage.known.source), packet, Hook.INPUT)
        elif view.tracks and passage.state is State.NEW:
            self.tracker.confirm(view.id, passage.original, packet)
        stop = None if self._is_past_policies(passage, packet) else self._check_policy(passage, "input")
        if stop is not None:
            return stop
        return Delivered(view, packet) if packet.inner is None else self._decapsulate(passage, packet)

    def _is_past_policies(self, passage: Passage, packet: Packet) -> bool:
        """Whether no policy is asked about what a node takes: ESP, and what its daemon's own socket takes. Of other outer
        packets they are: of GRE by its protocol (net/ipv4/ip_input.c, ip_protocol_deliver_rcu), of IP in IP by itself
        (net/ipv4/ipip.c, ipip_tunnel_rcv; net/ipv6/ip6_tunnel.c, ipxip6_rcv), of UDP by its socket (net/ipv4/udp.c,
        udp_queue_rcv_one_skb)."""
        if packet.inner is not None:
            return packets_of(self._carried[-1][2].end.kind).IS_EXEMPT
        return self.is_daemon or passage.in_interface == LOOPBACK

    def _forward(self, passage: Passage, packet: Packet) -> Frame | Delivered | Stop:
        view, interface = passage.view, passage.in_interface or LOOPBACK
        route = onward(self.fabric, view, interface, packet)
        if isinstance(route, DeadEnd):
            return self._ended(view, route, packet)
        stop = self._check_source(passage, packet, is_local=False)
        if stop is not None:
            return stop
        if self.ttl <= 1:
            return self._expired(view, packet)
        self.ttl -= 1
        stop = self._check_policy(passage, "forward") or self._unsure(passage, packet, is_out=True)
        stop = stop or self._filter(passage, Chain.FORWARD, packet, route)
        return stop or self._leave(passage, packet, route)

    def _expired(self, view: View, packet: Packet) -> Stop:
        end = self._carried[-1][2].end if packet.inner is not None else None
        if end is None or end.ttl >= TTL:
            return self._stop(Outcome.LOOP, view, Hook.ROUTE, circle([hop.node for hop in self.hops]), None, packet)
        text = f"the TTL {end.ttl} of the outer packets of tunnel `{end.tunnel}` is over at `{view.id}`"
        return self._stop(Outcome.DROPPED, view, Hook.ROUTE, text, end.origin, packet)

    # --- out of a node

    def _leave(self, passage: Passage, packet: Packet, route: Route) -> Frame | Delivered | Stop:
        view = passage.view
        packet = self._source(passage, packet, route)
        if route.interface == LOOPBACK:
            self._close(LOOPBACK, ())
            return Frame(view, LOOPBACK, packet)
        stop = self._unsure(passage, packet, is_out=True)
        if stop is not None:
            return stop
        is_free = passage.is_outer or self._is_daemons() or self.fabric.is_user_space or not view.policies
        policy = None if is_free else view.policy_out(packet)
        if policy is None:  # the kernel asks its policies when it routes, before any device
            device = view.devices.get(route.interface)
            return self._enter(passage, packet, device, route) if device else self._transmit(passage, packet, route)
        if policy.association is None:
            text = f"the trap of tunnel `{policy.end.tunnel}` at `{view.id}` holds it, and the tunnel cannot come up"
            return self._stop(Outcome.DROPPED, view, Hook.TUNNEL, text, policy.end.origin, packet)
        return self._encapsulate(passage, packet, policy)

    def _enter(self, passage: Passage, packet: Packet, device: TunnelDevice, route: Route) -> Frame | Delivered | Stop:
        """Into a tunnel by its device."""
        view, policy = passage.view, device.takes(packet)
        if policy is None or policy.association is None:
            text = f"the route of `{view.id}` leads into a tunnel, and no tunnel of it takes {packet}"
            outcome = Outcome.DROPPED if device.is_silent(packet) else Outcome.UNREACHABLE
            return self._stop(outcome, view, Hook.TUNNEL, text, route.origin, packet)
        return self._encapsulate(passage, packet, policy)

    def _encapsulate(self, passage: Passage, packet: Packet, policy: Policy) -> Frame | Delivered | Stop:
        view, kind = passage.view, packets_of(policy.end.kind)
        if sum(step.decision is Decision.ENCAPSULATE for step in self._steps) >= _MOST_TUNNELS:
            return self._stop(Outcome.LOOP, view, Hook.TUNNEL, _ENDLESS, policy.end.origin, packet)
        outside = kind.outer_packet(packet, policy)
        outer = self._route(view, outside, is_marked=policy.is_selected)
        link = WIDEST if outer is None else mtu_of(view, outer)
        outside = fitted(outside, link)
        room = kind.room_inside(policy, link, is_user_space=self.fabric.is_user_space)
        child = policy.child
        if self._carried and self._carried[-1][2].end.node == view.id:
            packet = fitted(packet, room)
        if packet.size > room:
            text = (
                f"{packet.size} bytes are too big for tunnel `{policy.end.tunnel}` at `{view.id}`, which takes {room}"
            )
            outcome = Outcome.NOT_VERIFIED if packet.is_stream else Outcome.TOO_BIG
            return self._stop(outcome, view, Hook.TUNNEL, text, policy.end.origin, packet)
        fault = None if self.fabric.is_user_space else error_fault(view, packet, policy)
        if fault is not None:
            return self._stop(Outcome.NOT_VERIFIED, view, Hook.TUNNEL, fault, policy.end.origin, packet)
        self._carried.append((packet, self.ttl, policy))
        self.ttl = policy.end.ttl
        text = f"into tunnel `{policy.end.tunnel}`" + (
            f" (child `{child.name}`)" if len(policy.end.children) > 1 else ""
        )
        self.note(Hook.TUNNEL, Decision.ENCAPSULATE, text, outside, policy.end.origin)
        return self._send(view, outside, is_outer=policy.is_selected)

    def _decapsulate(self, passage: Passage, packet: Packet) -> Frame | Stop:
        view = passage.view
        inner, ttl, policy = self._carried[-1]
        association = policy.association
        if association is None or association.peer != view.id:
            text = f"`{view.id}` is no end of tunnel `{policy.end.tunnel}`"
            return self._stop(Outcome.DROPPED, view, Hook.TUNNEL, text, None, packet)
        end = receiving_end(view, policy)
        if self._is_by_order(policy.end, end):
            text = (
                f"what passes of tunnel `{end.tunnel}` depends on which end sent first: the NAT between keeps its flow"
            )
            return self._stop(Outcome.NOT_VERIFIED, view, Hook.TUNNEL, text, end.origin, packet)
        refusal = packets_of(end.kind).refuses(end, packet)
        if refusal is not None:
            text = f"`{view.id}` takes no {packet} out of tunnel `{end.tunnel}`: {refusal}"
            return self._stop(Outcome.DROPPED, view, Hook.TUNNEL, text, end.origin, packet)
        stop = self._input_inside(passage, packet, end)
        if stop is not None:
            return stop
        if not policy.is_tunnel:  # the packet keeps its IP header, into which a NAT has written
            if inner.is_error and (packet.source, packet.destination) != (inner.source, inner.destination):
                text = f"`{view.id}` has sent nothing that the error out of tunnel `{end.tunnel}` fits: {_QUOTED}"
                return self._stop(Outcome.DROPPED, view, Hook.TUNNEL, text, end.origin, packet)
            inner = with_source(inner, (packet.source, inner.source_port))
            inner = with_destination(inner, (packet.destination, inner.destination_port))
        self._carried.pop()
        self._is_split = False
        self.ttl = ttl
        self.note(Hook.TUNNEL, Decision.DECAPSULATE, f"out of tunnel `{policy.end.tunnel}`", inner, policy.end.origin)
        return Frame(
            view, arrival(end, passage.in_interface or LOOPBACK, is_user_space=self.fabric.is_user_space), inner, policy
        )

    def _input_inside(self, passage: Passage, packet: Packet, end: TunnelEnd) -> Stop | None:
        """What comes out of an outer packet as an outer packet itself, of a child that compresses, meets the hooks for
        input once more (net/ipv4/xfrm4_input.c, xfrm4_transport_finish)."""
        inner, _, policy = self._carried[-1]
        number = _IN_IP[inner.destination.version]
        carrier = next((one for one in end.carriers if one.is_inside and one.protocol.number == number), None)
        if carrier is None or policy.child.keeps_lengths or not policy.is_tunnel:
            return None
        view = passage.view
        again = replace(packet, protocol=carrier.protocol, source_port=0, destination_port=0, shown="")
        delivered = self._passage(view, again, passage.in_interface, policy)
        if self._destination(delivered, again, None) != again:
            text = f"destination translation of `{view.id}` takes what tunnel `{end.tunnel}` does not compress"
            return self._stop(Outcome.NOT_VERIFIED, view, Hook.PREROUTING, text, end.origin, packet)
        stop = self._filter(delivered, Chain.INPUT, again, None)
        if stop is None or inner.size < carrier.below:
            return stop
        text = (
            f"whether tunnel `{end.tunnel}` compresses {inner} depends on its content: uncompressed it is {stop.text}"
        )
        return self._stop(Outcome.NOT_VERIFIED, view, Hook.INPUT, text, stop.origin, packet)

    def _is_by_order(self, sender: TunnelEnd, receiver: TunnelEnd) -> bool:
        """Whether the ends of a tunnel that nothing negotiates get on with one another by the first packet of one of them
        alone: the flow that it begins leaves the other one's packets as they are, which would be translated otherwise."""
        if packets_of(sender.kind).IS_NEGOTIATED:
            return False
        passed = (self.fabric.views[hop.node].node.nat for hop in self.hops)
        if not any(nat.source or nat.destination for nat in passed):
            return False
        return self._takes_first(sender, receiver) is not self._takes_first(receiver, sender)

    def _takes_first(self, sender: TunnelEnd, receiver: TunnelEnd) -> bool:
        """Whether the receiver takes the sender's first outer packet."""
        assert sender.local is not None, "an end without negotiation has an address"
        walk = Walk(self.fabric, Tracker(self.tracker.standing))
        found = walk.run(self.fabric.views[sender.node], opening_packet(sender, sender.local))
        if not isinstance(found, Delivered) or found.view.id != receiver.node:
            return False
        return packets_of(receiver.kind).refuses(receiver, found.packet) is None

    def _unsure(self, passage: Passage, packet: Packet, *, is_out: bool) -> Stop | None:
        """Whether the node's policies take a packet that the port decides which its client chooses."""
        view = passage.view
        if passage.is_outer or not view.is_by_port(packet, is_answer=self.is_answer, is_out=is_out):
            return None
        by = (
            "the port that the client chose"
            if packet.inner is None
            else "its source port, of which each flow inside has another"
        )
        text = f"whether a tunnel of `{view.id}` takes {packet} depends on {by}"
        return self._stop(Outcome.NOT_VERIFIED, view, Hook.TUNNEL, text, None, packet)

    def _check_policy(self, passage: Passage, what: str) -> Stop | None:
        if passage.came is None and not self.fabric.is_user_space:
            stop = self._unsure(passage, passage.original, is_out=False)
            if stop is not None:
                return stop
        fault = policy_fault(passage, what, is_user_space=self.fabric.is_user_space)
        if fault is None:
            return None
        text, origin = fault
        return self._stop(Outcome.DROPPED, passage.view, Hook.TUNNEL, text, origin, passage.original)

    def _transmit(self, passage: Passage, packet: Packet, route: Route) -> Frame | Delivered | Stop:
        view = passage.view
        association = self._carried[-1][2].association if packet.inner is not None else None
        may_split = association is not None and association.may_split
        found = way_out(self.fabric, view, route, packet, may_split=may_split)
        if isinstance(found, DeadEnd):
            return self._ended(view, found, packet)
        if found.unheard is not None and not view.is_own_source(packet):
            return self._ended(view, found.unheard, packet)
        self._is_split = self._is_split or (may_split and packet.size > mtu_of(view, route))
        if found.interface in view.segments:
            return self._carry(passage, packet, found)
        return self._cross(view, found, packet)

    def _carry(self, passage: Passage, packet: Packet, by: Exit) -> Frame | Delivered | Stop:
        """A frame for another end of the tunnel that carries the network."""
        view, policy = passage.view, passage.view.segments[by.interface].get(by.other.id)
        if policy is None or policy.association is None:
            text, origin = uncarried(view, by)
            return self._stop(Outcome.UNREACHABLE, view, Hook.TUNNEL, text, origin, packet)
        silent = lost_answer(self.fabric, view, by, Walk(self.fabric, Tracker(self.tracker.standing)).run)
        if silent is not None:
            return self._ended(view, silent, packet)
        self._carrying += [Wire(name, packet, packet.is_encrypted) for name in by.networks]
        return self._encapsulate(passage, packet, policy)

    def _cross(self, view: View, by: Exit, packet: Packet) -> Frame:
        crossed = [Wire(name, packet, packet.is_encrypted) for name in by.networks]
        if self._carrying:
            crossed, self._carrying = [*self._carrying, *crossed], []
        self._close(by.interface, tuple(crossed))
        return Frame(by.other, by.there, packet, before=view)

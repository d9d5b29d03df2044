"""One packet on its way, node by node, as Linux takes it: the hooks in their order, the routes, the policies of IPsec.

What decides in which order: ip_rcv, ip_route_input, ip_forward, ip_local_deliver, ip_output with xfrm and netfilter
between them (net/ipv4, net/ipv6, net/xfrm); source NAT before the last look at the policies (nf_nat's me_harder), the
encapsulated packet through output and postrouting again. A packet that its route leads to a tunnel's device is
encapsulated there (for user-space ESP by charon, whose own packets are looked up in the main table).
"""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Chain, Verdict
from netdsl.ir.ids import Address
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Device, Segment, Selectors, TunnelEnd
from netdsl.packets.checks import TTL, circle, disbelief, unbelievable, unbelieved_asker
from netdsl.packets.fabric import Fabric
from netdsl.packets.filtering import Ruling, Sight, destination_nat, refusal, ruling, source_nat, spoken
from netdsl.packets.links import WIDEST, DeadEnd, mtu_of, no_route, onward, way_out
from netdsl.packets.passage import Delivered, Frame, Passage, Stop
from netdsl.packets.policies import policy_fault
from netdsl.packets.routes import Hop as Route
from netdsl.packets.segments import unanswered
from netdsl.packets.tracking import State, Tracker, with_destination, with_source
from netdsl.packets.tunnels import packets_of, receiving_end
from netdsl.packets.types import Decision, Hook, Hop, Outcome, Packet, Step, Wire
from netdsl.packets.view import LOOPBACK, Association, Exit, Policy, TunnelDevice, View, is_unicast
from netdsl.source import Place

_MOST_FRAMES = 2000
_DECISIONS = {Outcome.REJECTED: Decision.REJECT, Outcome.DROPPED: Decision.DROP, Outcome.LOOP: Decision.DROP}


@dataclass(frozen=True, slots=True)
class Overruled:
    """What a chain of a node would have done to a packet that went on."""

    view: View
    chain: Chain
    ruling: Ruling


@dataclass(slots=True)
class Walk:
    """`is_charon`: a packet of the IKE daemon itself, which no policy takes. `is_answer`: of a flow's other direction.

    `overrules`: chains that do not stop the packet; what they would have stopped is noted in `overruled`.
    """

    fabric: Fabric
    tracker: Tracker
    is_answer: bool = False
    is_charon: bool = False
    overrules: frozenset[Chain] = frozenset()
    overruled: list[Overruled] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)
    _ttl: int = TTL
    _carried: list[tuple[Packet, int, Policy]] = field(default_factory=list)
    _carrying: list[Wire] = field(default_factory=list)  # networks that the outer packets carry, not yet in a hop
    _view: View | None = None
    _in: str | None = None
    _steps: list[Step] = field(default_factory=list)

    def run(self, view: View, packet: Packet) -> Delivered | Stop:
        """From a node's process to where it ends."""
        self._open(view, None)
        result, frames = self._send(view, packet), 0
        while isinstance(result, Frame):
            frames += 1
            if frames > _MOST_FRAMES:
                result = self._stop(
                    Outcome.LOOP, result.view, Hook.ROUTE, "tunnels lead through each other", None, packet
                )
                break
            result = self._pass(result) or self._receive(result)
        if isinstance(result, Stop):
            decision = _DECISIONS.get(result.outcome, Decision.FAIL)
            self._steps.append(Step(result.hook, decision, result.text, result.packet, result.origin))
        self._close(None, ())
        return result

    # --- the record

    def _open(self, view: View, interface: str | None) -> None:
        self._view, self._in, self._steps = view, interface, []

    def _close(self, out: str | None, wires: tuple[Wire, ...]) -> None:
        if self._view is not None:
            self.hops.append(Hop(self._view.id, self._in, out, tuple(self._steps), wires))
            self._view = None

    def note(self, hook: Hook, decision: Decision, text: str, packet: Packet, origin: Place | None = None) -> None:
        self._steps.append(Step(hook, decision, text, packet, origin))

    def _stop(self, outcome: Outcome, view: View, hook: Hook, text: str, origin: Place | None, packet: Packet) -> Stop:
        return Stop(outcome, view.id, hook, text, origin or view.node.origin, packet)

    def _ended(self, view: View, end: DeadEnd, packet: Packet) -> Stop:
        return self._stop(end.outcome, view, end.hook, end.text, end.origin, packet)

    # --- in a node

    def _pass(self, frame: Frame) -> Frame | None:
        """The short way through a node that only forwards, once it is known; None: the long way."""
        view, packet, interface = frame.view, frame.packet, frame.interface
        if self._view is not None or frame.came is not None or not view.only_forwards:
            return None
        known = view.exits.get((interface, packet.destination))
        is_believed = (interface, packet.source) in view.believed
        if known is None or not is_believed or packet.size > known.mtu or self._ttl <= 1:
            return None
        self._ttl -= 1
        self._open(view, interface)
        return self._cross(known, packet)

    def _passage(self, view: View, packet: Packet, interface: str | None, came: Policy | None) -> Passage:
        if not view.tracks:
            return Passage(view, packet, interface, came, None, State.NEW)
        known = self.tracker.find(view.id, packet)
        state = State.ESTABLISHED if known is not None and known.is_answered else State.NEW
        is_late = packet.is_error or (self.is_answer and packet.protocol is not Protocol.UDP)
        if known is None and packet.inner is None and is_late:
            state = State.INVALID
        return Passage(view, packet, interface, came, known, state)

    def _send(self, view: View, packet: Packet, *, is_outer: bool = False) -> Frame | Delivered | Stop:
        passage = self._passage(view, packet, None, None)
        passage.is_outer = is_outer
        is_charon = is_outer or self._is_own_ike(view)
        route = self._route(view, packet.destination, is_charon=is_charon)
        if route is None:
            return self._ended(view, no_route(view, packet.destination), packet)
        translated = self._destination(passage, packet, route)
        out = route.interface  # to the filter it stays what it was before translation
        if translated.destination != packet.destination:
            route = self._route(view, translated.destination, is_charon=is_charon)
            if route is None:
                return self._ended(view, no_route(view, translated.destination), translated)
        stop = self._filter(passage, Chain.OUTPUT, translated, route, out)
        return stop or self._leave(passage, translated, route)

    def _is_own_ike(self, view: View) -> bool:
        return self.is_charon and len(self.hops) == 0

    def _route(self, view: View, address: Address, *, is_charon: bool = False) -> Route | None:
        if view.is_local(address):
            return Route(LOOPBACK)
        if not is_unicast(address, view):
            return None
        return view.route(address, is_charon=is_charon and self.fabric.is_user_space)

    def _receive(self, frame: Frame) -> Frame | Delivered | Stop:
        view, packet = frame.view, frame.packet
        if self._view is None:
            self._open(view, frame.interface)
        passage = self._passage(view, packet, frame.interface, frame.came)
        packet = self._destination(passage, packet, None)
        is_local = view.is_local(packet.destination)
        if is_local:
            return self._check_source(passage, packet, is_local=True) or self._input(passage, packet)
        return self._forward(passage, packet)

    def _check_source(self, passage: Passage, packet: Packet, *, is_local: bool) -> Stop | None:
        view, interface = passage.view, passage.in_interface or LOOPBACK
        is_decrypted = passage.was_selected and not self.fabric.is_user_space

        def doubt(asked: Packet) -> str | None:
            return unbelievable(
                view, interface, asked, is_decrypted=is_decrypted, is_local=is_local,
                is_user_space=self.fabric.is_user_space,
            )  # fmt: skip

        text = doubt(packet)
        if text is None:
            return None
        before = self.fabric.views[self.hops[-1].node] if self.hops and passage.came is None else None
        outcome, text = disbelief(text, unbelieved_asker(view, interface, before, packet, doubt))
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
        if packet.inner is not None:
            return self._decapsulate(passage, packet)
        is_free = self.is_charon or passage.in_interface == LOOPBACK
        return (None if is_free else self._check_policy(passage, "input")) or Delivered(view, packet)

    def _forward(self, passage: Passage, packet: Packet) -> Frame | Delivered | Stop:
        view, interface = passage.view, passage.in_interface or LOOPBACK
        route = onward(view, interface, packet.destination)
        if isinstance(route, DeadEnd):
            return self._ended(view, route, packet)
        stop = self._check_source(passage, packet, is_local=False)
        if stop is not None:
            return stop
        if self._ttl <= 1:
            return self._stop(Outcome.LOOP, view, Hook.ROUTE, circle(self.hops), None, packet)
        self._ttl -= 1
        stop = self._check_policy(passage, "forward") or self._filter(passage, Chain.FORWARD, packet, route)
        return stop or self._leave(passage, packet, route)

    # --- netfilter

    def _destination(self, passage: Passage, packet: Packet, route: Route | None) -> Packet:
        """Destination translation in prerouting, or (with a route) in output."""
        view, hook = passage.view, Hook.PREROUTING if route is None else Hook.OUTPUT
        if not view.tracks:
            return packet
        if passage.known is not None:
            return self._restored(with_destination(packet, passage.known.destination), packet, hook)
        rules = view.node.nat.destination
        if not rules or passage.state is not State.NEW:
            return packet
        out = None if route is None else route.interface
        sight = Sight(packet, passage.in_interface, out, passage.was_selected, False)
        rule = destination_nat(rules, sight, view.ends, view.is_active, is_output=route is not None)
        if rule is None:
            return packet
        port = packet.destination_port if rule.port is None else rule.port
        changed = with_destination(packet, (rule.address, port))
        self.note(hook, Decision.DNAT, f"`{spoken(rule.origin, 'dnat')}`", changed, rule.origin)
        return changed

    def _source(self, passage: Passage, packet: Packet, route: Route) -> Packet:
        view = passage.view
        if not view.tracks:
            return packet
        if passage.known is not None:
            return self._restored(with_source(packet, passage.known.source), packet, Hook.POSTROUTING)
        if passage.state is not State.NEW:
            return packet
        changed = packet
        if view.node.nat.source:
            goes = self._goes(passage, packet, route)
            sight = Sight(packet, passage.in_interface, route.interface, passage.was_selected, goes)
            rule = source_nat(view.node.nat.source, sight, view.ends, view.is_active)
            if rule is not None and rule.address is not None:
                changed = with_source(packet, (rule.address, packet.source_port))
                self.note(Hook.POSTROUTING, Decision.SNAT, f"`{spoken(rule.origin, 'snat')}`", changed, rule.origin)
        self.tracker.confirm(view.id, passage.original, changed)
        return changed

    def _restored(self, changed: Packet, packet: Packet, hook: Hook) -> Packet:
        if changed == packet:
            return packet
        self.note(hook, Decision.RESTORE, "the translation of its flow", changed)
        return changed

    def _filter(
        self, passage: Passage, chain: Chain, packet: Packet, route: Route | None, out: str | None = None
    ) -> Stop | None:
        view = passage.view
        firewall = view.node.firewall
        if firewall is None or passage.state is State.ESTABLISHED:
            return None
        out = out or (None if route is None else route.interface)
        if LOOPBACK in (passage.in_interface, out):
            return None
        goes = route is not None and self._goes(passage, packet, route)
        sight = Sight(packet, passage.in_interface, out, passage.was_selected, goes)
        found = ruling(firewall, chain, sight, view.ends, view.is_active)
        if found.verdict is Verdict.ACCEPT:
            self.note(Hook(chain.value), Decision.ACCEPT, found.text, packet, found.origin)
            return None
        if chain in self.overrules:
            self.overruled.append(Overruled(view, chain, found))
            return None
        outcome, text = refusal(found, chain, view.id)
        return self._stop(outcome, view, Hook(chain.value), text, found.origin, packet)

    # --- out of a node

    def _goes(self, passage: Passage, packet: Packet, route: Route) -> bool:
        """Whether a policy will take it: what `rt ipsec exists` (or `oifname "ipsec0"`) says."""
        if passage.is_outer or route.interface == LOOPBACK or self._is_own_ike(passage.view):
            return False
        if self.fabric.is_user_space:
            device = passage.view.devices.get(route.interface)
            return device is not None and device.policies is passage.view.policies
        policy = passage.view.policy_out(packet) if passage.view.policies else None
        return policy is not None and policy.association is not None

    def _leave(self, passage: Passage, packet: Packet, route: Route) -> Frame | Delivered | Stop:
        view = passage.view
        packet = self._source(passage, packet, route)
        if route.interface == LOOPBACK:
            self._close(LOOPBACK, ())
            return Frame(view, LOOPBACK, packet)
        is_free = passage.is_outer or self._is_own_ike(view) or self.fabric.is_user_space or not view.policies
        policy = None if is_free else view.policy_out(packet)
        if policy is None:  # the kernel asks its policies when it routes, before any device
            device = view.devices.get(route.interface)
            return self._enter(passage, packet, device, route) if device else self._transmit(passage, packet, route)
        if policy.association is None:
            text = f"the trap of tunnel `{policy.end.tunnel}` at `{view.id}` holds it, and the tunnel cannot come up"
            return self._stop(Outcome.DROPPED, view, Hook.TUNNEL, text, policy.end.origin, packet)
        return self._encapsulate(passage, packet, policy, policy.association)

    def _enter(self, passage: Passage, packet: Packet, device: TunnelDevice, route: Route) -> Frame | Delivered | Stop:
        """Into a tunnel by its device."""
        view, policy = passage.view, device.takes(packet)
        if policy is None or policy.association is None:
            text = f"the route of `{view.id}` leads into a tunnel, and no tunnel of it takes {packet}"
            return self._stop(Outcome.DROPPED, view, Hook.TUNNEL, text, route.origin, packet)
        return self._encapsulate(passage, packet, policy, policy.association)

    def _encapsulate(
        self, passage: Passage, packet: Packet, policy: Policy, association: Association
    ) -> Frame | Delivered | Stop:
        view, kind = passage.view, packets_of(policy.end.kind)
        outer = self._route(view, association.remote, is_charon=policy.is_selected)
        link = WIDEST if outer is None else mtu_of(view, outer)
        room = kind.room_inside(policy, link, is_user_space=self.fabric.is_user_space)
        child = policy.child
        if packet.size > room:
            text = (
                f"{packet.size} bytes are too big for tunnel `{policy.end.tunnel}` at `{view.id}`, which takes {room}"
            )
            return self._stop(Outcome.TOO_BIG, view, Hook.TUNNEL, text, policy.end.origin, packet)
        outside = kind.outer_packet(packet, policy)
        self._carried.append((packet, self._ttl, policy))
        self._ttl = TTL
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
        refusal = packets_of(end.kind).refuses(end, packet)
        if refusal is not None:
            text = f"`{view.id}` takes no {packet} out of tunnel `{end.tunnel}`: {refusal}"
            return self._stop(Outcome.DROPPED, view, Hook.TUNNEL, text, end.origin, packet)
        self._carried.pop()
        self._ttl = ttl
        self.note(Hook.TUNNEL, Decision.DECAPSULATE, f"out of tunnel `{policy.end.tunnel}`", inner, policy.end.origin)
        return Frame(view, self._arrival(end, passage.in_interface or LOOPBACK), inner, policy)

    def _arrival(self, end: TunnelEnd, outer: str) -> str:
        """The interface by which an end sees the inner packet come, whose outer one came by `outer`."""
        match end.steering:
            case Device(name=name) | Segment(interface=name):
                return name
            case Selectors(stand_in=stand_in):
                return stand_in if stand_in is not None and self.fabric.is_user_space else outer

    def _check_policy(self, passage: Passage, what: str) -> Stop | None:
        fault = policy_fault(passage, what, is_user_space=self.fabric.is_user_space)
        if fault is None:
            return None
        text, origin = fault
        return self._stop(Outcome.DROPPED, passage.view, Hook.TUNNEL, text, origin, passage.original)

    def _transmit(self, passage: Passage, packet: Packet, route: Route) -> Frame | Delivered | Stop:
        view = passage.view
        association = self._carried[-1][2].association if packet.inner is not None else None
        may_split = association is not None and association.may_split
        found = way_out(self.fabric, view, route, packet.destination, packet.size, may_split=may_split)
        if isinstance(found, DeadEnd):
            return self._ended(view, found, packet)
        if found.interface in view.segments:
            return self._carry(passage, packet, found, route.gateway or packet.destination)
        if passage.in_interface is not None and passage.came is None and view.only_forwards:
            view.exits[passage.in_interface, packet.destination] = found
            view.believed.add((passage.in_interface, packet.source))
        return self._cross(found, packet)

    def _carry(self, passage: Passage, packet: Packet, by: Exit, next_hop: Address) -> Frame | Delivered | Stop:
        """A frame for another end of the tunnel that carries the network."""
        view, policy = passage.view, passage.view.segments[by.interface].get(by.other.id)
        if policy is None or policy.association is None:
            text = f"no tunnel carries `{by.networks[0]}` from `{view.id}` to `{by.other.id}`"
            return self._stop(Outcome.UNREACHABLE, view, Hook.TUNNEL, text, None, packet)
        silent = unanswered(self.fabric, view, by, next_hop, Walk(self.fabric, Tracker(self.tracker.standing)).run)
        if silent is not None:
            return self._ended(view, silent, packet)
        self._carrying += [Wire(name, packet, packet.is_encrypted) for name in by.networks]
        return self._encapsulate(passage, packet, policy, policy.association)

    def _cross(self, by: Exit, packet: Packet) -> Frame:
        crossed = [Wire(name, packet, packet.is_encrypted) for name in by.networks]
        if self._carrying:
            crossed, self._carrying = [*self._carrying, *crossed], []
        self._close(by.interface, tuple(crossed))
        return Frame(by.other, by.there, packet)

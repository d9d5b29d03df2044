"""What netfilter does to one packet in the nodes that it passes: tracking, translation, filters; and the record of its way.

Source NAT and destination NAT are decided by the first packet of a flow; what follows is translated alike (nf_nat).
"""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Chain, State, Verdict
from netdsl.ir.service import Protocol
from netdsl.packets.fabric import Fabric
from netdsl.packets.filtering import (
    ANSWERS,
    Ruling,
    Sight,
    destination_nat,
    is_by_port,
    refusal,
    ruling,
    source_nat,
    spoken,
)
from netdsl.packets.passage import DeadEnd, Passage, Stop
from netdsl.packets.routes import Hop as Route
from netdsl.packets.steering import Policy
from netdsl.packets.tracking import Known, Tracker, first_state, key_of, reverse, with_destination, with_source
from netdsl.packets.types import Decision, Hook, Hop, Outcome, Packet, Step, Wire
from netdsl.packets.view import LOOPBACK, View
from netdsl.source import Place

_OPPOSITE = {Chain.INPUT: Chain.OUTPUT, Chain.OUTPUT: Chain.INPUT, Chain.FORWARD: Chain.FORWARD}


@dataclass(frozen=True, slots=True)
class Overruled:
    """What a chain of a node would have done to a packet that went on."""

    view: View
    chain: Chain
    ruling: Ruling


@dataclass(slots=True)
class Netfilter:
    """One packet in the nodes that it passes.

    `is_daemon`: a packet of a tunnel's daemon itself, which no policy takes. `is_answer`: of a flow's other direction.
    `overrules`: chains that do not stop the packet; what they would have stopped is noted in `overruled`.
    """

    fabric: Fabric
    tracker: Tracker
    is_answer: bool = False
    is_daemon: bool = False
    overrules: frozenset[Chain] = frozenset()
    overruled: list[Overruled] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)
    _view: View | None = None
    _in: str | None = None
    _steps: list[Step] = field(default_factory=list)
    _is_split: bool = False  # an outer packet that was cut into fragments

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
        return Stop(end.outcome, view.id, end.hook, end.text, end.origin or view.node.origin, packet, end.doubts)

    # --- in a node

    def _passage(self, view: View, packet: Packet, interface: str | None, came: Policy | None) -> Passage:
        if not view.tracks:
            return Passage(view, packet, interface, came, None, State.UNTRACKED if view.is_filtered else State.NEW)
        if interface == LOOPBACK:
            # It keeps the flow that it had in the output hook (Linux net/netfilter/nf_conntrack_core.c, nf_conntrack_in).
            return Passage(view, packet, interface, came, None, State.ESTABLISHED)
        known = self.tracker.find(view.id, packet)
        if known is not None and self.is_daemon and packet.inner is None:
            self._note_clash(view, packet)
        state = self._state(packet, known)
        if known is not None and state is State.ESTABLISHED:
            self.tracker.answer(view.id, packet, known)
        if state is State.INVALID:
            known = None
        return Passage(view, packet, interface, came, known, state)

    def _state(self, packet: Packet, known: Known | None) -> State:
        """An answer to what the node has not seen is invalid, but for UDP's: no echo reply begins a flow
        (nf_conntrack_proto_icmp.c), no error without its packet."""
        if known is not None and known.is_answered:
            return State.RELATED if packet.is_error else State.ESTABLISHED
        if packet.inner is not None:
            return State.NEW
        if packet.flags and not packet.is_error:
            return first_state(packet.flags, is_known=known is not None)
        is_late = packet.is_error or (self.is_answer and packet.protocol is not Protocol.UDP)
        return State.INVALID if known is None and is_late else State.NEW

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
        changed = with_destination(packet, (rule.changed(packet.destination), port))
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
                changed = with_source(packet, (rule.changed(packet.source), packet.source_port))
                changed = self._unique(passage, changed)
                self.note(Hook.POSTROUTING, Decision.SNAT, f"`{spoken(rule.origin, 'snat')}`", changed, rule.origin)
        if changed is packet:  # a null binding (nf_nat_alloc_null_binding) has answers of its own too
            changed = self._unique(passage, packet)
        self.tracker.confirm(view.id, passage.original, changed)
        return changed

    def _unique(self, passage: Passage, packet: Packet) -> Packet:
        found = self.tracker.unique(passage.view.id, passage.original, packet)
        if found is not packet:
            self._note_clash(passage.view, reverse(packet))
        return found

    def _note_clash(self, view: View, packet: Packet) -> None:
        """Of the packet of a flow that stood already."""
        key = (view.id, key_of(packet))
        if key in self.tracker.standing:
            self.fabric.clashes.add(key)

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
        if firewall is None or passage.state in ANSWERS:
            return None
        out = out or (None if route is None else route.interface)
        if LOOPBACK in (passage.in_interface, out):
            return None
        goes = route is not None and self._goes(passage, packet, route)
        sight = Sight(packet, passage.in_interface, out, passage.was_selected, goes, passage.state)
        found = ruling(firewall, chain, sight, view.ends, view.is_active)
        if self._is_split and passage.state is State.UNTRACKED:
            text = f"`{view.id}`, whose firewall is stateless, sees fragments, of which the first alone has ports"
            return self._stop(Outcome.NOT_VERIFIED, view, Hook(chain.value), text, found.origin, packet)
        if self.is_answer and is_by_port(firewall, chain, sight, view):
            text = f"whether `{view.id}` lets the answer pass depends on the port that the client chose"
            return self._stop(Outcome.NOT_VERIFIED, view, Hook(chain.value), text, found.origin, packet)
        if found.verdict is Verdict.ACCEPT:
            self.note(Hook(chain.value), Decision.ACCEPT, found.text, packet, found.origin)
            return None
        if self._is_by_order_of_ends(passage, chain, packet, out):
            text = f"whether `{view.id}` lets outer packets of tunnel `{packet.tunnel}` pass depends on the other end: "
            text += "once that has sent, as its device does by itself, they are answers"
            return self._stop(Outcome.NOT_VERIFIED, view, Hook(chain.value), text, found.origin, packet)
        if chain in self.overrules:
            self.overruled.append(Overruled(view, chain, found))
            return None
        outcome, text = refusal(found, chain, view.id)
        if passage.state is State.UNTRACKED and self.is_answer:
            text += ", whose firewall is stateless: answers need a line of their own"
        return self._stop(outcome, view, Hook(chain.value), text, found.origin, packet)

    def _is_by_order_of_ends(self, passage: Passage, chain: Chain, packet: Packet, out: str | None) -> bool:
        """Of an outer packet without ports that the node refuses as its connection's first: whether it takes what the other
        end sends. Both are one connection (nf_conntrack_proto_generic.c: by addresses and protocol), and a tunnel's device
        sends by itself: when it comes up, and later (MLD, RFC 3810)."""
        if passage.state is not State.NEW or packet.inner is None or packet.is_hiding or packet.protocol.has_ports:
            return False
        view, firewall = passage.view, passage.view.node.firewall
        assert firewall is not None, "a filter has refused the packet"
        sight = Sight(reverse(packet), out, passage.in_interface, False, False, State.NEW)
        return ruling(firewall, _OPPOSITE[chain], sight, view.ends, view.is_active).verdict is Verdict.ACCEPT

    def _goes(self, passage: Passage, packet: Packet, route: Route) -> bool:
        """Whether a policy will take it: what `rt ipsec exists` (or `oifname "ipsec0"`) says."""
        if passage.is_outer or route.interface == LOOPBACK or self._is_daemons():
            return False
        if self.fabric.is_user_space:
            device = passage.view.devices.get(route.interface)
            return device is not None and device.policies is passage.view.policies
        policy = passage.view.policy_out(packet) if passage.view.policies else None
        return policy is not None and policy.association is not None

    def _is_daemons(self) -> bool:
        """Whether the packet is a daemon's, and still in the daemon's node."""
        return self.is_daemon and len(self.hops) == 0

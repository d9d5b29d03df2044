"""What a node does to packets from everybody at once: whom its rules, its source checks and its policies stop.

Nothing is decided here that the walk of one packet decides otherwise: the same functions are asked, once for all sources
that they cannot tell apart. What a node would change in a packet (translation, tunnels) is only named.
"""

from collections.abc import Callable, Iterator
from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Chain, DestinationNat, FilterRule, Match, SourceNat, Verdict
from netdsl.ir.ids import Address
from netdsl.ir.service import Protocol
from netdsl.packets.checks import unbelievable
from netdsl.packets.filtering import Ruling, Sight, by_policy, by_rule, in_any, matches
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.verify.crowd import Crowd, Some

Kind = Callable[[Address, Address], Packet]
"""A packet of the kind that is asked about, from and to these."""


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """At one chain, for one kind of packet: `translated`, whose packets a rule of NAT may change; `refused`, whom a chain
    stops, by which ruling; `stopped`, all of these."""

    translated: Some = 0
    refused: tuple[tuple[Some, Ruling], ...] = ()
    stopped: Some = 0

    def ruling(self, who: Some) -> Ruling:
        """StopIteration: they are not stopped."""
        return next(ruling for some, ruling in self.refused if some & who)


NOTHING = Ruled()


@dataclass(slots=True)
class Judge:
    """Of one node, as its tunnels are now. `kinds`: of packets, each by its place. `own`: the node's addresses."""

    view: View
    crowd: Crowd
    kinds: tuple[Kind, ...]
    is_user_space: bool
    own: Some = 0
    _telling: tuple[Some, ...] = ()
    _rules: tuple[tuple[FilterRule, Match, Some], ...] = ()
    _reached: dict[int, dict[str | None, Some]] = field(default_factory=dict)
    _doubted: dict[str | None, Some] = field(default_factory=dict)
    _ruled: dict[tuple[object, ...], tuple[Ruled, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.own = self.crowd.these(self.view.local) | self.crowd.of_any(self.view.local_prefixes)
        firewall = self.view.node.firewall
        rules = () if firewall is None else firewall.rules
        self._rules = tuple(
            (rule, *self._from_anybody(rule.match))
            for rule in rules
            if isinstance(rule, FilterRule) and (rule.state is None or self.view.is_active(rule.state))
        )  # `accept tunnel` takes nothing but IKE and ESP, which nobody asks about here
        self._telling = tuple(dict.fromkeys(self._told_apart()))

    def _told_apart(self) -> Iterator[Some]:
        """Sets of destinations that something in the node tells from others."""
        nat = self.view.node.nat
        matched = [rule.match for rule, *_ in self._rules]
        matched += [rule.match for rule in nat.destination] + [rule.match for rule in nat.source]
        for match in matched:
            if match.destinations:
                yield self.crowd.of_any(match.destinations)
        for policy in self.view.policies:
            yield self.crowd.of_any(policy.local)
            yield self.crowd.of_any(policy.remote)

    def alike(self, place: int) -> int:
        """A number that destinations have in common which nothing in the node tells apart, their families aside."""
        found = 0
        for some in self._telling:
            found = found << 1 | (some >> place & 1)
        return found

    def foreign(self, destination: Address) -> Some:
        """Whose packets for it may belong into a tunnel of the node, or have to come out of one."""
        found = 0
        for policy in self.view.policies:
            if in_any(destination, policy.remote):
                found |= self.crowd.of_any(policy.local)
            if in_any(destination, policy.local):
                found |= self.crowd.of_any(policy.remote)
        return found

    # --- source checks

    def doubted(self, interface: str) -> Some:
        """Whom it does not believe to be behind the interface."""
        found = self._doubted.get(interface)
        if found is None:
            found = 0
            for some in self._groups():
                one = self.crowd.first(some)
                packet = Packet(one, one, Protocol.ICMP)
                if self.doubt(interface, packet) is not None:
                    found |= some
            self._doubted[interface] = found
        return found

    def doubt(self, interface: str, packet: Packet) -> str | None:
        return unbelievable(
            self.view, interface, packet, is_decrypted=False, is_local=False, is_user_space=self.is_user_space
        )

    def _groups(self) -> Iterator[Some]:
        """Sources that its checks do not tell apart: its own ones or not, by the interface to which it has a route."""
        for family in self.crowd.everybody:
            if family not in self._reached:
                self._reached[family] = self._by_route(family)
            for some in self._reached[family].values():
                yield from (part for part in (some & self.own, some & ~self.own) if part)

    def _by_route(self, family: int) -> dict[str | None, Some]:
        if not self.view.checks_source:
            return {None: self.crowd.everybody[family]}
        found: dict[str | None, Some] = {}
        for address in self.crowd.each(self.crowd.everybody[family]):
            hop = self.view.route(address)
            name = None if hop is None else hop.interface
            found[name] = found.get(name, 0) | self.crowd.one(address)
        return found

    # --- rules

    def ruled(self, destination: Address, alike: int, came_by: str | None, goes_by: str | None) -> tuple[Ruled, ...]:
        """Of each kind. `came_by` None: the node sends it; `goes_by` None: it is for the node. `alike`: what `alike` says
        of the destination."""
        if not self.view.tracks:
            return tuple(NOTHING for _ in self.kinds)
        key = (destination.version, alike, came_by, goes_by)
        found = self._ruled.get(key)
        if found is None:
            sights = (
                Sight(kind(destination, destination), came_by, goes_by, came=False, goes=False) for kind in self.kinds
            )
            found = self._ruled[key] = tuple(self._judge(sight) for sight in sights)
        return found

    def _judge(self, sight: Sight) -> Ruled:
        refused = tuple(self._refused(sight))
        stopped = 0
        for some, _ in refused:
            stopped |= some
        translated = self._translated(sight)
        return Ruled(translated, refused, stopped) if translated or stopped else NOTHING

    def _refused(self, sight: Sight) -> Iterator[tuple[Some, Ruling]]:
        firewall = self.view.node.firewall
        if firewall is None:
            return
        chain = _chain(sight)
        waiting = self.crowd.everybody[sight.packet.destination.version]
        for rule, match, sources in self._rules:
            taken = waiting & sources
            if taken and rule.chain is chain and matches(match, sight, chain, self.view.ends):
                waiting &= ~taken
                if rule.verdict is not Verdict.ACCEPT:
                    yield taken, by_rule(rule)
        left = by_policy(firewall, chain)
        if waiting and left.verdict is not Verdict.ACCEPT:
            yield waiting, left

    def _translated(self, sight: Sight) -> Some:
        """Exceptions are not looked at."""
        nat, is_output = self.view.node.nat, sight.in_interface is None
        found = 0
        for rule in nat.destination:
            out = sight.out_interface if is_output else None
            if not (is_output and rule.match.in_interfaces):
                found |= self._matched(rule, replace(sight, out_interface=out))
        for each in nat.source if sight.out_interface is not None else ():
            own = 0 if each.address is None else self.crowd.one(each.address)
            found |= self._matched(each, sight) & ~own
        return found

    def _matched(self, rule: DestinationNat | SourceNat, sight: Sight) -> Some:
        family = sight.packet.destination.version
        if rule.address is not None and rule.address.version != family:
            return 0
        if rule.state is not None and not self.view.is_active(rule.state):
            return 0
        match, sources = self._from_anybody(rule.match)
        return sources & self.crowd.everybody[family] if matches(match, sight, None, self.view.ends) else 0

    def _from_anybody(self, match: Match) -> tuple[Match, Some]:
        """The rule without its sources, and these."""
        everybody = self.crowd.everybody[4] | self.crowd.everybody[6]
        sources = self.crowd.of_any(match.sources) if match.sources else everybody
        return replace(match, sources=()), sources


def _chain(sight: Sight) -> Chain:
    if sight.in_interface is None:
        return Chain.OUTPUT
    return Chain.INPUT if sight.out_interface is None else Chain.FORWARD

"""What becomes of a question for a name: from server to server, each step a packet that is followed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from itertools import chain
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.ir.dns import ROOT, NameService, Role, is_within, shown
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.node import Served
from netdsl.ir.service import Protocol, port
from netdsl.packets.types import Outcome, Verdict
from netdsl.packets.view import View
from netdsl.packets.world import World
from netdsl.source import Place
from netdsl.verify.answers import CONTENT, FAILED, MOST_ALIASES, Reply, Said, circle, in_zone, of_zones
from netdsl.verify.predict import predict

MOST_QUESTIONS = 500
"""Of one resolution; a lab whose servers need more is not followed to the end."""

MOST_WAITING = 60
"""Servers that wait for one another; a longer chain is not followed to its end."""

MOST_SOUGHT = 5
"""Name servers without glue, each needed to find the one before, that Unbound looks for: measured with 1.17."""

_DNS = port(Protocol.UDP, 53)
_INVALID = "invalid"  # nobody is asked for its names (RFC 6761)
_LOCALHOST = "localhost"  # whose names Unbound answers itself (unbound.conf(5), local-zone)
_LOOPBACKS = (IPv4Address("127.0.0.1"), IPv6Address("::1"))


@dataclass(frozen=True, slots=True)
class _Question:
    asker: NodeId
    address: Address
    name: str
    is_recursive: bool  # the server is to find the answer itself


class Resolution:
    """One question of a program, with all that follow from it. `verdicts`: the flows, in the order of the questions."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.verdicts: list[Verdict] = []
        self._asked: dict[_Question, Reply] = {}
        self._open: list[tuple[NodeId, str, str]] = []  # servers that have been asked for a name and look for it
        self._servers_sought: list[str] = []

    # --- programs

    def by_program(self, view: View, name: str) -> Reply:
        """As glibc's resolver asks: each name that may be meant, of one server after another until one answers
        (resolv/res_query.c, resolv/res_send.c). After a name in a domain that all servers refuse or are silent about no
        other domain is tried. The reason is that of the first name where none has an address."""
        first: Reply | None = None
        is_given_up = False
        for one in _meant(name, view.node.search_domains):
            if is_given_up and one != name:
                continue
            reply = self._of_first(view, one)
            if reply.said is Said.ADDRESSES:
                return reply
            is_given_up = is_given_up or (one != name and reply.said in (Said.REFUSAL, Said.SILENCE))
            first = first or reply
        assert first is not None
        return first

    def _of_first(self, view: View, name: str) -> Reply:
        """A referral without glue counts as a refusal."""
        failed: list[Reply] = []
        for address in view.node.resolvers:
            reply = self._ask(_Question(view.id, address, name, is_recursive=True))
            if reply.said is Said.REFERRAL and not any(addresses for _, addresses in reply.glue):
                reply = replace(reply, said=Said.REFUSAL)
            if reply.said in CONTENT:
                return reply if all(one.is_exact for one in failed) else replace(reply, is_exact=False)
            failed.append(reply)
        # Which of different failures counts is that of the answer that came last.
        is_alike = len({one.said is Said.FAILURE for one in failed}) == 1
        return failed[0] if is_alike else replace(failed[0], is_exact=False)

    # --- one question

    def _ask(self, question: _Question) -> Reply:
        if question in self._asked:
            return self._asked[question]
        if len(self.verdicts) >= MOST_QUESTIONS:
            return Reply(Said.FAILURE, f"more than {MOST_QUESTIONS} questions", is_exact=False)
        verdict = predict(self.world, question.asker, question.address, _DNS)
        self.verdicts.append(verdict)
        reply = self._arrived(question, verdict)
        if not verdict.is_exact:
            reply = replace(reply, is_exact=False)
        self._asked[question] = reply
        return reply

    def _arrived(self, question: _Question, verdict: Verdict) -> Reply:
        flow = f"`{question.asker}` asks {question.address} {_DNS}"
        if verdict.outcome is not Outcome.ANSWERED or verdict.answered_by is None:
            return Reply(Said.SILENCE, f"{flow}: {verdict.reason}", origin=verdict.origin)
        node, service = verdict.answered_by
        services = [one for one in self.world.view(node).node.services if one.name == service]
        served = next((one for one in services if one.service == _DNS), services[0])
        if served.names is None:
            return Reply(
                Said.SILENCE, f"{flow}: `{node}.{service}` answers no questions for names", origin=served.origin
            )
        match served.names.role:
            case Role.AUTHORITATIVE:
                return of_zones(node, served.names, question.name, served.origin)
            case Role.SIMPLE:
                return self._simple(node, served, served.names, question.name)
            case Role.RECURSIVE:
                return self._recursive(node, served, served.names, question, verdict.seen_from)
            case _:
                assert_never(served.names.role)

    # --- servers that ask others

    def _simple(self, node: NodeId, served: Served, names: NameService, name: str) -> Reply:
        """Records first, then the forwarder or the zone that is nearer to the name, the forwarder where both are equal:
        measured with dnsmasq 2.90."""
        zone, forwarder = names.zone_of(name), names.forwarder_of(name)
        is_asking = forwarder is not None and (zone is None or len(forwarder.zone) >= len(zone.name))
        if zone is not None and (zone.addresses_of(name) or not is_asking):
            reply = in_zone(node, zone, name)
            has_both = len({address.version for address in reply.addresses}) == 2
            return replace(reply, is_exact=has_both or not is_asking)  # a forwarder is asked for the other family
        if forwarder is None:
            return Reply(Said.REFUSAL, f"`{node}` has no zone with `{name}` and asks nobody", origin=served.origin)
        if forwarder.zone == ROOT and is_within(name, _INVALID):
            return Reply(Said.NOTHING, f"`{node}` knows no `{name}`", origin=forwarder.origin)
        asked = (_Question(node, address, name, is_recursive=True) for address in forwarder.addresses)
        return self._within(node, served.name, name, lambda: self._forwarded(asked), forwarder.origin)

    def _forwarded(self, questions: Iterable[_Question]) -> Reply:
        """Of several servers any may answer first."""
        replies = [self._ask(question) for question in questions]
        return _first_of(replies) or Reply(Said.FAILURE, "there is nobody to ask")

    def _recursive(
        self, node: NodeId, served: Served, names: NameService, question: _Question, source: Address | None
    ) -> Reply:
        recursion, name = names.recursion, question.name
        assert recursion is not None
        if recursion.clients and not any(source in prefix for prefix in recursion.clients if source):
            reason = f"`{node}` refuses {source}, which its `recursion for` does not name"
            return Reply(Said.REFUSAL, reason, origin=recursion.origin)
        if is_within(name, _INVALID):
            return Reply(Said.NOTHING, f"`{node}` knows no `{name}`", origin=recursion.origin)
        if is_within(name, _LOCALHOST):
            return Reply(Said.ADDRESSES, f"`{node}` says {', '.join(map(str, _LOOPBACKS))}", _LOOPBACKS)
        if not question.is_recursive:
            reason = f"`{node}` is a recursive server, and has no zone with `{name}`"
            return Reply(Said.REFUSAL, reason, origin=recursion.origin)
        return self._within(node, served.name, name, lambda: self._found(node, names, name), recursion.origin)

    def _within(self, node: NodeId, service: str, name: str, find: Callable[[], Reply], origin: Place | None) -> Reply:
        """`find`, unless the same server is looking for the same name already."""
        here = (node, service, name)
        if here in self._open:
            circle = [f"`{one}`" for one, _, _ in (*self._open[self._open.index(here) :], here)]
            return Reply(Said.FAILURE, f"the question goes round in a circle: {', '.join(circle)}", origin=origin)
        if len(self._open) >= MOST_WAITING:
            return Reply(Said.FAILURE, f"more than {MOST_WAITING} servers wait for one another", is_exact=False)
        self._open.append(here)
        try:
            return find()
        finally:
            self._open.pop()

    def _found(self, node: NodeId, names: NameService, name: str) -> Reply:
        """With all CNAMEs followed."""
        passed, followed = [name], 0
        while True:
            reply = self._looked_up(node, names, passed[-1])
            followed += reply.aliases
            if followed > MOST_ALIASES:
                return _failure(f"`{node}` follows {MOST_ALIASES} CNAMEs, and `{name}` has more", reply)
            if reply.said is not Said.ALIAS or reply.target is None:
                return reply
            if reply.target in passed:
                return circle(node, [*passed, reply.target], reply.origin)
            passed.append(reply.target)

    def _looked_up(self, node: NodeId, names: NameService, name: str) -> Reply:
        forwarder = names.forwarder_of(name)
        if forwarder is not None:
            questions = (_Question(node, address, name, is_recursive=True) for address in forwarder.addresses)
            reply = self._forwarded(questions)
            return _failure(reply.reason, reply) if reply.said in (Said.REFERRAL, *FAILED) else reply
        return self._from_root(node, names, name)

    # --- from the root on

    def _from_root(self, node: NodeId, names: NameService, name: str) -> Reply:
        recursion = names.recursion
        assert recursion is not None
        if not recursion.roots:
            is_open = any(view.has_uplink for view in self.world.fabric.views.values())
            reason = "no node serves the root zone" + (
                ", and those of the Internet are not followed" if is_open else ""
            )
            return Reply(Said.FAILURE, f"`{node}`: {reason}", origin=recursion.origin, is_exact=not is_open)
        zone, origin = ROOT, recursion.origin
        servers = tuple((root.name, root.addresses) for root in recursion.roots)
        is_exact = True
        while True:
            replies = list(self._of_servers(node, names, servers, zone, name, origin))
            reply = _first_of(replies)
            if reply is None or reply.said in FAILED:
                text = "no server" if reply is None else reply.reason
                failed = Reply(Said.FAILURE, f"no server of `{shown(zone)}` answers `{node}`: {text}")
                return replace(
                    failed,
                    origin=origin if reply is None else reply.origin or origin,
                    is_exact=is_exact and all(one.is_exact for one in replies),
                )
            is_exact = is_exact and reply.is_exact
            if reply.said is not Said.REFERRAL or reply.delegation is None:
                return replace(reply, is_exact=is_exact)
            glue = dict(reply.glue)
            zone, origin = reply.delegation.name, reply.delegation.origin
            servers = tuple((server, glue.get(server, ())) for server in reply.delegation.servers)

    def _of_servers(
        self,
        node: NodeId,
        names: NameService,
        servers: tuple[tuple[str, tuple[Address, ...]], ...],
        zone: str,
        name: str,
        origin: Place | None,
    ) -> Iterator[Reply]:
        """What each server of a zone says, under each of its addresses."""
        for server, glue in servers:
            addresses = glue
            if not glue:
                found = self._address_of(node, names, server, zone, origin)
                addresses = found.addresses
                if not addresses:
                    yield found
            for address in addresses:
                reply = self._ask(_Question(node, address, name, is_recursive=False))
                yield _lame(reply, server, zone, origin)

    def _address_of(self, node: NodeId, names: NameService, server: str, zone: str, origin: Place | None) -> Reply:
        """A server that came without glue is looked for like any other name."""
        if is_within(server, zone):
            reason = f"`{server}` is in the zone itself, and no glue says its address"
            return Reply(Said.FAILURE, reason, origin=origin)
        if server in self._servers_sought:
            reason = f"the address of `{server}` is needed to find it"
            return Reply(Said.FAILURE, reason, origin=origin)
        if len(self._servers_sought) >= MOST_SOUGHT:
            reason = f"more than {MOST_SOUGHT} servers without glue, each needed to find the one before"
            return Reply(Said.FAILURE, reason, origin=origin, is_exact=False)
        self._servers_sought.append(server)
        try:
            found = self._found(node, names, server)
        finally:
            self._servers_sought.pop()
        if found.said is Said.ADDRESSES:
            return found
        return _failure(f"the address of its server `{server}` is not found: {found.reason}", found)


def given_to_programs(view: View, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """In a node without IPv4 the IPv6 addresses, if there are any (getaddrinfo(3), AI_ADDRCONFIG and AI_V4MAPPED, which
    are the default). In one without IPv6 all: its interfaces have link-local addresses."""
    six = tuple(address for address in addresses if address.version == 6)
    has_four = view.has_uplink or any(own.version == 4 and not own.is_loopback for own in view.local)
    return addresses if has_four or not six else six


def _meant(name: str, domains: tuple[str, ...]) -> Iterator[str]:
    """A name with a dot is asked as it is first, one without is last (resolv.conf(5), ndots)."""
    longer = (f"{name}.{domain}" for domain in domains)
    return chain((name,), longer) if "." in name else chain(longer, (name,))


def _first_of(replies: list[Reply]) -> Reply | None:
    """The first that says something, or the first. Where two say different things, which one counts is not known."""
    saying = [reply for reply in replies if reply.said in CONTENT]
    if not saying:
        return replies[0] if replies else None
    if len({reply.content for reply in saying}) > 1:
        return replace(saying[0], reason=f"{saying[0].reason}, and another server of it another thing", is_exact=False)
    return saying[0] if all(reply.is_exact for reply in replies) else replace(saying[0], is_exact=False)


def _failure(reason: str, of: Reply) -> Reply:
    return Reply(Said.FAILURE, reason, origin=of.origin, is_exact=of.is_exact)


def _lame(reply: Reply, server: str, zone: str, origin: Place | None) -> Reply:
    """A server that does not have the zone that it was named for says nothing about its names."""
    if reply.said is Said.REFUSAL:
        return Reply(
            Said.FAILURE, f"`{server}` does not serve it: {reply.reason}", origin=origin, is_exact=reply.is_exact
        )
    is_upward = reply.delegation is not None and len(reply.delegation.name) <= len(zone)
    if reply.said is Said.REFERRAL and is_upward:
        return Reply(
            Said.FAILURE, f"`{server}` does not serve it: {reply.reason}", origin=origin, is_exact=reply.is_exact
        )
    if reply.zone is not None and len(reply.zone) < len(zone):
        return replace(reply, is_exact=False)  # of a zone above: servers differ in what they make of it
    return reply

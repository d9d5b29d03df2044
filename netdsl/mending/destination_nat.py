"""Lines `dnat` that nearly take a packet, or lead it to a port where nobody listens."""

from collections.abc import Iterator

from netdsl.diagnostics.fix import Edit, inserted
from netdsl.ir.expectation import Reaches
from netdsl.ir.filter import DestinationNat, Match
from netdsl.ir.prefixes import in_any
from netdsl.ir.service import Protocol
from netdsl.mending.candidate import Candidate, FailedLine, arriving, instead, last_packet
from netdsl.mending.names import called, interface_names, network_prefix, owner_of
from netdsl.mending.prefixes import mended
from netdsl.mending.statements import values_of
from netdsl.packets.filtering import service_fits
from netdsl.packets.types import Decision, Hop, Outcome, Packet
from netdsl.syntax import tree as syntax

_MOST_SERVICES = 3
_PORTED = (Protocol.TCP, Protocol.UDP)


def propose_destination_nat(failure: FailedLine) -> Iterator[Candidate]:
    """Lines `dnat` of the nodes on the way that lack one thing, or lead to a port where nobody listens."""
    if not failure.must_pass or failure.verdict.outcome is Outcome.NO_WAY_BACK:
        return
    for hop, packet in arriving(failure):
        view = failure.view(hop.node)
        if any(step.decision is Decision.DNAT for step in hop.steps):
            continue
        for rule in view.node.nat.destination:
            line = failure.statements.at(rule.origin, syntax.DestinationNat)
            if line is not None and (rule.state is None or view.is_active(rule.state)):
                yield from _nearly_redirected(failure, rule, line, packet, hop)
    yield from _other_target(failure)
    yield from _other_port(failure)


def _redirected_by(failure: FailedLine) -> syntax.DestinationNat | None:
    """The last line `dnat` that led the request elsewhere."""
    origins = [step.origin for hop in failure.verdict.request for step in hop.steps if step.decision is Decision.DNAT]
    return failure.statements.at(origins[-1], syntax.DestinationNat) if origins else None


def _other_target(failure: FailedLine) -> Iterator[Candidate]:
    """The node that has to answer, where another one is led to."""
    claim, line = failure.claim, _redirected_by(failure)
    if line is None or not isinstance(claim, Reaches) or claim.answered_by is None:
        return
    wanted = claim.answered_by[0]
    by = next(hop.node for hop in failure.verdict.request if any(step.decision is Decision.DNAT for step in hop.steps))
    name = called(wanted, by)
    if line.target.span.text != name:
        yield instead(line.span, f"leads to `{line.target.span.text}`, not to `{wanted}`", Edit(line.target.span, name))


def _other_port(failure: FailedLine) -> Iterator[Candidate]:
    """Where a node does not listen, and does elsewhere: the port that dnat leads to, or that the node serves."""
    way = list(arriving(failure))
    if not way:
        return
    last, packet = way[-1]
    packet = last_packet(last) or packet
    is_there = failure.view(last.node).is_local(packet.destination)
    owner = last.node if is_there else owner_of(failure.world.fabric, packet.destination)
    if owner is None or packet.protocol not in _PORTED or failure.tunnel is not None:
        return
    asked = f"{packet.protocol}/{packet.destination_port}"
    services = failure.view(owner).node.services[:_MOST_SERVICES]
    if any(str(served.service) == asked for served in services):
        return
    redirect = _redirected_by(failure)
    for served in services:
        line = failure.statements.at(served.origin, syntax.Serve)
        if redirect is not None:
            target = redirect.service or redirect.target
            text = str(served.service) if redirect.service is not None else f"{target.span.text} {served.service}"
            fault = f"leads to {asked}, and `{owner}` serves {served.service}"
            yield instead(redirect.span, fault, Edit(target.span, text))
        elif line is not None and line.service is not None:
            yield instead(line.span, f"listens elsewhere than at {asked}", Edit(line.service.span, asked))


def _nearly_redirected(
    failure: FailedLine, rule: DestinationNat, line: syntax.DestinationNat, packet: Packet, hop: Hop
) -> Iterator[Candidate]:
    lacking = list(_lacking(rule.match, packet, hop.in_interface))
    if len(lacking) != 1:
        return
    if lacking[0] == "service":
        yield from _other_service(rule.match, line, packet)
    for clause in line.clauses:
        if clause.word == lacking[0]:
            yield from _other_clause(failure, line, clause, packet, hop)


def _lacking(match: Match, packet: Packet, arrived: str | None) -> Iterator[str]:
    """The clauses that a packet does not fit."""
    if match.services and not any(service_fits(service, packet) for service in match.services):
        yield "service"
    if match.sources and not in_any(packet.source, match.sources):
        yield "from"
    if match.destinations and not in_any(packet.destination, match.destinations):
        yield "to"
    if match.in_interfaces and arrived not in match.in_interfaces:
        yield "in"


def _other_service(match: Match, line: syntax.DestinationNat, packet: Packet) -> Iterator[Candidate]:
    """Another port stays the server's where none is named for it."""
    if packet.protocol not in _PORTED or len(line.services) != 1:
        return
    actual = f"{packet.protocol}/{packet.destination_port}"
    edit = Edit(line.services[0].span, actual)
    yield instead(line.span, f"is not for {actual}", edit)
    named = match.services[0]
    if line.service is None and named.protocol is packet.protocol and named.first is not None:
        yield instead(line.span, f"is not for {actual}", edit, inserted(line.target.span, f" {named}"))


def _other_clause(
    failure: FailedLine, line: syntax.DestinationNat, clause: syntax.Clause, packet: Packet, hop: Hop
) -> Iterator[Candidate]:
    place, destination, arrived = values_of(clause), packet.destination, hop.in_interface
    match clause.word:
        case "in":
            if arrived is not None:
                yield instead(line.span, f"is not for what comes in by `{arrived}`", Edit(place, arrived))
        case "to":
            for name in (*interface_names(failure.world.fabric, destination, hop.node), str(destination)):
                yield instead(line.span, f"is not for what goes to {destination}", Edit(place, name))
        case _:
            prefix = network_prefix(failure.world.fabric, packet.source)
            for value in clause.values:
                text = mended(value, prefix, packet.source)
                if text is not None:
                    yield instead(line.span, f"is not for what comes from {packet.source}", Edit(value.span, text))

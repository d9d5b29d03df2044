"""Lines of a firewall that nearly decide otherwise: one condition off, in another chain, or after the line that decides."""

from collections.abc import Iterator
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.diagnostics.fix import Edit, inserted
from netdsl.ir.filter import Chain, FilterRule, Firewall, Verdict
from netdsl.ir.prefixes import in_any
from netdsl.ir.service import Protocol
from netdsl.mending.candidate import Candidate, FailedLine, instead
from netdsl.mending.names import called, network_prefix, owner_of
from netdsl.mending.prefixes import mended
from netdsl.mending.statements import cited, moved_before, values_of, word_replaced
from netdsl.packets.types import Decision, Packet
from netdsl.packets.view import View
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.verify.near import Lack, chain_at, lacks

_PASSING = frozenset({Verdict.ACCEPT})
_REFUSING = frozenset({Verdict.DROP, Verdict.REJECT})
_PORTED = (Protocol.TCP, Protocol.UDP)
_PAIRS = (("from", "to", frozenset({Lack.SOURCE, Lack.DESTINATION})), ("in", "out", frozenset({Lack.IN, Lack.OUT})))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A packet in a chain of a node. `decider`: the statement that decided; `wanted`: verdicts that would help."""

    view: View
    firewall: Firewall
    chain: Chain
    packet: Packet
    arrived: str | None
    decider: Place | None
    wanted: frozenset[Verdict]

    @property
    def leaves_by(self) -> str | None:
        route = self.view.route(self.packet.destination)
        return None if route is None else route.interface


def propose_filters(failure: FailedLine) -> Iterator[Candidate]:
    yield from sorted(_all(failure), key=lambda one: one.is_wider)


def _all(failure: FailedLine) -> Iterator[Candidate]:
    for seen in _decisions(failure):
        for rule in seen.firewall.rules:
            if isinstance(rule, FilterRule) and rule.verdict in seen.wanted:
                statement = failure.statements.at(rule.origin, syntax.FilterRule)
                if statement is not None:
                    yield from _by_rule(failure, seen, rule, statement)
        decider = failure.statements.at(seen.decider, syntax.FilterRule)
        if decider is not None:
            yield from _exchanged(decider, *_PAIRS[0][:2])
            yield from _another_chain(seen, decider)


def _decisions(failure: FailedLine) -> Iterator[_Seen]:
    """Where a chain stopped the packet; of one that must not pass, each chain that let it pass."""
    must_pass = failure.must_pass
    for hop in failure.hops[-1:] if must_pass else failure.hops:
        view = failure.view(hop.node)
        firewall = view.node.firewall
        for step in hop.steps if firewall is not None else ():
            chain = chain_at(step.hook)
            if chain is None or firewall is None or (step.decision is Decision.ACCEPT) is must_pass:
                continue
            if step.decision in (Decision.ACCEPT, Decision.DROP, Decision.REJECT):
                wanted = _PASSING if must_pass else _REFUSING
                yield _Seen(view, firewall, chain, step.packet, hop.in_interface, step.origin, wanted)


def _by_rule(failure: FailedLine, seen: _Seen, rule: FilterRule, line: syntax.FilterRule) -> Iterator[Candidate]:
    found = (lack for lack, _ in lacks(rule, seen.view, seen.packet, seen.arrived))
    missing = frozenset(lack for lack in found if lack is not Lack.THROUGH)  # the trial knows about tunnels
    if rule.chain is not seen.chain:
        if not missing:
            yield from _other_chain(seen, rule, line)
    elif not missing:
        yield from _later(failure, seen, line)
    else:
        for one, other, pair in _PAIRS:
            if missing <= pair and _fits_exchanged(seen, rule, one):
                yield from _exchanged(line, one, other)
        if len(missing) == 1:
            yield from _one_off(failure, seen, rule, line, *missing)


def _other_chain(seen: _Seen, rule: FilterRule, line: syntax.FilterRule) -> Iterator[Candidate]:
    edit = word_replaced(line.span, rule.chain, seen.chain)
    if edit is not None:
        what = {
            Chain.FORWARD: f"the packet passes through `{seen.view.id}`",
            Chain.INPUT: f"the packet is for `{seen.view.id}` itself",
            Chain.OUTPUT: f"the packet is sent by `{seen.view.id}` itself",
        }[seen.chain]
        yield instead(line.span, f"is of the {rule.chain} chain, and {what}", edit)


def _another_chain(seen: _Seen, line: syntax.FilterRule) -> Iterator[Candidate]:
    """Of a line that decides wrongly: the packets through the node, or those for it."""
    other = {Chain.FORWARD: Chain.INPUT, Chain.INPUT: Chain.FORWARD}.get(seen.chain)
    edit = None if other is None else word_replaced(line.span, seen.chain, other)
    if edit is not None:
        yield instead(line.span, f"decides in the {seen.chain} chain", edit)


def _later(failure: FailedLine, seen: _Seen, line: syntax.FilterRule) -> Iterator[Candidate]:
    decider = failure.statements.at(seen.decider, syntax.FilterRule)
    if decider is not None and decider.span.source.name == line.span.source.name and decider is not line:
        sentence = f"{cited(line.span)} stands after {cited(decider.span)}, which decides: put it before that line"
        yield Candidate(sentence, moved_before(line.span, decider.span))


# --- two clauses exchanged


def _fits_exchanged(seen: _Seen, rule: FilterRule, word: str) -> bool:
    match, packet = rule.match, seen.packet
    if word == "from":
        return (not match.sources or in_any(packet.destination, match.sources)) and (
            not match.destinations or in_any(packet.source, match.destinations)
        )
    return (not match.in_interfaces or seen.leaves_by in match.in_interfaces) and (
        not match.out_interfaces or seen.arrived in match.out_interfaces
    )


def _exchanged(line: syntax.FilterRule, one: str, other: str) -> Iterator[Candidate]:
    first, second = _clause(line, one), _clause(line, other)
    edits: tuple[Edit, ...]
    if first is not None and second is not None:
        edits = (Edit(values_of(first), values_of(second).text), Edit(values_of(second), values_of(first).text))
    else:
        only = first or second
        edit = None if only is None else word_replaced(only.span, only.word, other if only is first else one)
        if edit is None:
            return
        edits = (edit,)
    shown = " ".join(f"{each.word} {values_of(each).text}" for each in (first, second) if each is not None)
    yield instead(line.span, f"is, as written, `{shown}`", *edits)


def _clause(line: syntax.FilterRule, word: str) -> syntax.Clause | None:
    return next((clause for clause in line.clauses if clause.word == word and clause.values), None)


# --- one condition off


def _one_off(
    failure: FailedLine, seen: _Seen, rule: FilterRule, line: syntax.FilterRule, lack: Lack
) -> Iterator[Candidate]:
    match lack:
        case Lack.SERVICE:
            yield from _other_service(failure, seen, rule, line)
        case Lack.SOURCE | Lack.DESTINATION:
            clause = _clause(line, "from" if lack is Lack.SOURCE else "to")
            if clause is not None:
                yield from _other_address(failure, seen, rule, line, clause)
        case Lack.IN | Lack.OUT:
            is_in = lack is Lack.IN
            clause, actual = _clause(line, "in" if is_in else "out"), seen.arrived if is_in else seen.leaves_by
            if clause is not None and actual is not None:
                how = "comes in" if is_in else "leaves"
                yield instead(line.span, f"is not for what {how} by `{actual}`", Edit(values_of(clause), actual))
        case Lack.CONNECTION | Lack.STATE | Lack.THROUGH:
            pass


def _other_service(failure: FailedLine, seen: _Seen, rule: FilterRule, line: syntax.FilterRule) -> Iterator[Candidate]:
    packet, asked, named = seen.packet, failure.verdict.service, rule.match.services
    if packet.protocol not in _PORTED:
        return
    actual = f"{packet.protocol}/{packet.destination_port}"
    fault, is_slip = f"is not for {actual}", any(one.first == one.last == packet.destination_port for one in named)
    if asked is not None and asked in named and str(asked) != actual:
        fault, is_slip = f"names the port before dnat, and after dnat the packet is {actual}", True
    if not is_slip and all(one.protocol is not packet.protocol for one in named):
        return
    first, last = line.services[0].span, line.services[-1].span
    edits = [Edit(first, actual)] if len(line.services) == 1 else []
    edits.append(inserted(last, f", {actual}"))
    for edit in edits:
        yield replace(instead(line.span, fault, edit), is_wider=not is_slip)


def _other_address(
    failure: FailedLine, seen: _Seen, rule: FilterRule, line: syntax.FilterRule, clause: syntax.Clause
) -> Iterator[Candidate]:
    is_source = clause.word == "from"
    fabric, verdict = failure.world.fabric, failure.verdict
    address = seen.packet.source if is_source else seen.packet.destination
    for value in clause.values:
        text = mended(value, network_prefix(fabric, address), address)
        if text is not None:
            how = "comes from" if is_source else "goes to"
            yield instead(line.span, f"is not for what {how} {address}", Edit(value.span, text))
    owner = owner_of(fabric, address)
    if owner is None:
        return
    if is_source:
        sent = failure.asker
        if sent is None or sent == address or not in_any(sent, rule.match.sources):
            return
        fault = f"names who sends the packet, and after source NAT it comes from {address}"
    else:
        if verdict.destination == address or not in_any(verdict.destination, rule.match.destinations):
            return
        fault = f"names the address before dnat, and after dnat the packet goes to `{owner}`"
    for name in (called(owner, seen.view.id), str(address)):
        yield instead(line.span, fault, Edit(values_of(clause), name))

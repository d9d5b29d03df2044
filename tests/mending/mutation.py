"""One slip in a lab that holds: sides exchanged, a line left out, a port, a prefix, a chain written otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.walk import parts_of
from netdsl.source import SourceFile, Span
from netdsl.syntax import tree as syntax
from netdsl.syntax.parser import parse


@dataclass(frozen=True, slots=True)
class Slip:
    """What was done to which statement, and the lab with it."""

    kind: str
    statement: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.statement}"


def slips(text: str) -> Iterator[Slip]:
    """Every slip that each statement of a lab can have, but for those in `expect`."""
    document = parse(SourceFile("lab.net", text), Diagnostics())
    for statement in _statements(document.statements):
        for kind, span, new in _changes(statement):
            shown = " ".join(statement.span.text.split("{")[0].split())
            yield Slip(kind, shown, text[: span.start] + new + text[span.end :])


def _statements(part: object) -> Iterator[syntax.Statement]:
    match part:
        case syntax.Expect():
            return
        case syntax.Statement():
            yield part
            for inner in parts_of(part):
                yield from _statements(inner)
        case syntax.Body():
            yield from _statements(part.statements)
        case tuple():
            for inner in part:
                yield from _statements(inner)


def _changes(statement: syntax.Statement) -> Iterator[tuple[str, Span, str]]:
    span = statement.span
    match statement:
        case syntax.FilterRule():
            yield from _filter(statement)
        case syntax.Masquerade():
            yield "masquerade left out", span, ""
        case syntax.DestinationNat() if statement.service is not None:
            yield "port of dnat left out", statement.service.span, ""
        case syntax.Route():
            yield "route left out", span, ""
            for value in statement.prefixes or ():
                yield from _prefix(value)
        case syntax.Node() if statement.kind == "router":
            yield "host for router", Span(span.source, span.start, span.start + len("router")), "host"
        case syntax.Between() | syntax.Side():
            yield from _ends(statement)
        case _:
            pass


def _filter(line: syntax.FilterRule) -> Iterator[tuple[str, Span, str]]:
    clauses = {clause.word: clause for clause in line.clauses if clause.values}
    for one, other in (("from", "to"), ("in", "out")):
        if one in clauses and other in clauses:
            first, second = _list(clauses[one]), _list(clauses[other])
            between = first.source.text[first.end : second.start]
            whole = Span(first.source, first.start, second.end)
            yield f"{one} and {other} exchanged", whole, f"{second.text}{between}{first.text}"
    for clause in clauses.values():
        for value in clause.values:
            yield from _prefix(value)
    for value in line.services:
        protocol, _, port = value.span.text.partition("/")
        if protocol in ("tcp", "udp") and port.isdecimal():
            yield "protocol exchanged", value.span, f"{'udp' if protocol == 'tcp' else 'tcp'}/{port}"
            yield "port changed", value.span, f"{protocol}/{int(port) + 1}"
    if len(line.chains) == 1 and line.chains[0] in ("input", "forward"):
        start = line.span.text.index(line.chains[0]) + line.span.start
        other_chain = "forward" if line.chains[0] == "input" else "input"
        yield "chain exchanged", Span(line.span.source, start, start + len(line.chains[0])), other_chain


def _ends(statement: syntax.Between | syntax.Side) -> Iterator[tuple[str, Span, str]]:
    sides = (
        [(one.nodes, one.protecting) for one in statement.joined]
        if isinstance(statement, syntax.Between)
        else [(statement.nodes, statement.protecting)]
    )
    for nodes, protected in sides:
        if protected:
            yield "protecting left out", Span(statement.span.source, nodes[-1].span.end, protected[-1].span.end), ""
        for value in protected:
            yield from _prefix(value)


def _prefix(value: syntax.Value) -> Iterator[tuple[str, Span, str]]:
    if isinstance(value, syntax.Literal) and value.kind is syntax.Kind.PREFIX:
        prefix = ip_network(value.text)
        bit = 1 << (prefix.max_prefixlen - prefix.prefixlen)
        flipped = type(prefix)((int(prefix.network_address) ^ bit, prefix.prefixlen))
        yield "a bit of a prefix", value.span, str(flipped)
        yield (
            "length of a prefix",
            value.span,
            f"{prefix.network_address}/{min(prefix.prefixlen + 5, prefix.max_prefixlen)}",
        )


def _list(clause: syntax.Clause) -> Span:
    return Span(clause.span.source, clause.values[0].span.start, clause.values[-1].span.end)

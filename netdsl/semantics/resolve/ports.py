"""Services as protocols and ports: literals, the built-in names, and those that a lab declares."""

import re
from collections.abc import Container

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.fix import Rewording
from netdsl.ir.kind_names import kind_names, named_services
from netdsl.ir.service import PortService, Protocol
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import Context, evaluate_list, report_wrong_kind
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.scopes import MOST_FINDINGS, find, outwards, visible_names
from netdsl.semantics.values import Value, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

FOREIGN_SERVICES = {
    "icmpv6": "icmp", "icmp6": "icmp", "ping": "icmp/echo-request",
    "domain": "dns", "www": "http", "ipv6-icmp": "icmp",
}  # fmt: skip
REMARKS = {
    **dict.fromkeys(("any", "all", "ip", "anything"), "a line without a service is for every one"),
    **dict.fromkeys(("established", "related"), "answers are always accepted first: no line is needed for them"),
    **dict.fromkeys(("lo", "loopback"), "loopback is always accepted first: no line is needed for it"),
}
"""Words that are no services in other tools either, and what is said of them."""
_STUCK = re.compile(r"(tcp|udp|sctp)[-_]?(\d+)")
DEEPEST = 32
"""Named services may name others so deep: far more than anybody needs, and no circle gets through."""


def one_port(value: Placed[Value], protocol: Protocol, work: Work, needed: str) -> int | None:
    """The number of a single port of a protocol. None once reported. `needed`: what it should be."""
    found = one_port_of(value, (protocol,), work, needed)
    return None if found is None else found.first


def one_port_of(value: Placed[Value], protocols: Container[Protocol], work: Work, needed: str) -> PortService | None:
    """A single port of one of the protocols. None once reported. `needed`: what it should be."""
    match service(value, work):
        case (PortService() as found,) if is_one_port(found) and found.protocol in protocols:
            return found
        case None:
            return None
        case _:
            report_wrong_kind(value.value, needed, value.place, work.diagnostics)
            return None


def services(values: tuple[syntax.Value, ...], context: Context, work: Work) -> tuple[PortService, ...] | None:
    """The services of a list, names taken apart; None once one of them is reported."""
    placed = evaluate_list(values, context, work.diagnostics)
    found: dict[PortService, None] = {}
    is_right = len(placed) >= len(values)
    for one in placed:
        ports = service(one, work)
        is_right = is_right and ports is not None
        found.update(dict.fromkeys(ports or ()))
    return tuple(found) if is_right else None


def service(placed: Placed[Value], work: Work) -> tuple[PortService, ...] | None:
    """What one value means: a literal, or a name. Reports unknown-protocol, foreign-word, wrong-kind."""
    match placed.value:
        case PortService():
            return (placed.value,)
        case Word():
            return _named(placed.value, placed.place, work, 0)
        case int():
            work.diagnostics.report(
                catalogue.WRONG_KIND,
                f"a service is needed, `{placed.value}` is a number",
                placed.place,
                help=f"a port has its protocol: `tcp/{placed.value}`",
            )
            return None
        case _:
            work.wrong_kind(placed, "a service (`tcp/80`, `http`)")
            return None


def is_one_port(service_: PortService) -> bool:
    return service_.first is not None and service_.first == service_.last


def check_declared(items: list[tuple[syntax.Service, Item]], work: Work) -> None:
    """What named services mean is looked at once, also where nothing uses them."""
    for _, item in items:
        path = item.scope.qualified(item.name)
        if path not in work.services:
            _declared(path, item, work, 0)


def _named(word: Word, place: Place, work: Work, depth: int) -> tuple[PortService, ...] | None:
    found = find(word)
    if found is not None and found.element.kind is ElementKind.SERVICE and not found.rest:
        path = found.element.path
        if path in work.unfinished_services:
            message = f"the service `{path}` is made of itself"
            work.diagnostics.report(catalogue.VALUE_CYCLE, message, place)
            return None
        if path not in work.services:
            _declared(path, found.element.item, work, depth + 1)
        return work.services.get(path)
    built_in = named_services().get(word.text)
    if built_in is not None:
        return built_in
    _report_unknown(word, place, work)
    return None


def _declared(path: str, item: Item, work: Work, depth: int) -> None:
    """Fills `work.services` for one service and those that it names."""
    assert isinstance(item.statement, syntax.Service)
    if depth > DEEPEST:
        message = f"services name services more than {DEEPEST} deep"
        work.diagnostics.report(catalogue.NESTING_TOO_DEEP, message, item.place)
        work.services[path] = None
        return
    work.unfinished_services.add(path)
    members: dict[PortService, None] = {}
    placed = evaluate_list(item.statement.values, item, work.diagnostics)
    is_right = len(placed) >= len(item.statement.values)
    for one in placed:
        found = _named(one.value, one.place, work, depth) if isinstance(one.value, Word) else service(one, work)
        is_right = is_right and found is not None
        members.update(dict.fromkeys(found or ()))
    work.unfinished_services.discard(path)
    work.services[path] = tuple(members) if is_right else None


def _report_unknown(word: Word, place: Place, work: Work) -> None:
    if any(scope.is_incomplete for scope in outwards(word.scope)):
        return
    tables = (FOREIGN_SERVICES, *(names.FOREIGN_SERVICES for names in kind_names()))
    ours = next((table[word.text] for table in tables if word.text in table), None)
    if (remark := REMARKS.get(word.text)) is not None:
        message = f"`{word.text}` is a word of other tools"
        work.diagnostics.report(catalogue.FOREIGN_WORD, message, place, help=remark)
        return
    if ours is None and (stuck := _STUCK.fullmatch(word.text)) is not None:
        ours = f"{stuck[1]}/{stuck[2]}"
    if ours is not None:
        message = f"`{word.text}` is a word of other tools"
        advice = Rewording(f"here it is called `{ours}`", word.text, ours)
        work.diagnostics.report(catalogue.FOREIGN_WORD, message, place, help=advice)
        return
    names = (
        []
        if work.diagnostics.reported > MOST_FINDINGS
        else [name for name, element in visible_names(word.scope) if element.kind is ElementKind.SERVICE]
    )
    work.diagnostics.report(
        catalogue.UNKNOWN_PROTOCOL,
        f"no service is called `{word.text}`",
        place,
        help=work.near(word.text, (*named_services(), *names))
        or f"a port is written `tcp/80`; a name is declared by `service {word.text} = tcp/80`",
    )

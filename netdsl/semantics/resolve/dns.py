"""`serve dns { … }`: zones, records, delegations, and whom the server asks."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from netdsl.diagnostics import catalogue
from netdsl.ir.dns import ROOT, is_within, joined, shown
from netdsl.ir.ids import NodeId
from netdsl.semantics.bindings import Placed, Who, WhoInterface, WhoNode, WhoPrefix
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.placement import Block, report_repeated, sort_block
from netdsl.semantics.resolve.who import who, whos
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.values import Value, Word
from netdsl.semantics.zones import BoundDelegation, BoundForwarder, BoundNames, BoundRecord, BoundRecursion, BoundZone
from netdsl.source import Place
from netdsl.syntax import tree as syntax

MOST_RECORD_TARGETS = 64
LONGEST_DOMAIN = 253
LONGEST_ZONE = LONGEST_DOMAIN - 64  # a label of 63 characters and a dot before it
LONGEST_TEXT = 4000  # bytes: a message holds 65,535 (RFC 1035 section 4.2.2)
LARGEST_PREFERENCE = 65_535
APEX = "@"
WORDS = ("zone", "record", "delegate", "recursion", "forwarder")

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
"""Labels of up to 63 characters: RFC 1035 section 2.3.4; `_` as in RFC 8552."""


def is_domain(text: str) -> bool:
    return len(text) <= LONGEST_DOMAIN and _DOMAIN.fullmatch(text) is not None


def bound_names(block: Block, item: Item, work: Work) -> BoundNames | None:
    """All that the block says; None where lines stand without the zone that they are in: reported."""
    zones = [_zone(line, own, work) for line, own in block.attributes("zone") if line.body is not None]
    flat = [(line, own) for line, own in block.attributes("zone") if line.body is None]
    for _, own in flat[1:]:
        report_repeated("zone", own, flat[0][1], work.diagnostics)
    lines = [*block.of(syntax.Record), *block.of(syntax.Delegate)]
    if flat:
        zones.insert(0, _zone_of_lines(flat[0][0], flat[0][1], block, work))
    elif lines:
        message = "records without a `zone` that they are in"
        advice = "as in `zone corp.example`" + (", or in the block of one of the zones" if zones else "")
        work.diagnostics.report(catalogue.MISSING_STATEMENT, message, item.place, help=advice)
        return None
    return BoundNames(
        tuple(zone for zone in zones if zone is not None),
        tuple(_forwarders(block, work)),
        _recursion(block.attributes("recursion"), work),
    )


# --- zones


def _zone(line: syntax.Attribute, item: Item, work: Work) -> BoundZone | None:
    return _zone_of_lines(line, item, sort_block(item.children, "zone", work.diagnostics), work)


def _zone_of_lines(line: syntax.Attribute, item: Item, block: Block, work: Work) -> BoundZone | None:
    value = attributes.only_value((line, item), work.diagnostics)
    name = None if value is None else ROOT if value.value == "." else _domain(value, "a zone", work)
    if value is None or name is None or not _has_room(name, value.place, work):
        return None
    records = tuple(_records(block, name, work))
    return BoundZone(name, records, tuple(_delegations(block, name, work)), item.place)


def _domain(value: Placed[Value], what: str, work: Work) -> str | None:
    text = value.value.text if isinstance(value.value, Word) else value.value
    if not isinstance(text, str):
        advice = f'in quotes: `"{text}"`' if is_domain(str(text)) else None
        work.wrong_kind(value, f"{what}'s name", advice)
        return None
    if is_domain(text):
        return text.lower()
    message = f"`{text}` is no domain name" if text.isprintable() else "the text is no domain name"
    advice = "letters, digits and `-` between dots"
    work.diagnostics.report(catalogue.INVALID_ZONE, message, value.place, help=advice)
    return None


def _full(value: Placed[Value] | None, zone: str, what: str, work: Work) -> str | None:
    """A name of a zone, whole: `@` is the zone itself, a dot at the end says that the name is whole already."""
    if value is None:
        return None
    if value.value == APEX:
        return zone
    is_whole = isinstance(value.value, str) and len(value.value) > 1 and value.value.endswith(".")
    written = Placed[Value](value.value[:-1], value.place) if is_whole and isinstance(value.value, str) else value
    name = _domain(written, what, work)
    if name is None or is_whole:
        return name
    whole = joined(name, zone)
    if len(whole) <= LONGEST_DOMAIN:
        return whole
    message = f"a name of {len(whole)} characters, with its zone"
    advice = f"a domain name has {LONGEST_DOMAIN} at most"
    work.diagnostics.report(catalogue.INVALID_ZONE, message, value.place, help=advice)
    return None


def _own(value: Placed[Value] | None, zone: str, what: str, work: Work) -> str | None:
    """The same, in the zone."""
    name = _full(value, zone, what, work)
    if name is None or value is None or is_within(name, zone):
        return name
    message = f"`{name}.` is not in the zone `{shown(zone)}`"
    advice = "a name with a dot at its end is whole; without, it is one of the zone"
    work.diagnostics.report(catalogue.INVALID_ZONE, message, value.place, help=advice)
    return None


def _has_room(zone: str, place: Place, work: Work) -> bool:
    """Whether a server of the zone can have a name in it."""
    if len(zone) <= LONGEST_ZONE:
        return True
    message = f"a zone's name of {len(zone)} characters"
    advice = f"{LONGEST_ZONE} at most, so that there is room for the names in it"
    work.diagnostics.report(catalogue.INVALID_ZONE, message, place, help=advice)
    return False


def _records(block: Block, zone: str, work: Work) -> Iterator[BoundRecord]:
    for statement, item in block.of(syntax.Record):
        written = attributes.placed(statement.name, item, work.diagnostics)
        values = evaluate_list(statement.values, item, work.diagnostics)
        name = _own(written, zone, "a record", work)
        if name is None or len(values) != len(statement.values):
            continue
        match statement.type:
            case "cname" | "ptr":
                yield from _other_name(name, statement.type, values, zone, item, work)
            case "mx":
                yield from _mail(name, values, zone, item, work)
            case "txt":
                yield from _text(name, values, item, work)
            case _:
                yield from _addresses(name, values[0], item, work)


def _addresses(name: str, target: Placed[Value], item: Item, work: Work) -> Iterator[BoundRecord]:
    for one in who(target, work)[:MOST_RECORD_TARGETS]:
        match one.value:
            case WhoNode() | WhoInterface():
                yield BoundRecord(name, "address", item.place, one)
            case WhoPrefix(prefix) if prefix.prefixlen == prefix.max_prefixlen:
                yield BoundRecord(name, "address", item.place, one)
            case _:
                message = "a record's target is a node, an interface or an address"
                work.diagnostics.report(catalogue.WRONG_ELEMENT, message, one.place)


def _other_name(
    name: str, kind: str, values: tuple[Placed[Value], ...], zone: str, item: Item, work: Work
) -> Iterator[BoundRecord]:
    if _is_single(values, f"record NAME {kind} OTHER-NAME", item, work):
        target = _full(values[0], zone, "a record", work)
        if target is not None:
            yield BoundRecord(name, kind, item.place, text=target)


def _mail(name: str, values: tuple[Placed[Value], ...], zone: str, item: Item, work: Work) -> Iterator[BoundRecord]:
    if len(values) != 2:
        _report_shape("record NAME mx PREFERENCE SERVER-NAME", item, work)
        return
    preference = attributes.integer(values[0], work.diagnostics)
    exchange = _full(values[1], zone, "a record", work)
    if preference is not None and not 0 <= preference <= LARGEST_PREFERENCE:
        message = f"the preference is a number from 0 to {LARGEST_PREFERENCE}, not {preference}"
        work.diagnostics.report(catalogue.OUT_OF_RANGE, message, values[0].place)
    elif preference is not None and exchange is not None:
        yield BoundRecord(name, "mx", item.place, text=exchange, preference=preference)


def _text(name: str, values: tuple[Placed[Value], ...], item: Item, work: Work) -> Iterator[BoundRecord]:
    if not _is_single(values, 'record NAME txt "TEXT"', item, work):
        return
    text = attributes.text(values[0], work.diagnostics)
    if text is not None and len(text.encode()) > LONGEST_TEXT:
        message = f"a text of more than {LONGEST_TEXT} bytes"
        work.diagnostics.report(catalogue.OUT_OF_RANGE, message, values[0].place)
    elif text is not None:
        yield BoundRecord(name, "txt", item.place, text=text)


def _is_single(values: tuple[Placed[Value], ...], shape: str, item: Item, work: Work) -> bool:
    if len(values) == 1:
        return True
    _report_shape(shape, item, work)
    return False


def _report_shape(shape: str, item: Item, work: Work) -> None:
    message = "a record with another number of values than its type has"
    work.diagnostics.report(catalogue.WRONG_ARITY, message, item.place, help=f"`{shape}`")


def _delegations(block: Block, zone: str, work: Work) -> Iterator[BoundDelegation]:
    for statement, item in block.of(syntax.Delegate):
        written = attributes.placed(statement.name, item, work.diagnostics)
        name = _own(written, zone, "a zone", work)
        servers = [
            one
            for value in evaluate_list(statement.servers, item, work.diagnostics)
            for one in _server(value, zone, work)
        ]
        if written is not None and name == zone:
            message = f"the zone `{shown(zone)}` delegated by itself"
            advice = f"`delegate NAME to NODE` is for a zone inside of `{shown(zone)}`"
            work.diagnostics.report(catalogue.INVALID_ZONE, message, written.place, help=advice)
        elif written is not None and name is not None and servers and _has_room(name, written.place, work):
            yield BoundDelegation(name, tuple(servers), item.place)


def _server(value: Placed[Value], zone: str, work: Work) -> Iterator[Placed[WhoNode | WhoInterface | str]]:
    if isinstance(value.value, str):
        name = _full(value, zone, "a server", work)
        if name is not None:
            yield Placed(name, value.place)
        return
    if not isinstance(value.value, Word):
        advice = "the node that serves the zone: `delegate NAME to NODE`"
        work.wrong_kind(value, "a node, or in quotes the name of a server", advice)
        return
    for one in who(value, work):
        if isinstance(one.value, WhoNode | WhoInterface):
            yield Placed(one.value, one.place)
        else:
            message = "a zone is delegated to a node, or to an interface of one"
            work.diagnostics.report(catalogue.WRONG_ELEMENT, message, one.place)


# --- whom it asks


def _forwarders(block: Block, work: Work) -> Iterator[BoundForwarder]:
    for statement, item in block.attributes("forwarder"):
        zones: list[str | None] = [ROOT]
        if statement.nodes:
            values = evaluate_list(statement.nodes, item, work.diagnostics)
            zones = [_domain(value, "a zone", work) for value in values]
        nodes = tuple(nodes_named(statement, item, work))
        if nodes:
            yield from (BoundForwarder(zone, nodes, item.place) for zone in zones if zone is not None)


def nodes_named(statement: syntax.Attribute, item: Item, work: Work) -> Iterator[Placed[NodeId]]:
    """Servers of names, of `resolver NODE, …` and `forwarder NODE, …`."""
    word = statement.word
    if not statement.values:
        work.diagnostics.report(
            catalogue.WRONG_ARITY, f"`{word}` without a node", item.place, help=f"as in `{word} NODE`"
        )
    for placed in evaluate_list(statement.values, item, work.diagnostics):
        if isinstance(placed.value, IPv4Address | IPv6Address):
            advice = f"a node of the lab answers names: `serve dns {{ … }}` there, and `{word} NODE` here"
            work.wrong_kind(placed, "a node's name", advice)
        elif (other := work.node(placed)) is not None:
            yield Placed(other.id, placed.place)


def _recursion(lines: list[tuple[syntax.Attribute, Item]], work: Work) -> BoundRecursion | None:
    """For all that the lines name together; a line without `for`: for everybody."""
    clients: list[Placed[Who]] = []
    for statement, item in lines:
        if statement.values:
            message = "`recursion` takes no value"
            advice = "`recursion` for all who ask, `recursion for NETWORK, …` for those"
            work.diagnostics.report(catalogue.WRONG_ARITY, message, item.place, help=advice)
        clients += whos(statement.nodes, item, work) or ()
    is_for_all = any(not statement.nodes for statement, _ in lines)
    return BoundRecursion(() if is_for_all else tuple(clients), lines[0][1].place) if lines else None

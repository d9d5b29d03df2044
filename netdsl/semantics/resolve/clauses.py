"""The clauses of firewall and NAT lines: `from`, `to`, `in`, `out`, `through`, `except`, `limit`, `log`, `while`."""

from dataclasses import field
from typing import TypeVar

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.index import TUNNELS
from netdsl.ir.filter import Flag, Limit, State
from netdsl.ir.ids import TunnelId
from netdsl.semantics.bindings import BoundMatch, BoundState, Placed, Who
from netdsl.semantics.evaluate import Context, evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.ports import services
from netdsl.semantics.resolve.who import whos
from netdsl.semantics.resolve.work import NodeDraft, Work, report_unknown_part
from netdsl.semantics.scopes import find, locate
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind
from netdsl.syntax.statements import statements

FILTER = ("from", "to", "in", "out", "through", "state", "flags", "without", "limit", "log")
EXCEPTIONS = ("except from", "except to", "except through")
DESTINATION_NAT = ("from", "to", "in", *EXCEPTIONS)
SOURCE_NAT = ("from", "to", "out", *EXCEPTIONS)
NETMAP = ("to", "out", "except to", "except through")
BELONGS = {
    **dict.fromkeys(EXCEPTIONS, "lines of `nat`"),
    **dict.fromkeys(("limit", "log", "through", "state", "flags", "without"), "firewall lines"),
    "in": "firewall lines and `dnat`", "out": "firewall lines, `snat`, `masquerade` and `netmap`",
}  # fmt: skip
# Where nothing is left out of tracking no packet is untracked, and where all are, no line asks.
_STATES = tuple(one for one in State if one is not State.UNTRACKED)
_FOREIGN_STATES = {one.upper(): one.value for one in _STATES}
_FOREIGN_FLAGS = {one.upper(): one.value for one in Flag} | {"push": "psh", "PUSH": "psh"}
LONGEST_LOG = 120
"""Of the 128 bytes that the kernel has for a prefix (NF_LOG_PREFIXLEN, netfilter/nf_log.h), with room for a blank."""


Through = tuple[tuple[Placed[TunnelId], ...], tuple[str, ...]]
"""Tunnels, and kinds whose name stands for all tunnels of theirs in the node."""


@dataclass(slots=True, eq=False)
class Clauses:
    """What a line's clauses say. `is_right`: nothing about them was reported."""

    match: BoundMatch
    limit: Limit | None
    log: str | None
    state: BoundState | None
    is_right: bool


@dataclass(slots=True, eq=False)
class _Read:
    """The tuples of a `BoundMatch` while its clauses are read."""

    sources: tuple[Placed[Who], ...] = ()
    destinations: tuple[Placed[Who], ...] = ()
    not_destinations: tuple[Placed[Who], ...] = ()
    not_sources: tuple[Placed[Who], ...] = ()
    states: tuple[Placed[State], ...] = ()
    flags: tuple[Placed[Flag], ...] = ()
    not_flags: tuple[Placed[Flag], ...] = ()
    interfaces: dict[str, tuple[Placed[str], ...]] = field(default_factory=dict)
    through: Through = ((), ())
    not_through: Through = ((), ())
    limit: Limit | None = None
    log: str | None = None
    is_right: bool = True


def clauses(
    node: NodeDraft,
    item: Item,
    service_values: tuple[syntax.Value, ...],
    lines: tuple[syntax.Clause, ...],
    state: syntax.While | None,
    allowed: tuple[str, ...],
    work: Work,
) -> Clauses:
    read = _Read()
    first_of: dict[str, syntax.Clause] = {}
    for clause in lines:
        if clause.word in allowed and clause.word not in first_of:
            first_of[clause.word] = clause
            _clause(node, clause, item, read, work)
            continue
        read.is_right = False
        _report_clause(clause, first_of.get(clause.word), item, work)
    found_services = services(service_values, item, work)
    found_state = None if state is None else bound_state(state, item, work)
    match_ = BoundMatch(
        read.sources, read.destinations, found_services or (), read.interfaces.get("in", ()),
        read.interfaces.get("out", ()), *read.through, *read.not_through, read.not_destinations, read.not_sources,
        read.states, read.flags, read.not_flags,
    )  # fmt: skip
    is_right = read.is_right and found_services is not None and (state is None or found_state is not None)
    return Clauses(match_, read.limit, read.log, found_state, is_right)


def bound_state(state: syntax.While, context: Context, work: Work) -> BoundState | None:
    """`while T up`, `while T.child down`; of two nodes' links only expectations speak."""
    place = Place(state.span, context.via)
    if state.right is not None:
        message = "the state of a link does not decide about packets, only that of a tunnel"
        work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, place, help="that belongs in `expect`")
        return None
    placed = attributes.placed(state.left, context, work.diagnostics)
    if placed is None:
        return None
    if not isinstance(placed.value, Word):
        work.wrong_kind(placed, "a tunnel's name")
        return None
    found = tunnel_and_child(placed.value, placed.place, work)
    return None if found is None else BoundState(found[0], found[1], state.is_up, place)


def tunnel_and_child(word: Word, place: Place, work: Work) -> tuple[TunnelId, str | None] | None:
    """`T` or `T.child`; None once reported."""
    found = locate(word, work.diagnostics, place, (ElementKind.TUNNEL,))
    if found is None:
        return None
    if not found.rest:
        return TunnelId(found.element.path), None
    name = ".".join(found.rest)
    names = children_of(found.element.item)
    if name in names:
        return TunnelId(found.element.path), name
    advice = work.near(name, names)
    report_unknown_part(work, f"the tunnel `{found.element.path}`", name, "child", place, advice)
    return None


def children_of(tunnel: Item) -> tuple[str, ...]:
    """The names of a tunnel's children: those declared, or its own for the only one."""
    names = tuple(child.name for child in tunnel.children if isinstance(child.statement, syntax.Named))
    return names or (tunnel.name,)


def _clause(node: NodeDraft, clause: syntax.Clause, item: Item, read: _Read, work: Work) -> None:
    match clause.word:
        case "from":
            read.sources = _who(clause, item, read, work)
        case "to":
            read.destinations = _who(clause, item, read, work)
        case "except from":
            read.not_sources = _who(clause, item, read, work)
        case "except to":
            read.not_destinations = _who(clause, item, read, work)
        case "in" | "out":
            read.interfaces[clause.word] = _interfaces(node, clause, item, read, work)
        case "through":
            read.through = _through(clause, item, read, work)
        case "except through":
            read.not_through = _through(clause, item, read, work)
        case _:
            _of_packet(clause, item, read, work)


def _of_packet(clause: syntax.Clause, item: Item, read: _Read, work: Work) -> None:
    match clause.word:
        case "state":
            read.states = _words(clause, _STATES, "a state of connection tracking", _FOREIGN_STATES, item, read, work)
        case "flags":
            read.flags = _words(clause, tuple(Flag), "a TCP flag", _FOREIGN_FLAGS, item, read, work)
        case "without":
            read.not_flags = _words(clause, tuple(Flag), "a TCP flag", _FOREIGN_FLAGS, item, read, work)
        case "limit":
            read.limit = _limit(clause, item, read, work)
        case _:
            read.log = _log(clause, item, read, work)


def _who(clause: syntax.Clause, item: Item, read: _Read, work: Work) -> tuple[Placed[Who], ...]:
    found = whos(clause.values, item, work)
    read.is_right = read.is_right and found is not None
    return found or ()


def _interfaces(node: NodeDraft, clause: syntax.Clause, item: Item, read: _Read, work: Work) -> tuple[Placed[str], ...]:
    found: list[Placed[str]] = []
    placed_values = evaluate_list(clause.values, item, work.diagnostics)
    read.is_right = read.is_right and len(placed_values) >= len(clause.values)
    has_uplink = node.block.first(syntax.Uplink) is not None
    for placed in placed_values:
        if not isinstance(placed.value, Word):
            work.wrong_kind(placed, "an interface's name")
            read.is_right = False
            continue
        name = placed.value.text.removeprefix(f"{node.item.name}.")
        names = work.interfaces_like(node, name, placed.place)
        if name == "uplink" and has_uplink:
            names = [name]
        if not names:
            read.is_right = False
            if work.too_many:
                continue
            _report_interface(node, placed.value, placed.place, work)
        found.extend(Placed(one, placed.place) for one in names)
    return tuple(found)


def _report_interface(node: NodeDraft, word: Word, place: Place, work: Work) -> None:
    if node.is_broken:
        return
    element = find(word)
    help_text = work.near(word.text, node.interfaces)
    if element is not None and element.element.kind is ElementKind.NETWORK:
        there = [one.name for one in node.interfaces.values() if one.network == element.element.path]
        if there:
            help_text = f"its interface on the network `{word.text}` is `{there[0]}`"
    if element is not None and element.element.kind is ElementKind.TUNNEL and not element.rest:
        help_text = f"`{word.text}` is a tunnel: `through {word.text}` in a line of a `firewall`"
    if help_text is None and 0 < len(node.interfaces) <= 8:
        help_text = "it has " + ", ".join(f"`{name}`" for name in node.interfaces)
    message = f"`{node.id}` has no interface `{word.text}`"
    work.diagnostics.report(catalogue.INTERFACE_NOT_OF_NODE, message, place, help=help_text)


def _through(clause: syntax.Clause, item: Item, read: _Read, work: Work) -> Through:
    found: list[Placed[TunnelId]] = []
    kinds: dict[str, None] = {}
    placed_values = evaluate_list(clause.values, item, work.diagnostics)
    read.is_right = read.is_right and len(placed_values) >= len(clause.values)
    for placed in placed_values:
        if not isinstance(placed.value, Word):
            work.wrong_kind(placed, "a tunnel's name")
            read.is_right = False
        elif placed.value.text in TUNNELS:
            kinds[placed.value.text] = None
            read.is_right = _means_a_kind(placed.value, placed.place, work) and read.is_right
        else:
            tunnels = match_tunnels(placed.value, placed.place, work)
            read.is_right = read.is_right and bool(tunnels)
            found.extend(Placed(one, placed.place) for one in tunnels)
    return tuple(found), tuple(kinds)


def _means_a_kind(word: Word, place: Place, work: Work) -> bool:
    """Whether no tunnel of another kind is called like this one; else reported."""
    found = find(word)
    if found is None or found.element.kind is not ElementKind.TUNNEL:
        return True
    kind = statements().kind_of_class[type(found.element.item.statement)]
    if kind == word.text:
        return True
    work.diagnostics.report(
        catalogue.WRONG_ELEMENT,
        f"`{word.text}` stands for every tunnel of that kind, and the tunnel called so is of the kind `{kind}`",
        place,
        related=(Label(found.element.item.place, "the tunnel"),),
        help="another name for the tunnel",
    )
    return False


def match_tunnels(word: Word, place: Place, work: Work) -> list[TunnelId]:
    """The tunnels that a word names, without their children; empty once reported."""
    found: list[TunnelId] = []
    for one in work.match(word, place, (ElementKind.TUNNEL,)):
        if one.rest:
            work.diagnostics.report(
                catalogue.WRONG_ELEMENT,
                f"a whole tunnel must stand here, and `{word.text}` is a part of `{one.element.path}`",
                place,
                help=f"`{one.element.path}`",
            )
            continue
        found.append(TunnelId(one.element.path))
    return found


_Word = TypeVar("_Word", State, Flag)


def _words(
    clause: syntax.Clause,
    among: tuple[_Word, ...],
    needed: str,
    foreign: dict[str, str],
    item: Item,
    read: _Read,
    work: Work,
) -> tuple[Placed[_Word], ...]:
    placed_values = evaluate_list(clause.values, item, work.diagnostics)
    found = [(attributes.word_among(one, among, needed, work.diagnostics, foreign), one.place) for one in placed_values]
    read.is_right = read.is_right and len(found) >= len(clause.values) and all(word is not None for word, _ in found)
    by_name = {each.value: each for each in among}
    return tuple(Placed(by_name[word], place) for word, place in found if word is not None)


def _limit(clause: syntax.Clause, item: Item, read: _Read, work: Work) -> Limit | None:
    placed = attributes.placed(clause.values[0], item, work.diagnostics)
    if placed is not None and isinstance(placed.value, Limit):
        return placed.value
    read.is_right = False
    if placed is not None:
        work.wrong_kind(placed, "a rate (`10/s`)")
    return None


def _log(clause: syntax.Clause, item: Item, read: _Read, work: Work) -> str | None:
    """The prefix of log lines, "" where none is given. nft has no escapes in a string, so some texts have no form."""
    if not clause.values:
        return ""
    placed = attributes.placed(clause.values[0], item, work.diagnostics)
    text = None if placed is None else attributes.text(placed, work.diagnostics)
    if text is not None and placed is not None:
        if len(text.encode()) <= LONGEST_LOG and text.isprintable() and '"' not in text:
            return text
        message = f"the prefix of log lines has at most {LONGEST_LOG} printable characters, and no quotes"
        work.diagnostics.report(catalogue.BAD_LITERAL, message, placed.place)
    read.is_right = False
    return None


def _report_clause(clause: syntax.Clause, first: syntax.Clause | None, item: Item, work: Work) -> None:
    if first is not None:
        work.diagnostics.report(
            catalogue.REPEATED_STATEMENT,
            f"`{clause.word}` stands twice in this line",
            item.at(clause.span),
            related=(Label(item.at(first.span), "the first one"),),
            help="one list: `from a, b`",
        )
        return
    belongs = BELONGS.get(clause.word)
    work.diagnostics.report(
        catalogue.MISPLACED_STATEMENT,
        f"`{clause.word}` does not belong in this line",
        item.at(clause.span),
        help=None if belongs is None else f"`{clause.word}` is for {belongs}",
    )

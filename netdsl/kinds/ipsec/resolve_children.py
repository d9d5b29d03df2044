"""What a tunnel carries: its children, their selectors, proposals and lifetimes."""

from collections.abc import Sequence
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import NodeId, Prefix, TunnelId
from netdsl.ir.tunnel import Mode
from netdsl.kinds.ipsec import defaults, tree
from netdsl.kinds.ipsec.bindings import BoundIpsecChild
from netdsl.kinds.ipsec.ir import Handling
from netdsl.kinds.ipsec.resolve_handling import handling
from netdsl.kinds.ipsec.resolve_only import EVERYTHING, Only, only_of
from netdsl.kinds.ipsec.resolve_own import Lines, Protected, lines_of, protected_in
from netdsl.kinds.ipsec.resolve_proposals import proposals
from netdsl.semantics.bindings import BoundChild, BoundEnd, BoundStart, Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.ends import Members, ends_named, host_prefix, protected_by
from netdsl.semantics.resolve.placement import Block, report_repeated, sort_block
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.values import Quantity, Value
from netdsl.source import Place
from netdsl.syntax import tree as syntax

_Selectors = tuple[tuple[Prefix, ...], tuple[Prefix, ...]]
"""Of the first end and of the other one."""

MOST_CHILDREN = 500
"""In one tunnel: each of one end is compared with each of the other."""
MOST_OF_ENDS = 10_000
"""Children of all tunnels, once for each end."""


@dataclass(frozen=True, slots=True)
class Context:
    """The tunnel that children belong to. `ends` empty: they could not be decided, and nothing is made of them."""

    tunnel: TunnelId
    item: Item
    lines: Lines
    members: Members
    ends: tuple[BoundEnd, ...]
    has_pool: bool


@dataclass(frozen=True, slots=True)
class Lifetimes:
    ike_seconds: int
    child_seconds: int
    child_bytes: int | None


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for a child, its own lines before the tunnel's."""

    mode: Mode
    protocol: str
    proposals: tuple[str, ...]
    only: Only
    start: BoundStart
    limits: Lifetimes
    handling: Handling
    place: Place | None  # of the proposals
    mode_place: Place | None


@dataclass(frozen=True, slots=True)
class _Draft:
    """A child as one end has it, before it is known towards whom."""

    name: str
    place: Place
    terms: _Terms
    selectors: _Selectors | None
    protected: Protected
    protected_place: Place | None


@dataclass(frozen=True, slots=True)
class ChildBlock:
    """`child NAME { … }`; `selectors` None: it has no `between`, or a wrong one (then `is_right` is False)."""

    name: str
    item: Item
    lines: Lines
    selectors: _Selectors | None
    is_right: bool


def child_blocks(context: Context, work: Work) -> list[ChildBlock]:
    """The children that have a block. Reports duplicate-name."""
    found: list[ChildBlock] = []
    first_of: dict[str, Item] = {}
    items = work.at_most(MOST_CHILDREN, f"children in `{context.tunnel}`", context.lines.block.of(tree.Child))
    what = "the children of all tunnels, once for each end,"
    if items and not work.may_spend(what, len(items) * len(context.members.nodes), MOST_OF_ENDS, items[-1][1].place):
        return []
    for _, item in items:
        lines = lines_of(sort_block(item.children, "child", work.diagnostics), context.members, work)
        between = lines.block.first(syntax.Between)
        selectors = None if between is None else _selectors(*between, work)
        is_right = lines.is_right and (between is None or selectors is not None)
        if item.name in first_of:
            message = f"the tunnel `{context.tunnel}` has two children called `{item.name}`"
            related = (Label(first_of[item.name].place, "the first one"),)
            work.diagnostics.report(catalogue.DUPLICATE_NAME, message, item.place, related=related)
            is_right = False
        first_of.setdefault(item.name, item)
        found.append(ChildBlock(item.name, item, lines, selectors, is_right))
    return found


def children(
    context: Context, blocks: Sequence[ChildBlock], node: NodeId | None, work: Work
) -> dict[NodeId, tuple[BoundChild, ...]] | None:
    """The children for each other end, as one end has them (None: as is said for all); None once reported, or where the
    ends are not decided."""
    block = context.lines.of(node, work)
    whole = _terms(block, context, None, work)
    protected = protected_in(block, node, context.members, work)
    drafts: list[_Draft] = []
    is_right = whole is not None and protected is not None
    for one in blocks:
        own = one.lines.of(node, work)
        terms = _terms(own, context, whole, work) if whole is not None else None
        own_protected = protected_in(own, node, context.members, work)
        is_right = is_right and one.is_right and terms is not None and own_protected is not None
        if terms is not None:
            place = _protected_place(own) or (None if one.selectors else _protected_place(block))
            drafts.append(_Draft(one.name, one.item.place, terms, one.selectors, own_protected or {}, place))
    if not blocks and whole is not None:
        place, name = context.item.place, context.tunnel.rpartition(".")[2]
        drafts.append(_Draft(name, place, whole, None, {}, _protected_place(block)))
    if not is_right or not context.ends:
        return None
    return {
        end.node: tuple(_child(draft, end, context, protected or {}) for draft in drafts) for end in context.ends[1:]
    }


def _protected_place(block: Block) -> Place | None:
    line = block.first(tree.ProtectingFor)
    return None if line is None else line[1].place


def rekey(block: Block, work: Work) -> Lifetimes:
    """`rekey ike 3h`, `rekey esp 90min, 500MB`, and the defaults."""
    return _rekey(block, None, work)


def _selectors(statement: syntax.Between, item: Item, work: Work) -> _Selectors | None:
    left, right, *others = (protected_by(one.nodes, item, work) for one in statement.joined)
    advice = "`between NETWORK, … and NETWORK, …`, in the order of the tunnel's ends"
    if any(one.protecting for one in statement.joined):
        message = "a child is between networks, it has no `protecting`"
        work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, item.place, help=advice)
        return None
    if others:
        message = "a child is between the networks of two ends"
        work.diagnostics.report(catalogue.WRONG_ARITY, message, item.at(statement.joined[2].span), help=advice)
        return None
    return None if left is None or right is None else (left, right)


def _child(draft: _Draft, end: BoundEnd, context: Context, protected: Protected) -> BoundChild:
    """Towards one other end: its own selectors, else what the ends protect, else their outer addresses."""
    first, terms = context.ends[0], draft.terms
    near, far = (protected.get(one.node, one.protected) for one in (first, end))
    if draft.selectors is not None:
        left, right = draft.selectors
    else:
        left = near or (host_prefix(first.outer),)
        is_virtual = context.has_pool and end.role == "client" and not far
        right = () if is_virtual else far or (host_prefix(end.outer),)
    left, right = draft.protected.get(first.node, left), draft.protected.get(end.node, right)
    limits = terms.limits
    inside = BoundIpsecChild(
        terms.protocol,
        terms.proposals,
        limits.child_seconds,
        limits.child_bytes,
        terms.handling,
        terms.place,
        draft.protected_place,
        terms.mode_place,
        terms.only.place,
    )
    only = terms.only
    return BoundChild(
        draft.name, left, right, terms.mode, only.services, terms.start, inside, draft.place, only.sources
    )


def _terms(block: Block, context: Context, whole: _Terms | None, work: Work) -> _Terms | None:
    protocol, found = _protocol(block, whole, work)
    lines = block.of(tree.Proposals)
    place = next((line.place for statement, line in lines if statement.protocol != "ike"), None)
    said_mode = block.first(tree.Mode)
    mode = _mode(block, whole, work)
    only = only_of(block, EVERYTHING if whole is None else whole.only, work)
    start = _start(block, context, whole, work)
    limits = _rekey(block, whole, work)
    own = handling(block, Handling() if whole is None else whole.handling, work)
    if found is None or mode is None or only is None or start is None:
        return None
    return _Terms(
        mode,
        protocol,
        found,
        only,
        start,
        limits,
        own,
        place or (None if whole is None else whole.place),
        said_mode[1].place if said_mode else None if whole is None else whole.mode_place,
    )


def _protocol(block: Block, whole: _Terms | None, work: Work) -> tuple[str, tuple[str, ...] | None]:
    lines = block.of(tree.Proposals)
    esp, ah = proposals(lines, "esp", work), proposals(lines, "ah", work)
    if esp is not None and ah is not None:
        place = next(item.place for statement, item in lines if statement.protocol == "ah")
        message = "`esp` and `ah` do not go together: a child is protected by one of them"
        work.diagnostics.report(catalogue.REPEATED_STATEMENT, message, place, help="`esp` encrypts and authenticates")
        return "esp", None
    if ah is not None:
        return "ah", ah or None
    if esp is not None:
        return "esp", esp or None
    if whole is not None:
        return whole.protocol, whole.proposals
    return "esp", defaults.ESP_PROPOSALS


def _mode(block: Block, whole: _Terms | None, work: Work) -> Mode | None:
    line = block.first(tree.Mode)
    if line is None:
        return defaults.TUNNEL_MODE if whole is None else whole.mode
    placed = attributes.placed(line[0].mode, line[1], work.diagnostics)
    if placed is None:
        return None
    modes = tuple(str(mode) for mode in Mode)
    name = attributes.word_among(placed, modes, "a mode (`tunnel` or `transport`)", work.diagnostics, {})
    return None if name is None else Mode(name)


def _start(block: Block, context: Context, whole: _Terms | None, work: Work) -> BoundStart | None:
    line = block.first(tree.Start)
    if line is None:
        return BoundStart(defaults.START, ()) if whole is None else whole.start
    named = ends_named(line[0].openers, line[1], context.members, work)
    return None if named is None else BoundStart(line[0].when, tuple(one.value for one in named))


def _rekey(block: Block, whole: _Terms | None, work: Work) -> Lifetimes:
    """A child's own before the tunnel's; `rekey ike` is the whole tunnel's alone."""
    lifetimes = Lifetimes(defaults.IKE_REKEY_SECONDS, defaults.CHILD_REKEY_SECONDS, None)
    if whole is not None:
        lifetimes = whole.limits
    allowed = ("ike", "esp", "ah") if whole is None else ("esp", "ah")
    first_of: dict[bool, Item] = {}
    for statement, item in block.of(tree.Rekey):
        protocol = attributes.placed(statement.protocol, item, work.diagnostics)
        if protocol is None:
            continue
        needed = "what to rekey (`ike` or `esp`)"
        name = attributes.word_among(protocol, allowed, needed, work.diagnostics, {})
        if name is None:
            continue
        first = first_of.setdefault(name == "ike", item)
        if first is not item:
            report_repeated(f"rekey {name}", item, first, work.diagnostics)
            continue
        for placed in evaluate_list(statement.limits, item, work.diagnostics):
            lifetimes = _limit(placed, name == "ike", lifetimes, work)
    return lifetimes


def _limit(placed: Placed[Value], is_ike: bool, lifetimes: Lifetimes, work: Work) -> Lifetimes:
    """One limit added: a duration, or for a child a volume."""
    if not is_ike and isinstance(placed.value, Quantity) and placed.value.unit in attributes.BYTES:
        volume = attributes.scaled(placed, attributes.BYTES, "a size", work.diagnostics)
        return replace(lifetimes, child_bytes=volume or lifetimes.child_bytes)
    seconds = attributes.seconds(placed, work.diagnostics)
    if seconds is None:
        return lifetimes
    return replace(lifetimes, ike_seconds=seconds) if is_ike else replace(lifetimes, child_seconds=seconds)

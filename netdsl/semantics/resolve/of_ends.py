"""Lines of a tunnel that say something of all its ends, of some (`for NODES`), or of one in its own block."""

from collections.abc import Callable

from netdsl.ir.ids import NodeId
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.ends import TunnelDraft, ends_named, members_of
from netdsl.semantics.resolve.placement import report_repeated
from netdsl.semantics.resolve.work import Work
from netdsl.syntax import tree as syntax

Line = tuple[syntax.Attribute, Item]
Read = Callable[[Line, Work], int | None]
"""The value of a line; None once reported."""


def of_ends(word: str, draft: TunnelDraft, read: Read, work: Work) -> dict[NodeId, int] | None:
    """What lines say of ends: an end's own block before a line `for` it, that before one for all. None once reported."""
    lines = draft.block.attributes(word)
    general: dict[NodeId, int] = {}
    named: dict[NodeId, tuple[int, Item]] = {}
    members = None if draft.sides is None else members_of(draft.id, draft.sides)
    is_right = members is not None
    for line in lines:
        value, (attribute, item) = read(line, work), line
        nodes = ends_named(attribute.nodes, item, members, work) if members is not None and attribute.nodes else ()
        is_right = is_right and value is not None and nodes is not None
        if value is None or members is None:
            continue
        if not attribute.nodes:
            general = dict.fromkeys(members.nodes, value)
        for node in nodes or ():
            _, first = named.setdefault(node.value, (value, item))
            if first is not item:
                report_repeated(word, item, first, work.diagnostics)
                is_right = False
    own: dict[NodeId, int] = {}
    read_before: dict[int, int | None] = {}  # a block of several clients is read once
    for side in draft.sides or ():
        line_of = side.own.attribute(word)
        if line_of is None:
            continue
        key = id(line_of[1])
        if key not in read_before:
            read_before[key] = read(line_of, work)
        value = read_before[key]
        is_right = is_right and value is not None
        if value is not None:
            own[side.named.node.id] = value
    return general | {node: value for node, (value, _) in named.items()} | own if is_right else None

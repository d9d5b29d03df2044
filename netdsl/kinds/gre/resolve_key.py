"""`key N` of a tunnel, or `key N for NODE` of one end."""

from netdsl.diagnostics.core import Label
from netdsl.ir.ids import NodeId
from netdsl.kinds.gre.catalogue import TUNNEL_KEYS_DIFFER
from netdsl.kinds.gre.ir import HIGHEST_KEY
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.ends import Members, TunnelDraft, ends_named, members_of
from netdsl.semantics.resolve.placement import report_repeated
from netdsl.semantics.resolve.work import Work

_Keys = dict[NodeId, tuple[int, Item]]


def tunnel_key(draft: TunnelDraft, work: Work) -> int | None:
    """The key of both ends. None where there is none, and once reported: tunnel-keys-differ where they do not agree."""
    lines = draft.block.attributes("key")
    numbers = [attributes.integer_within(line, 0, HIGHEST_KEY, work.diagnostics) for line in lines]
    if draft.sides is None or not lines or None in numbers:
        return None
    members = members_of(draft.id, draft.sides)
    keys = _keys(draft, members, [number for number in numbers if number is not None], work)
    if keys is None:
        return None
    one, other = (keys.get(node) for node in members.nodes)
    if one is None or other is None or one[0] != other[0]:
        _report(draft, members, keys, work)
        return None
    return one[0]


def _keys(draft: TunnelDraft, members: Members, numbers: list[int], work: Work) -> _Keys | None:
    """What the lines say of each end, the first of them; None where one names no end."""
    found: _Keys = {}
    for number, (attribute, item) in zip(numbers, draft.block.attributes("key"), strict=True):
        named = ends_named(attribute.nodes, item, members, work) if attribute.nodes else ()
        if named is None:
            return None
        for node in (one.value for one in named) if attribute.nodes else members.nodes:
            _, first = found.setdefault(node, (number, item))
            if first is not item:
                report_repeated("key", item, first, work.diagnostics)
                return None
    return found


def _report(draft: TunnelDraft, members: Members, keys: _Keys, work: Work) -> None:
    (node, (number, line)), *others = keys.items()
    other = next(each for each in members.nodes if each != node)
    what = f"and `{other}` the key {others[0][1][0]}" if others else f"and `{other}` none"
    place = others[0][1][1].place if others else line.place
    work.diagnostics.report(
        TUNNEL_KEYS_DIFFER,
        f"`{node}` has the key {number} in `{draft.id}`, {what}",
        place,
        "neither end takes the other's packets",
        related=(Label(line.place, f"the key of `{node}`"),) if others else (),
        help=f"`key {number}` is the key of both ends",
    )

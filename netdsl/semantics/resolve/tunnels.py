"""Tunnels of all kinds; what a kind brings to resolving is `TunnelResolving`."""

from collections import Counter
from typing import Protocol, cast

from netdsl.index import modules
from netdsl.ir.ids import NodeId, TunnelId
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.ends import Side, TunnelDraft
from netdsl.semantics.resolve.placement import Block, sort_block
from netdsl.semantics.resolve.reached import set_reached
from netdsl.semantics.resolve.work import Work
from netdsl.syntax.description import ElementKind
from netdsl.syntax.statements import statements

MOST_ENDS = 4000
MOST_BESIDE = 50_000
_BESIDE = "the pairs of tunnels that join the same two nodes"


class TunnelResolving(Protocol):
    """The module `netdsl.kinds.KIND.resolve`."""

    def sides(self, id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
        """The ends of a tunnel of the kind, before any route is resolved; None once reported."""
        ...

    def tunnel(self, draft: TunnelDraft, work: Work) -> BoundTunnel | None:
        """The whole tunnel; None once something is reported that it depends on."""
        ...


def tunnel_ends(block: Block, work: Work) -> list[TunnelDraft]:
    """The tunnels of a lab's block in the order of the source, with their ends; fills `insides` and `virtual`."""
    table, kinds = statements(), _kinds()
    found: dict[TunnelId, TunnelDraft] = {}
    between: Counter[frozenset[NodeId]] = Counter()
    for item in block.items:
        description = table.description_of(item.statement)
        id_ = TunnelId(item.scope.qualified(item.name))
        if description.declares is not ElementKind.TUNNEL or id_ in found:
            continue  # duplicate-name was reported where it was declared
        own = sort_block(item.children, description.word, work.diagnostics)
        sides = kinds[table.kind_of_class[type(item.statement)]].sides(id_, own, item, work)
        if not work.may_spend("the ends of all tunnels", len(sides or ()), MOST_ENDS, item.place):
            break
        names = [side.named.node.id for side in sides or ()]
        pairs = [frozenset((names[0], other)) for other in names[1:]]
        if not work.may_spend(_BESIDE, sum(between[pair] for pair in pairs), MOST_BESIDE, item.place):
            break
        between.update(pairs)
        draft = found[id_] = TunnelDraft(id_, item, own, sides)
        if not set_reached(draft, work):
            sides = draft.sides = None
        work.has_broken_ends = work.has_broken_ends or sides is None
        if sides is not None:
            work.insides[id_] = {side.named.node.id: side.inside for side in sides}
            work.virtual.update({(id_, side.named.node.id): side.virtual for side in sides if side.virtual})
    return list(found.values())


def tunnels(drafts: list[TunnelDraft], work: Work) -> None:
    """Fills `tunnels`: after routes, which lead to the other ends."""
    table, kinds = statements(), _kinds()
    for draft in drafts:
        tunnel = kinds[table.kind_of_class[type(draft.item.statement)]].tunnel(draft, work)
        if tunnel is not None:
            work.tunnels[draft.id] = tunnel


def _kinds() -> dict[str, TunnelResolving]:
    return {kind: cast(TunnelResolving, module) for kind, module in modules("resolve")}

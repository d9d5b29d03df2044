"""Tunnels of all kinds; what a kind brings to resolving is `TunnelResolving`."""

from typing import Protocol, cast

from netdsl.index import modules
from netdsl.ir.ids import TunnelId
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work
from netdsl.syntax.description import ElementKind
from netdsl.syntax.statements import statements


class TunnelResolving(Protocol):
    """The module `netdsl.kinds.KIND.resolve`."""

    def tunnel(self, id_: TunnelId, item: Item, work: Work) -> BoundTunnel | None:
        """The tunnel that a statement of the kind declares; None once something is reported that it depends on."""
        ...


def tunnels(block: Block, work: Work) -> None:
    """The tunnels of a lab's block, in the order of the source."""
    table = statements()
    kinds = {kind: cast(TunnelResolving, module) for kind, module in modules("resolve")}
    for item in block.items:
        if table.description_of(item.statement).declares is not ElementKind.TUNNEL:
            continue
        id_ = TunnelId(item.scope.qualified(item.name))
        if id_ in work.tunnels:
            continue  # duplicate-name was reported where it was declared
        tunnel = kinds[table.kind_of_class[type(item.statement)]].tunnel(id_, item, work)
        if tunnel is not None:
            work.tunnels[id_] = tunnel

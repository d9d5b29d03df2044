"""`tunnel … gre`: its ends, addresses and settings."""

from netdsl.ir.ids import TunnelId
from netdsl.kinds.gre.ir import KIND, TTL, GreSettings
from netdsl.kinds.gre.resolve_key import tunnel_key
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.devices import device_ends, device_mtu, device_sides, outer_ttl
from netdsl.semantics.resolve.ends import Side, TunnelDraft
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work


def sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    return device_sides(id_, block, item, work)


def tunnel(draft: TunnelDraft, work: Work) -> BoundTunnel | None:
    block = draft.block
    key = tunnel_key(draft, work)
    ttl = outer_ttl(block, TTL, work)
    found = device_ends(draft, work)
    if found is None:
        return None
    ends, family = found
    settings = GreSettings(key, ttl)
    return BoundTunnel(
        draft.id, KIND, ends, {}, {}, (), family, settings, draft.item.place, device_mtu(block, ends, work)
    )

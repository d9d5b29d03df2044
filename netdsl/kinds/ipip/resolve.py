"""`tunnel … ipip`: its ends, addresses and settings."""

from netdsl.ir.ids import TunnelId
from netdsl.kinds.ipip.ir import KIND, PROTOCOLS, TTL, IpipSettings
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.devices import device_ends, device_mtu, device_sides, outer_ttl, prefixes_inside
from netdsl.semantics.resolve.ends import Side, TunnelDraft
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work


def sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    return device_sides(id_, block, item, work)


def tunnel(draft: TunnelDraft, work: Work) -> BoundTunnel | None:
    """What it carries: the families of what is inside, both where nothing says it."""
    block = draft.block
    ttl = outer_ttl(block, TTL, work)
    found = device_ends(draft, work)
    if found is None:
        return None
    ends, family = found
    inside = {prefix.version for end in ends for prefix in prefixes_inside(end)}
    settings = IpipSettings(tuple(sorted(inside or PROTOCOLS)), ttl)
    return BoundTunnel(
        draft.id, KIND, ends, {}, {}, (), family, settings, draft.item.place, device_mtu(block, ends, work)
    )

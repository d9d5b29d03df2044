"""`tunnel … ipip`: its ends, addresses and settings."""

from netdsl.ir.ids import TunnelId
from netdsl.kinds.ipip.ir import KIND, PROTOCOLS, TTL, IpipSettings
from netdsl.kinds.ipip.statements import WORD
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.devices import device_ends, device_mtu, outer_ttl, prefixes_inside
from netdsl.semantics.resolve.placement import sort_block
from netdsl.semantics.resolve.work import Work


def tunnel(id_: TunnelId, item: Item, work: Work) -> BoundTunnel | None:
    """What it carries: the families of what is inside, both where nothing says it."""
    block = sort_block(item.children, WORD, work.diagnostics)
    ttl = outer_ttl(block, TTL, work)
    found = device_ends(id_, block, item, work)
    if found is None:
        return None
    ends, family = found
    inside = {prefix.version for end in ends for prefix in prefixes_inside(end)}
    settings = IpipSettings(tuple(sorted(inside or PROTOCOLS)), ttl, device_mtu(block, ends, work))
    return BoundTunnel(id_, KIND, ends, {}, {}, (), family, settings, item.place)

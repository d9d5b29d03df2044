"""`tunnel … gre`: its ends, addresses and settings."""

from netdsl.ir.ids import TunnelId
from netdsl.kinds.gre.ir import HIGHEST_KEY, KIND, TTL, GreSettings
from netdsl.kinds.gre.statements import WORD
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.devices import device_ends, device_mtu, outer_ttl
from netdsl.semantics.resolve.placement import sort_block
from netdsl.semantics.resolve.work import Work


def tunnel(id_: TunnelId, item: Item, work: Work) -> BoundTunnel | None:
    block = sort_block(item.children, WORD, work.diagnostics)
    key = attributes.integer_within(block.attribute("key"), 0, HIGHEST_KEY, work.diagnostics)
    ttl = outer_ttl(block, TTL, work)
    found = device_ends(id_, block, item, work)
    if found is None:
        return None
    ends, family = found
    settings = GreSettings(key, ttl, device_mtu(block, ends, work))
    return BoundTunnel(id_, KIND, ends, {}, {}, (), family, settings, item.place)

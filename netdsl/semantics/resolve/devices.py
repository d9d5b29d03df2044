"""Tunnels that have a device at each end and no daemon: what resolving kinds of this form have in common."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import Prefix, TunnelId
from netdsl.semantics.bindings import BoundEnd, Inside, Placed
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.device_addresses import addresses_of, prefixes_of
from netdsl.semantics.resolve.ends import Side, TunnelDraft, bound_ends, family_over, name_place, pair_of, sides_of
from netdsl.semantics.resolve.interfaces import is_interface_name
from netdsl.semantics.resolve.networks import mtu_line
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.source import Place

HIGHEST_TTL = 255


def device_sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """Both ends with their devices; None once reported."""
    return with_devices(pair_of(id_, block, item, work), id_, block, item, work)


def addressed_sides(
    id_: TunnelId, block: Block, item: Item, work: Work, *, may_be_mesh: bool = False
) -> list[Side] | None:
    """Two ends, a gateway with clients, or with `may_be_mesh` any number of equal ends, with a device each. The addresses
    inside have to be given. None once reported."""
    if block.attribute("addresses") is None:
        message = f"the tunnel `{id_}` has no addresses inside"
        advice = "`addresses PREFIX`: its ends get the first ones, in the order of the lines"
        work.diagnostics.report(catalogue.MISSING_STATEMENT, message, name_place(item), help=advice)
        return None
    return with_devices(sides_of(id_, block, item, work, may_be_mesh=may_be_mesh), id_, block, item, work)


def is_relay(draft: TunnelDraft, work: Work, advice: str | None = None) -> bool:
    """The attribute `relay`, which a gateway alone has. `advice`: for a tunnel without one."""
    line = draft.block.attribute("relay")
    if line is not None and draft.sides is not None and draft.sides[0].role != "gateway":
        message = "`relay` is said of a gateway, and this tunnel has none"
        work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, line[1].place, help=advice)
    return attributes.yes_or_no(line, False, work.diagnostics)


def with_devices(sides: list[Side] | None, id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """The ends, of any number, with a device each, and its addresses; None once reported."""
    prefixes = prefixes_of(id_, block, 2 if sides is None else len(sides), work)
    if sides is None:
        return None
    name, place = id_.rpartition(".")[2], name_place(item)
    if not all(_has_room_for(side.named.node, name, id_, place, work) for side in sides) or prefixes is None:
        return None
    found = addresses_of(id_, sides, block, prefixes, work)
    if found is None:
        return None
    for side, addresses in zip(sides, found, strict=True):
        side.inside = Inside(name, addresses)
    return sides


def device_ends(draft: TunnelDraft, work: Work) -> tuple[tuple[BoundEnd, ...], int] | None:
    """Both ends with their outer addresses, and the family of these; None once reported."""
    if draft.sides is None:
        return None
    family = family_over(draft.sides, draft.block, draft.item, work)
    ends = None if family is None else bound_ends(draft.sides, family, work)
    return None if family is None or ends is None else (ends, family)


def outer_ttl(block: Block, default: int, work: Work) -> int:
    """The attribute `ttl`: of outer packets."""
    return attributes.integer_within(block.attribute("ttl"), 1, HIGHEST_TTL, work.diagnostics) or default


def device_mtu(block: Block, ends: tuple[BoundEnd, ...], work: Work) -> Placed[int] | None:
    """The attribute `mtu`; mtu-out-of-range under what the families inside need."""
    return mtu_line(block, tuple(prefix for end in ends for prefix in prefixes_inside(end)), work.diagnostics)


def prefixes_inside(end: BoundEnd) -> tuple[Prefix, ...]:
    """What an end has inside: the networks of its device's addresses, and what it protects."""
    addresses = () if end.inside is None else end.inside.addresses
    return (*(given.network for given in addresses), *end.protected)


def _has_room_for(node: NodeDraft, name: str, tunnel: TunnelId, place: Place, work: Work) -> bool:
    """Whether the device can be called like the tunnel; else reported."""
    interface, (first, named) = node.interfaces.get(name), node.devices.setdefault(name, (tunnel, place))
    other = named if interface is None else interface.place
    if interface is not None or first != tunnel:
        what = "another tunnel's device" if interface is None else "an interface"
        work.diagnostics.report(
            catalogue.DUPLICATE_INTERFACE,
            f"`{node.id}` has {what} `{name}`, and the device of the tunnel is called so as well",
            place,
            related=(Label(other, "the first one"),),
            help="another name for one of the two",
        )
        return False
    return is_interface_name(node, name, place, "the device at each end is called like the tunnel", work)

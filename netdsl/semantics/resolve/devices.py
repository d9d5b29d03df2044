"""Tunnels that have a device at each end and no daemon: what resolving kinds of this form have in common."""

from ipaddress import IPv4Network, IPv6Network

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import AddressWithPrefix, Prefix, TunnelId
from netdsl.semantics.bindings import BoundEnd, Inside, Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.addresses import host_range, with_prefix
from netdsl.semantics.resolve.apart import ApartPrefixes
from netdsl.semantics.resolve.ends import Side, TunnelDraft, bound_ends, family_over, name_place, pair_of
from netdsl.semantics.resolve.interfaces import is_interface_name
from netdsl.semantics.resolve.networks import is_apart, is_usable, mtu_line
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.semantics.values import Value
from netdsl.source import Place

HIGHEST_TTL = 255


def device_sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """Both ends with their devices; None once reported."""
    return with_devices(pair_of(id_, block, item, work), id_, block, item, work)


def with_devices(sides: list[Side] | None, id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """The ends, of any number, with a device each, whose addresses are those of `addresses` in the order of the ends; None
    once reported."""
    prefixes = _prefixes(id_, block, 2 if sides is None else len(sides), work)
    if sides is None:
        return None
    name, place = id_.rpartition(".")[2], name_place(item)
    if not all(_has_room_for(side.named.node, name, id_, place, work) for side in sides) or prefixes is None:
        return None
    for number, side in enumerate(sides):
        side.inside = Inside(name, _addresses(prefixes, number))
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


def _prefixes(id_: TunnelId, block: Block, ends: int, work: Work) -> tuple[Prefix, ...] | None:
    """Of `addresses`; None once reported. Each has to have one for each end that a node can have."""
    found: list[Placed[Prefix]] = []
    apart = ApartPrefixes()
    is_right = True
    for attribute, line in block.attributes("addresses"):
        values = evaluate_list(attribute.values, line, work.diagnostics)
        is_right = is_right and len(values) >= len(attribute.values)
        for placed in values:
            prefix = _prefix(placed, ends, work)
            is_good = (
                prefix is not None and is_usable(prefix, placed, work) and is_apart(id_, prefix, placed, apart, work)
            )
            is_right = is_right and is_good
            found += [] if prefix is None else [Placed(prefix, placed.place)]
            if prefix is not None and is_good:
                apart.add(Placed(prefix, placed.place))
    return tuple(one.value for one in found) if is_right else None


def _prefix(placed: Placed[Value], ends: int, work: Work) -> Prefix | None:
    if not isinstance(placed.value, IPv4Network | IPv6Network):
        work.wrong_kind(placed, "a prefix", "`addresses 10.9.0.0/30`: the ends get its first ones")
        return None
    first, last = host_range(placed.value)
    room = last - first + 1
    if room >= ends:
        return placed.value
    addresses = "one address" if room == 1 else f"{room} addresses"
    message = f"{placed.value} has {addresses}, and the tunnel has {'two' if ends == 2 else ends} ends"
    work.diagnostics.report(catalogue.POOL_EXHAUSTED, message, placed.place, help="a shorter prefix has room for more")
    return None


def _addresses(prefixes: tuple[Prefix, ...], number: int) -> tuple[AddressWithPrefix, ...]:
    """The first address of each prefix for the first end, the second for the second, and so on."""
    firsts = ((prefix, host_range(prefix)[0] - int(prefix.network_address)) for prefix in prefixes)
    return tuple(with_prefix(prefix[first + number], prefix) for prefix, first in firsts)

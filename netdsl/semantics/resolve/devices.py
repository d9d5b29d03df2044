"""Tunnels that have a device at each end and no daemon: what resolving kinds of this form have in common."""

from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import AddressWithPrefix, Prefix, TunnelId
from netdsl.semantics.bindings import BoundEnd, Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.addresses import host_range
from netdsl.semantics.resolve.ends import bound_ends, family_over, name_place, pair_of
from netdsl.semantics.resolve.interfaces import is_interface_name
from netdsl.semantics.resolve.networks import mtu
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.semantics.values import Value
from netdsl.source import Place

HIGHEST_TTL = 255


def device_ends(id_: TunnelId, block: Block, item: Item, work: Work) -> tuple[tuple[BoundEnd, ...], int] | None:
    """Both ends with the addresses of their devices, and the family of the outer packets; None once reported."""
    sides = pair_of(id_, block, item, work)
    prefixes = _prefixes(block, work)
    if sides is None:
        return None
    nodes = [side.named.node for side in sides]
    name = id_.rpartition(".")[2]
    if not all(_has_room_for(node, name, name_place(item), work) for node in nodes):
        return None
    family = family_over(sides, block, item, work)
    ends = None if family is None else bound_ends(sides, family, work)
    if family is None or ends is None or prefixes is None:
        return None
    return tuple(replace(end, inside=_inside(prefixes, place)) for place, end in enumerate(ends)), family


def outer_ttl(block: Block, default: int, work: Work) -> int:
    """The attribute `ttl`: of outer packets."""
    return attributes.integer_within(block.attribute("ttl"), 1, HIGHEST_TTL, work.diagnostics) or default


def device_mtu(block: Block, ends: tuple[BoundEnd, ...], work: Work) -> int | None:
    """The attribute `mtu`; mtu-out-of-range under what the families inside need."""
    return mtu(block, tuple(prefix for end in ends for prefix in prefixes_inside(end)), work.diagnostics)


def prefixes_inside(end: BoundEnd) -> tuple[Prefix, ...]:
    """What an end has inside: the networks of its device's addresses, and what it protects."""
    return (*(given.network for given in end.inside), *end.protected)


def _has_room_for(node: NodeDraft, name: str, place: Place, work: Work) -> bool:
    """Whether the device can be called like the tunnel; else reported."""
    interface, device = node.interfaces.get(name), node.devices.setdefault(name, place)
    other = device if interface is None else interface.place
    if interface is not None or device is not place:
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


def _prefixes(block: Block, work: Work) -> tuple[Prefix, ...] | None:
    """Of `addresses`; None once reported. Each has to have two addresses."""
    found: list[Prefix] = []
    is_right = True
    for attribute, line in block.attributes("addresses"):
        for placed in evaluate_list(attribute.values, line, work.diagnostics):
            prefix = _prefix(placed, work)
            is_right = is_right and prefix is not None
            found += [] if prefix is None else [prefix]
    return tuple(found) if is_right else None


def _prefix(placed: Placed[Value], work: Work) -> Prefix | None:
    if not isinstance(placed.value, IPv4Network | IPv6Network):
        work.wrong_kind(placed, "a prefix", "`addresses 10.9.0.0/30`: the ends get its first two")
        return None
    first, last = host_range(placed.value)
    if last > first:
        return placed.value
    message = f"{placed.value} has one address, and the tunnel has two ends"
    work.diagnostics.report(catalogue.POOL_EXHAUSTED, message, placed.place, help="a shorter prefix has room for more")
    return None


def _inside(prefixes: tuple[Prefix, ...], place: int) -> tuple[AddressWithPrefix, ...]:
    """The first address of each prefix for the first end, the second for the other."""
    return tuple(_with_prefix(prefix, host_range(prefix)[0] + place) for prefix in prefixes)


def _with_prefix(prefix: Prefix, number: int) -> AddressWithPrefix:
    if prefix.version == 4:
        return IPv4Interface((number, prefix.prefixlen))
    return IPv6Interface((number, prefix.prefixlen))

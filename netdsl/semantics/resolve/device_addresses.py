"""`addresses` of a tunnel: its prefixes, the addresses that lines give to single ends, and those that the others get."""

from collections.abc import Iterator
from dataclasses import field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import AddressWithPrefix, NodeId, Prefix, TunnelId
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.addresses import Pool, completed, host_range, with_prefix
from netdsl.semantics.resolve.apart import ApartPrefixes
from netdsl.semantics.resolve.ends import Side, ends_named, members_of
from netdsl.semantics.resolve.networks import is_apart, is_usable
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.values import ShortAddress, Value
from netdsl.source import Place
from netdsl.syntax import tree as syntax

WORD = "addresses"
_OF_ALL = "`addresses 10.9.0.0/30`: the ends get its first ones; of one end: `addresses 10.9.0.2 for NODE`"
_OF_ONE = "`addresses PREFIX` stands in the tunnel's block, without `for`"


@dataclass(slots=True, eq=False)
class _Given:
    """What lines give to ends: of each the address in a prefix, and by whom and where an address has been given."""

    of_end: dict[tuple[NodeId, Prefix], Placed[AddressWithPrefix]] = field(default_factory=dict)
    owners: dict[AddressWithPrefix, tuple[NodeId, Place]] = field(default_factory=dict)


def prefixes_of(id_: TunnelId, block: Block, ends: int, work: Work) -> tuple[Prefix, ...] | None:
    """Of the lines that hold for all ends; None once reported. Each has to have an address for each end."""
    found: list[Placed[Prefix]] = []
    apart = ApartPrefixes()
    is_right = True
    for attribute, line in block.attributes(WORD):
        if attribute.nodes:
            continue
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
        work.wrong_kind(placed, "a prefix", _OF_ALL)
        return None
    first, last = host_range(placed.value)
    room = last - first + 1
    if room >= ends:
        return placed.value
    addresses = "one address" if room == 1 else f"{room} addresses"
    message = f"{placed.value} has {addresses}, and the tunnel has {'two' if ends == 2 else ends} ends"
    work.diagnostics.report(catalogue.POOL_EXHAUSTED, message, placed.place, help="a shorter prefix has room for more")
    return None


def addresses_of(
    id_: TunnelId, sides: list[Side], block: Block, prefixes: tuple[Prefix, ...], work: Work
) -> list[tuple[AddressWithPrefix, ...]] | None:
    """Of each end one of each prefix: the one that it is given, else, in the order of the ends, the lowest that no end is
    given. None once reported."""
    given = _given(id_, sides, block, prefixes, work)
    if given is None:
        return None
    pools = {prefix: Pool(prefix, *host_range(prefix)) for prefix in prefixes}
    for (_, prefix), own in given.of_end.items():
        pools[prefix].taken.add(int(own.value.ip))
    return [tuple(_own(side.named.node.id, pools[prefix], given) for prefix in prefixes) for side in sides]


def _own(node: NodeId, pool: Pool, given: _Given) -> AddressWithPrefix:
    found = given.of_end.get((node, pool.prefix))
    if found is not None:
        return found.value
    address = pool.allocate()
    assert address is not None, "a prefix has an address for each end"
    return with_prefix(address, pool.prefix)


def _given(id_: TunnelId, sides: list[Side], block: Block, prefixes: tuple[Prefix, ...], work: Work) -> _Given | None:
    found = _Given()
    is_right = True
    for nodes, attribute, item in _lines(id_, sides, block, work):
        values = [] if nodes is None else evaluate_list(attribute.values, item, work.diagnostics)
        is_right = is_right and nodes is not None and len(values) >= len(attribute.values)
        for placed in values:
            own = _address(placed, id_, prefixes, work)
            is_right = is_right and own is not None
            for node in nodes or ():
                is_right = is_right and own is not None and _may_have(node, own, placed.place, id_, found, work)
    return found if is_right else None


def _lines(
    id_: TunnelId, sides: list[Side], block: Block, work: Work
) -> Iterator[tuple[list[NodeId] | None, syntax.Attribute, Item]]:
    """Lines `for` ends, then those of ends' own blocks, each with its ends; None once these are reported."""
    members = members_of(id_, sides)
    for attribute, item in block.attributes(WORD):
        if attribute.nodes:
            named = ends_named(attribute.nodes, item, members, work)
            yield None if named is None else [one.value for one in named], attribute, item
    of_block: dict[int, list[Side]] = {}
    for side in sides:
        of_block.setdefault(id(side.own), []).append(side)
    for beside in of_block.values():
        for attribute, item in beside[0].own.attributes(WORD):
            yield [side.named.node.id for side in beside], attribute, item


def _address(
    placed: Placed[Value], id_: TunnelId, prefixes: tuple[Prefix, ...], work: Work
) -> tuple[AddressWithPrefix, Prefix] | None:
    value = placed.value
    if not isinstance(value, IPv4Address | IPv6Address | ShortAddress):
        work.wrong_kind(placed, "an address", _OF_ONE)
        return None
    if prefixes:
        return completed(value, None, placed.place, id_, prefixes, work)
    message = f"the tunnel `{id_}` has no prefix that an address could be in"
    work.diagnostics.report(
        catalogue.ADDRESS_OUTSIDE_PREFIX, message, placed.place, help="`addresses PREFIX` in its block"
    )
    return None


def _may_have(
    node: NodeId, own: tuple[AddressWithPrefix, Prefix], place: Place, id_: TunnelId, given: _Given, work: Work
) -> bool:
    """Whether an end can be given an address, which it then is; else reported."""
    address, prefix = own
    owner, there = given.owners.setdefault(address, (node, place))
    if owner != node:
        message = f"`{owner}` and `{node}` are given {address.ip} inside `{id_}`"
        related = (Label(there, f"it is `{owner}`'s"),)
        work.diagnostics.report(catalogue.DUPLICATE_ADDRESS, message, place, related=related)
        return False
    new = Placed(address, place)
    first = given.of_end.setdefault((node, prefix), new)
    if first is not new:
        message = f"`{node}` has one address of {prefix} inside `{id_}`, and is given two"
        related = (Label(first.place, "the first one"),)
        work.diagnostics.report(catalogue.WRONG_ARITY, message, place, related=related)
        return False
    return True

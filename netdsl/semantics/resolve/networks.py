"""Networks and links: prefixes, driver, what the wire does to packets; which segments a switch joins."""

from ipaddress import IPv4Network, IPv6Network

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.index import DRIVERS
from netdsl.ir.ids import NetworkId, NodeId, Prefix, TunnelId
from netdsl.ir.joined import join, roots
from netdsl.ir.network import Driver, Impairment
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.apart import ApartPrefixes
from netdsl.semantics.resolve.placement import Block, sort_block
from netdsl.semantics.resolve.work import NetworkDraft, NodeDraft, Work
from netdsl.semantics.scopes import locate
from netdsl.semantics.values import Value, Word
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

LATER_DRIVERS = ("ovs", "memif", "vhost")

MTU_LARGEST = 65_535
MTU_SMALLEST = {4: 68, 6: 1280}
"""The least that a link must carry: RFC 791 section 3.2, RFC 8200 section 5."""

UNUSABLE: tuple[tuple[Prefix, str], ...] = (
    (IPv4Network("0.0.0.0/8"), "addresses of this host"),
    (IPv4Network("127.0.0.0/8"), "loopback addresses"),
    (IPv4Network("224.0.0.0/4"), "multicast addresses"),
    (IPv4Network("255.255.255.255/32"), "the broadcast address"),
    (IPv6Network("::/127"), "the unspecified and the loopback address"),
    (IPv6Network("fe80::/10"), "link-local addresses, which every interface has of its own"),
    (IPv6Network("ff00::/8"), "multicast addresses"),
)
"""What no network can have. Source: RFC 6890, RFC 4291."""

MOST_NETWORKS = 10_000
MOST_PREFIXES = 250_000
"""So many networks, and as many links."""


def networks(items: list[tuple[syntax.Network, Item]], work: Work) -> None:
    for statement, item in work.at_most(MOST_NETWORKS, "networks", items):
        id_ = NetworkId(item.scope.qualified(item.name))
        if id_ not in work.networks:  # else duplicate-name was reported where it was declared
            work.networks[id_] = _draft(id_, statement.prefixes, item, "network", work)


def links(items: list[tuple[syntax.Link, Item]], work: Work) -> list[tuple[NetworkDraft, NodeDraft, str, Item]]:
    """The links, and for each of their ends: its node and the interface's name."""
    ends: list[tuple[NetworkDraft, NodeDraft, str, Item]] = []
    for statement, item in work.at_most(MOST_NETWORKS, "links", items):
        left, right = (_end(value, item, work) for value in (statement.left, statement.right))
        if left is None or right is None:
            _break(left, right)
            continue
        id_ = NetworkId(f"{left[0].id}.{left[1]}--{right[0].id}.{right[1]}")
        if id_ in work.networks:
            message = f"`{left[0].id}.{left[1]}` and `{right[0].id}.{right[1]}` are linked twice"
            work.diagnostics.report(
                catalogue.DUPLICATE_INTERFACE,
                message,
                item.place,
                related=(Label(work.networks[id_].place, "the first link"),),
            )
            continue
        network = work.networks[id_] = _draft(id_, statement.prefixes, item, "link", work)
        ends.extend((network, node, name, item) for node, name in (left, right))
    return ends


def join_segments(work: Work) -> None:
    """Fills `segment_of`, `on_segment` and the nodes' `segments`: networks that a switch joins are one segment, called
    by the first of them."""
    joined = {id_: id_ for id_ in work.networks}
    for node in work.nodes.values():
        if node.kind.bridges:
            networks = [one.network for one in node.interfaces.values()]
            for other in networks[1:]:
                join(joined, networks[0], other)
    work.segment_of.update(roots(joined))
    for node in work.nodes.values():
        for interface in node.interfaces.values():
            segment = work.segment_of[interface.network]
            node.segments.setdefault(segment, []).append(interface)
            work.on_segment.setdefault(segment, []).append(interface)


def mtu(block: Block, prefixes: tuple[Prefix, ...], diagnostics: Diagnostics) -> int | None:
    """The attribute `mtu`, as `mtu_line`."""
    line = mtu_line(block, prefixes, diagnostics)
    return None if line is None else line.value


def mtu_line(block: Block, prefixes: tuple[Prefix, ...], diagnostics: Diagnostics) -> Placed[int] | None:
    """The attribute `mtu`; mtu-out-of-range under what the families need or over what a packet can be."""
    value = attributes.only_value(block.attribute("mtu"), diagnostics)
    size = None if value is None else attributes.integer(value, diagnostics)
    if value is None or size is None:
        return None
    families = {prefix.version for prefix in prefixes} or {4}
    smallest = max(MTU_SMALLEST[family] for family in families)
    if smallest <= size <= MTU_LARGEST:
        return Placed(size, value.place)
    why = f"IPv6 needs {smallest}" if 6 in families else f"IPv4 needs {smallest}"
    message = f"an MTU of {size} is impossible here"
    label = why if size < smallest else ""
    advice = f"from {smallest} to {MTU_LARGEST}"
    diagnostics.report(catalogue.MTU_OUT_OF_RANGE, message, value.place, label, help=advice)
    return None


def _draft(id_: NetworkId, prefixes: tuple[syntax.Value, ...], item: Item, body: str, work: Work) -> NetworkDraft:
    block = sort_block(item.children, body, work.diagnostics)
    read = _prefixes(id_, prefixes, item, work)
    return NetworkDraft(
        id_,
        read or (),
        _driver(block, work.diagnostics),
        mtu(block, read or (), work.diagnostics),
        _impairment(block, work.diagnostics),
        body == "link",
        item.place,
        block,
        is_broken=read is None,
    )


def _prefixes(id_: NetworkId, values: tuple[syntax.Value, ...], item: Item, work: Work) -> tuple[Prefix, ...] | None:
    """None where one of them is wrong: then nothing is said about addresses outside of them."""
    good = ApartPrefixes()
    placed = evaluate_list(values, item, work.diagnostics)
    is_right = len(placed) >= len(values)
    if not work.may_spend("the prefixes of all networks", len(placed), MOST_PREFIXES, item.place):
        return None
    for one in placed:
        if not isinstance(one.value, IPv4Network | IPv6Network):
            work.wrong_kind(one, "a prefix")
            is_right = False
        elif is_usable(one.value, one, work) and is_apart(id_, one.value, one, good, work):
            good.add(Placed(one.value, one.place))
        else:
            is_right = False
    return tuple(one.value for one in good.placed) if is_right else None


def is_usable(prefix: Prefix, placed: Placed[Value], work: Work) -> bool:
    """Whether nodes can have addresses of the prefix; else reported: reserved-address."""
    for reserved, what in UNUSABLE:
        if reserved.version == prefix.version and reserved.overlaps(prefix):
            work.diagnostics.report(
                catalogue.RESERVED_ADDRESS,
                f"no network can have `{prefix}`",
                placed.place,
                f"`{reserved}` are {what}" if reserved.prefixlen < reserved.max_prefixlen else f"it holds {what}",
            )
            return False
    return True


def is_apart(
    id_: NetworkId | TunnelId, prefix: Prefix, placed: Placed[Value], others: ApartPrefixes, work: Work
) -> bool:
    """Whether a prefix overlaps none that the network or the tunnel has already; else reported: duplicate-prefix."""
    other = others.overlapping(prefix)
    if other is None:
        return True
    work.diagnostics.report(
        catalogue.DUPLICATE_PREFIX,
        f"`{prefix}` and `{other.value}` overlap on `{id_}`",
        placed.place,
        related=(Label(other.place, "the first of them"),),
    )
    return False


def _driver(block: Block, diagnostics: Diagnostics) -> Driver | None:
    line = block.attribute("driver")
    values = () if line is None else evaluate_list(line[0].values, line[1], diagnostics)
    names = [one.value.text if isinstance(one.value, Word) else "" for one in values]
    if line is None or not values or "" in names or len(names) > 2:
        if line is not None and len(values) >= len(line[0].values):
            message = "a driver is one word, and a mode"
            diagnostics.report(catalogue.UNKNOWN_DRIVER, message, line[1].place, help="as in `driver macvlan private`")
        return None
    name, *modes = names
    if name in LATER_DRIVERS:
        message = f"the driver `{name}` is of the language, but not compiled by this version"
        diagnostics.report(catalogue.NOT_SUPPORTED_YET, message, values[0].place, help=f"one of {_list(DRIVERS)}")
        return None
    if name not in DRIVERS:
        advice = did_you_mean(name, DRIVERS) or f"one of {_list(DRIVERS)}"
        diagnostics.report(catalogue.UNKNOWN_DRIVER, f"no driver is called `{name}`", values[0].place, help=advice)
        return None
    if modes and modes[0] not in DRIVERS[name]:
        known = DRIVERS[name]
        advice = did_you_mean(modes[0], known) or (f"one of {_list(known)}" if known else f"`driver {name}` alone")
        message = f"the driver `{name}` has no mode `{modes[0]}`"
        diagnostics.report(catalogue.UNKNOWN_DRIVER, message, values[1].place, help=advice)
        return None
    return Driver(name, modes[0] if modes else None)


def _impairment(block: Block, diagnostics: Diagnostics) -> Impairment | None:
    delay, jitter, loss, rate = (
        attributes.only_value(block.attribute(word), diagnostics) for word in ("delay", "jitter", "loss", "rate")
    )
    if delay is None and jitter is None and loss is None and rate is None:
        return None
    return Impairment(
        (attributes.duration_us(delay, diagnostics) if delay else None) or 0,
        (attributes.duration_us(jitter, diagnostics) if jitter else None) or 0,
        (attributes.fraction(loss, diagnostics) if loss else None) or 0.0,
        attributes.scaled(rate, attributes.BITS_PER_SECOND, "a rate (`100mbit`)", diagnostics) if rate else None,
    )


def _end(value: syntax.Value, item: Item, work: Work) -> tuple[NodeDraft, str] | None:
    """A link's end, `node.interface`."""
    placed = attributes.placed(value, item, work.diagnostics)
    if placed is None:
        return None
    if not isinstance(placed.value, Word):
        work.wrong_kind(placed, "a link's end (`node.interface`)")
        return None
    found = locate(placed.value, work.diagnostics, placed.place, (ElementKind.NODE,))
    if found is None:
        return None
    if len(found.rest) != 1:
        work.diagnostics.report(
            catalogue.LINK_END_WITHOUT_INTERFACE,
            f"`{placed.value.text}` names no interface",
            placed.place,
            help=f"a link's end is a node and its interface: `{placed.value.text}.eth0`" if not found.rest else None,
        )
        node = work.nodes.get(NodeId(found.element.path))
        if node is not None:
            node.is_broken = True
        return None
    node = work.nodes.get(NodeId(found.element.path))
    return None if node is None else (node, found.rest[0])


def _break(*ends: tuple[NodeDraft, str] | None) -> None:
    for end in ends:
        if end is not None:
            end[0].is_broken = True


def _list(words: object) -> str:
    assert isinstance(words, dict | tuple)
    return ", ".join(f"`{word}`" for word in words)

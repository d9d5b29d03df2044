"""`device yes`: a device at each of two ends, into which routes lead."""

from collections.abc import Iterable

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import TunnelId
from netdsl.ir.tunnel import Mode
from netdsl.kinds.ipsec import tree
from netdsl.kinds.ipsec.bindings import OwnIpsec
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.devices import device_sides
from netdsl.semantics.resolve.ends import Side
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work
from netdsl.syntax import tree as syntax

_OF_DEVICES = ("addresses", "mtu")


def has_device(block: Block, diagnostics: Diagnostics) -> bool:
    return attributes.yes_or_no(block.attribute("device"), False, diagnostics)


def routed_sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """Two ends, each with its device; None once reported."""
    roles = block.of(syntax.Side)
    if roles:
        _misplaced("a tunnel with a device is between two nodes", roles[0][1], "`between A and B`", work)
        return None
    return device_sides(id_, block, item, work)


def check_lines(block: Block, *, is_routed: bool, work: Work) -> None:
    """misplaced-statement: a line that is of devices only, or that has no say where there is one."""
    if not is_routed:
        for word in _OF_DEVICES:
            line = block.attribute(word)
            if line is not None:
                _misplaced(f"`{word}` is of the tunnel's device, and it has none", line[1], "`device yes`", work)
        return
    lines = (block.first(tree.Child), block.first(tree.Pool), block.first(tree.Only), block.attribute("farp"))
    for found in lines:
        if found is not None:
            message = "routes lead into a tunnel with a device: nothing else chooses its packets"
            _misplaced(message, found[1], "`protecting`, or `route … via`", work)


def check_terms(seen: Iterable[OwnIpsec], item: Item, work: Work) -> None:
    """What the kernel's device cannot do, however an end has the tunnel."""
    children = [child for one in seen for found in one.children_of.values() for child in found]
    if any(child.mode is not Mode.TUNNEL for child in children):
        _misplaced("a tunnel with a device is in tunnel mode", item, None, work)
    if any(child.start.when == "on traffic" for child in children):
        message = "a tunnel with a device is there while it is up: no traffic can open it"
        _misplaced(message, item, "`start at boot`", work)


def _misplaced(message: str, item: Item, advice: str | None, work: Work) -> None:
    work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, item.place, help=advice)

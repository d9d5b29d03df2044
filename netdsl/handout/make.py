"""The files of a handout."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from netdsl.diagnostics import markdown
from netdsl.diagnostics.core import Diagnostics
from netdsl.graph import svg
from netdsl.handout.flat import FILES, CannotFlatten, flat_files, flat_source
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.lower.lower import lower
from netdsl.pipeline.analysis import bound, expanded, lowered_of
from netdsl.semantics.files import MemoryReader
from netdsl.semantics.load import Sources, load
from netdsl.semantics.resolve import resolve
from netdsl.semantics.rules import check_rules

SOURCE, PICTURE, ADDRESSES = "lab.net", "lab.svg", "addresses.md"
HOLDS = (SOURCE, PICTURE, ADDRESSES, FILES)
"""What lies in a handout's folder."""
_MEANT_TO_FAIL = "\nexpect failure { }\n"
"""What makes findings that give a fault away silent; no lab expects less."""


def handout(sources: Sources, parameters: Mapping[str, str], diagnostics: Diagnostics) -> dict[str, bytes] | None:
    """The files of a handout, by their paths in its folder; None where the lab has an error, which is reported.

    The source in it was compiled, and gives the same lab. Raises CannotFlatten where it would not.
    """
    if diagnostics.has_errors:
        return None
    items = expanded(sources, parameters, diagnostics)
    bindings = resolve(items, diagnostics)
    if bindings is not None:
        check_rules(bindings, diagnostics)
    if bindings is None or diagnostics.has_errors:
        return None
    lab = lowered_of(bindings, diagnostics)
    if lab is None:
        return None
    source, files = flat_source(items), flat_files(items)
    if _compiled(source, files, lab.is_meant_to_fail) != _unexpected(lab):
        raise CannotFlatten
    texts = {SOURCE: source, PICTURE: svg(lab), ADDRESSES: addresses(lab)}
    return {**{path: text.encode() for path, text in texts.items()}, **files}


def _compiled(source: str, files: Mapping[str, bytes], is_meant_to_fail: bool) -> Lab | None:
    text = source + (_MEANT_TO_FAIL if is_meant_to_fail else "")
    diagnostics = Diagnostics()
    sources = load(SOURCE, MemoryReader({SOURCE: text.encode(), **files}), diagnostics)
    bindings = bound(sources, {}, diagnostics)
    return None if bindings is None else _unexpected(lower(bindings))


def _unexpected(lab: Lab) -> Lab:
    return replace(lab, expectations=())


def addresses(lab: Lab) -> str:
    """A table of all interfaces with their networks and addresses."""
    rows = [["Node", "Interface", "Network", "Addresses"]]
    rows += [[markdown.text(cell) for cell in row] for node in lab.nodes for row in _rows(node)]
    return "".join(f"{line}\n" for line in markdown.table(rows))


def _rows(node: Node) -> Iterator[tuple[str, str, str, str]]:
    for interface in node.interfaces:
        yield str(node.id), interface.name, str(interface.network), ", ".join(map(str, interface.addresses)) or "none"
    if node.loopbacks:
        yield str(node.id), "lo", "", ", ".join(map(str, node.loopbacks))
    if node.has_uplink:
        yield str(node.id), "uplink", "out of the lab", "from the runtime"

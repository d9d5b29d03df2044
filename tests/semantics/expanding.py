"""Short ways for the tests of this room: files from text, the lab expanded, what was found."""

from collections.abc import Mapping

from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.semantics.expand import expand
from netdsl.semantics.files import MemoryReader
from netdsl.semantics.items import Expanded, Item
from netdsl.semantics.load import load
from netdsl.syntax import tree as syntax


def expanded(text: str, files: Mapping[str, str | bytes] | None = None, /, **parameters: str) -> Expanded:
    """The lab `lab.net` with this text, beside other files, expanded."""
    contents = {"lab.net": text, **(files or {})}
    reader = MemoryReader({name: data if isinstance(data, bytes) else data.encode() for name, data in contents.items()})
    diagnostics = Diagnostics()
    sources = load("lab.net", reader, diagnostics)
    return expand(sources, parameters, diagnostics)


def codes(lab: Expanded) -> list[str]:
    return [found.rule.code for found in lab.diagnostics]


def only(lab: Expanded) -> Diagnostic:
    """The one finding."""
    (found,) = lab.diagnostics
    return found


def errors(lab: Expanded) -> list[str]:
    return [found.rule.code for found in lab.diagnostics if found.is_error]


def paths(lab: Expanded) -> list[str]:
    """The full names of all networks, nodes, tunnels … in order."""
    return [item.scope.qualified(item.name) for item in lab.items if item.name]


def node(lab: Expanded, path: str) -> Item:
    return next(
        item
        for item in lab.items
        if isinstance(item.statement, syntax.Node) and item.scope.qualified(item.name) == path
    )

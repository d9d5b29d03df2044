"""A lab as one source in which everything is decided: no parameters, loops, conditions, comments or expectations.

Each item of the expanded lab is the text of its statement with its values in place of what they were written as. A scope
(`use T as n`) becomes a template without inputs that is used once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from pathlib import PurePosixPath

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.evaluate import evaluate, text_of
from netdsl.semantics.files import joined
from netdsl.semantics.items import Expanded, Item
from netdsl.semantics.scopes import find
from netdsl.semantics.values import Failed, Value, Word
from netdsl.semantics.walk import Part, parts_of
from netdsl.source import SourceFile, Span
from netdsl.syntax import tree as syntax
from netdsl.syntax.format import format_source

FILES = "files"
"""The folder of what nodes read, beside the source."""
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\[^\n])*")|#[^\n]*')
_ESCAPED = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\t": "\\t"}


class CannotFlatten(Exception):
    """A value of the lab has no text in one source."""


def flat_source(lab: Expanded) -> str:
    """The source, in the one layout. Raises CannotFlatten."""
    writer = _Writer(set(lab.root.elements))
    writer.items(lab.items)
    title = "" if lab.title is None else f" {_quoted(lab.title)}"
    text = "\n".join([f"lab {lab.name}{title}", "", *writer.blocks[""], *writer.templates()]) + "\n"
    formatted = format_source(SourceFile("lab.net", text), Diagnostics())
    if formatted is None:
        raise CannotFlatten
    return formatted


def flat_files(lab: Expanded) -> dict[str, bytes]:
    """What nodes read, by its path beside the source."""
    return {_file_path(source, path): content for (source, path), content in lab.files.items()}


def _file_path(source: str, path: str) -> str:
    """Where a file lies that a source names relative to itself."""
    return f"{FILES}/{joined(PurePosixPath(source).parent, path)}"


@dataclass(slots=True)
class _Writer:
    """`blocks`: the statements of each scope, by its path; `names`: those that are taken in the root scope."""

    names: set[str]
    blocks: dict[str, list[str]] = field(default_factory=lambda: {"": []})
    called: dict[str, str] = field(default_factory=dict)

    def items(self, items: Iterable[Item]) -> None:
        for item in items:
            path = item.scope.path
            self.scope(path)
            self.blocks[path].append(_text(item, path))

    def scope(self, path: str) -> None:
        """Makes the template of a scope, used in the scope around it."""
        if path in self.blocks:
            return
        outer, _, name = path.rpartition(".")
        self.scope(outer)
        template = path.replace(".", "-")
        while template in self.names:
            template += "-x"
        self.names.add(template)
        self.called[path] = template
        self.blocks[path] = []
        self.blocks[outer].append(f"use {template} as {name}")

    def templates(self) -> Iterator[str]:
        for path, template in self.called.items():
            yield f"\ntemplate {template} {{"
            yield from self.blocks[path]
            yield "}"


def _text(item: Item, path: str) -> str:
    """The text of a statement with its values, and of the block that it has."""
    statement = item.statement
    span, text = statement.span, statement.span.source.text
    body = statement.body if isinstance(statement, syntax.WithBlock) else None
    pieces = sorted(set(_values(item, path)))
    if body is not None:
        pieces.append((body.span.start, body.span.end, _block(item, body.span, path)))
    found: list[str] = []
    at = span.start
    for start, end, value in pieces:
        found += (_uncommented(text[at:start]), value)
        at = end
    return "".join([*found, _uncommented(text[at : span.end])])


def _block(item: Item, span: Span, path: str) -> str:
    lines = [_text(child, path) for child in item.children]
    if "\n" in span.text or any("\n" in line for line in lines):
        return "\n".join(["{", *lines, "}"])
    return f"{{ {' ; '.join(lines)} }}"


def _uncommented(text: str) -> str:
    return _COMMENT.sub(lambda found: found[1] or "", text)


def _values(item: Item, path: str) -> Iterator[tuple[int, int, str]]:
    """The stretches of a statement that are values, and what stands there instead."""
    waiting: list[Part] = list(parts_of(item.statement))
    while waiting:
        part = waiting.pop()
        match part:
            case syntax.Literal() | syntax.Splice() | syntax.Bracketed():
                yield part.span.start, part.span.end, _value_of_item(part, item, path)
            case tuple():
                waiting.extend(part)
            case str() | bool() | None | syntax.Body():
                pass
            case _:
                waiting.extend(parts_of(part))


def _value_of_item(value: syntax.Value, item: Item, path: str) -> str:
    statement = item.statement
    if isinstance(statement, syntax.Named) and value is statement.name:
        return item.name
    if isinstance(statement, syntax.File) and value is statement.origin:
        found = evaluate(value, item, Diagnostics())
        if not isinstance(found, str):
            raise CannotFlatten
        return _quoted(_file_path(statement.span.source.name, found))
    return _written(value, item, path)


def _written(value: syntax.Value, item: Item, path: str) -> str:
    match value:
        case syntax.Bracketed():
            return f"[{', '.join(_written(member, item, path) for member in value.items)}]"
        case syntax.Literal() if value.kind is not syntax.Kind.WORD:
            return value.span.text
        case _:
            found = evaluate(value, item, Diagnostics())
            if isinstance(found, Failed):
                raise CannotFlatten
            if isinstance(found, tuple):
                return ", ".join(_shown(member, path) for member in found)
            return _shown(found, path)


def _shown(value: Value, path: str) -> str:
    """A value as a source in the scope `path` has it."""
    match value:
        case str():
            return _quoted(value)
        case Word():
            return _word(value, path)
        case tuple():
            return f"[{', '.join(_shown(member, path) for member in value)}]"
        case _:
            return text_of(value)


def _word(word: Word, path: str) -> str:
    """A name as it is found from the scope `path`: an element's by its path from there."""
    scope = "" if word.scope is None else word.scope.path
    if "*" in word.text:
        return _from(f"{scope}.{word.text}", path) if scope else word.text
    found = find(word)
    if found is None:
        return word.text
    return ".".join((_from(found.element.path, path), *found.rest))


def _from(whole: str, path: str) -> str:
    return whole.removeprefix(f"{path}.") if path else whole


def _quoted(text: str) -> str:
    escaped = "".join(_ESCAPED.get(character, character) for character in text)
    return f'"{escaped}"'

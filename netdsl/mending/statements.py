"""Statements of the source by their places, and how lines are added to them and moved."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import is_dataclass
from typing import TypeVar

from netdsl.diagnostics.fix import Edit, edited_stretch, inserted
from netdsl.semantics.walk import parts_of
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax

_S = TypeVar("_S", bound=syntax.Statement)
_INDENT = "  "
_LONGEST = 100
_HEAD = re.compile(r'(?:"(?:\\.|[^"\\])*"|\$\{|[^"#{])*')
"""Up to the block or a comment; both signs may stand in a string, and `${` begins an expression."""


class Statements:
    """All statements of some files, by their stretch."""

    def __init__(self, documents: Iterable[syntax.Document]) -> None:
        self._found: dict[tuple[str, int, int], list[syntax.Statement]] = {}
        for document in documents:
            for statement in document.statements:
                for each in _within(statement):
                    self._found.setdefault(_key(each.span), []).append(each)

    def at(self, place: Place | None, kind: type[_S]) -> _S | None:
        """The statement of a class whose stretch this is."""
        found = [] if place is None else self._found.get(_key(place.span), [])
        return next((statement for statement in found if isinstance(statement, kind)), None)

    def name_in_loop(self, name: str, used: Place | None) -> str | None:
        """How the loops around a place call an element with their variables, as `gw-$i` for `gw-1`; None: they do not."""
        if used is None:
            return None
        loops = [each for each in self._all() if isinstance(each, syntax.For) and _holds(each.span, used.span)]
        for splice in _splices(loops):
            shape = "".join(re.escape(part) if isinstance(part, str) else "(.+)" for part in splice.parts)
            if re.fullmatch(shape, name) and any(isinstance(part, str) for part in splice.parts):
                return splice.span.text
        return None

    def _all(self) -> Iterator[syntax.Statement]:
        return (statement for found in self._found.values() for statement in found)

    def around(self, place: Place | None, kind: type[_S]) -> _S | None:
        """The innermost statement of a class that the place is in."""
        if place is None:
            return None
        span = place.span
        holding = [each for each in self._all() if isinstance(each, kind) and _holds(each.span, span)]
        return min(holding, key=lambda statement: statement.span.end - statement.span.start, default=None)


def _splices(part: object) -> Iterator[syntax.Splice]:
    """All words with values in them, of some statements."""
    waiting = [part]
    while waiting:
        each = waiting.pop()
        match each:
            case syntax.Splice():
                if not each.quoted:
                    yield each
            case tuple() | list():
                waiting.extend(each)
            case syntax.Literal():
                pass
            case _ if is_dataclass(each):
                waiting.extend(parts_of(each))
            case _:
                pass


def _key(span: Span) -> tuple[str, int, int]:
    return span.source.name, span.start, span.end


def _holds(outer: Span, inner: Span) -> bool:
    return outer.source.name == inner.source.name and outer.start <= inner.start and inner.end <= outer.end


def _within(part: object) -> Iterator[syntax.Statement]:
    """A statement and all that stand in its blocks."""
    waiting = [part]
    while waiting:
        each = waiting.pop()
        match each:
            case syntax.Statement():
                yield each
                waiting.extend(one for one in parts_of(each) if isinstance(one, (syntax.Body, tuple)))
            case syntax.Body():
                waiting.extend(each.statements)
            case tuple():
                waiting.extend(one for one in each if isinstance(one, (syntax.Body, syntax.Statement, tuple)))
            case _:
                pass


# --- what stands in a line


def line_of(span: Span) -> int:
    return span.source.position(span.start)[0]


def written(span: Span, edits: Iterable[Edit] = ()) -> str:
    """A statement as one line without its block, after some edits."""
    text = edited_stretch(span, edits)
    head = _HEAD.match(text)
    text = " ".join(head[0].split()) if head else ""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def cited(span: Span) -> str:
    """`accept forward tcp/80 to s` (line 7)."""
    return f"`{written(span)}` (line {line_of(span)})"


def values_of(clause: syntax.Clause) -> Span:
    """The stretch of a clause's list."""
    return stretch_of(clause.values)


def stretch_of(values: Sequence[syntax.Value]) -> Span:
    """From the first value of a list to its last."""
    return Span(values[0].span.source, values[0].span.start, values[-1].span.end)


def word_replaced(span: Span, word: str, by: str) -> Edit | None:
    """The first place of a whole word within a stretch, written otherwise."""
    found = re.compile(rf"(?<![\w.*$-]){re.escape(word)}(?![\w.*-])").search(span.source.text, span.start, span.end)
    return None if found is None else Edit(Span(span.source, found.start(), found.end()), by)


# --- lines that are added or moved


def added(owner: Span, body: syntax.Body | None, line: str) -> Edit:
    """A statement as the last of a block; where there is no block yet, with one."""
    if body is None:
        return inserted(owner, f" {{ {line} }}")
    if body.statements:
        return added_after(body.statements[-1].span, body, line)
    place = body.span.start + 1
    is_one_line = "\n" not in body.span.text
    text = f" {line}" if is_one_line else f"{_newline(body.span)}{_indent(body.span)}{_INDENT}{line}"
    return Edit(Span(body.span.source, place, place), text)


def added_after(before: Span, body: syntax.Body, line: str) -> Edit:
    """A statement after another one of the block, on a line of its own where that one has it."""
    text, end = before.source.text, before.end
    rest = text[end : _line_end(text, end)].strip()
    if (rest and not rest.startswith("#")) or _ends_on_line_of(body.span, before):
        return inserted(before, f" ; {line}")
    place = _line_end(text, end)
    return Edit(Span(before.source, place, place), f"{_newline(before)}{_indent(before)}{line}")


def moved_before(moved: Span, other: Span) -> tuple[Edit, ...]:
    """A statement put before another one: with its whole line where both have lines of their own, else they change
    places."""
    source, text = moved.source, moved.source.text
    if source.name != other.source.name or not (_is_alone(moved) and _is_alone(other)):
        return (Edit(other, moved.text), Edit(moved, other.text))
    start, end = _line_start(text, moved.start), _line_end(text, moved.end)
    target = _line_start(text, other.start)
    taken = Span(source, max(start - len(_newline(moved)), 0), end)
    return (Edit(Span(source, target, target), text[start:end] + _newline(moved)), Edit(taken, ""))


def _is_alone(span: Span) -> bool:
    """Whether a statement has its lines for itself, but for a comment."""
    text = span.source.text
    before = text[_line_start(text, span.start) : span.start]
    after = text[span.end : _line_end(text, span.end)].strip()
    return not before.strip() and (not after or after.startswith("#"))


def _ends_on_line_of(body: Span, statement: Span) -> bool:
    """Whether a block's brace closes on the statement's last line."""
    position = body.source.position
    return position(body.end - 1)[0] == position(statement.end)[0]


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _line_end(text: str, offset: int) -> int:
    """Before the line end, of either kind."""
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    return end - 1 if end > offset and text[end - 1] == "\r" else end


def _newline(span: Span) -> str:
    """The line end that the file has."""
    return "\r\n" if "\r\n" in span.source.text else "\n"


def _indent(span: Span) -> str:
    text = span.source.text
    line = text[_line_start(text, span.start) : span.start]
    return line[: len(line) - len(line.lstrip())]

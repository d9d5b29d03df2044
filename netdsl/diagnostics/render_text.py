"""Findings for a terminal: message, source lines with marks, help."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostic, Label, Severity
from netdsl.diagnostics.snippet import (
    GapRow,
    Mark,
    MarkRow,
    Row,
    SourceRow,
    first_line,
    last_line,
    rows,
)
from netdsl.diagnostics.visible import visible
from netdsl.source import SourceFile, Span

DEFAULT_WIDTH = 120
NEAR = 2
"""A related place at most so many lines away is drawn in the same snippet."""
LONGEST_CHAIN = 5
"""The number of `use` lines that are shown for a place in a template."""
MOST_ALIKE = 2
"""Up to so many findings of one rule at one place are drawn; of more (loops, templates) only the first."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The terminal sequences before each kind of text, and after it."""

    error: str = ""
    warning: str = ""
    frame: str = ""
    strong: str = ""
    related: str = ""
    end: str = ""

    def severity(self, severity: Severity) -> str:
        return self.error if severity is Severity.ERROR else self.warning


PLAIN = Palette()
COLOURED = Palette(
    error="\x1b[1;31m",
    warning="\x1b[1;33m",
    frame="\x1b[1;34m",
    strong="\x1b[1m",
    related="\x1b[1;36m",
    end="\x1b[0m",
)


@dataclass(frozen=True, slots=True)
class _Picture:
    """One snippet of a file: the place of its arrow, and its marks."""

    arrow: str
    at: Span
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class _Pen:
    """Renders one diagnostic with a gutter of fixed width."""

    palette: Palette
    digits: int
    width: int
    severity: Severity

    def paint(self, style: str, text: str) -> str:
        return f"{style}{text}{self.palette.end}" if style and text else text

    def arrow(self, picture: _Picture) -> str:
        source, start = picture.at.source, picture.at.start
        line, column = source.position(min(start, len(source.text)))
        sign = self.paint(self.palette.frame, f"{' ' * self.digits}{picture.arrow}")
        return f"{sign} {visible(source.path)}:{line}:{column}"

    def bar(self, rest: str = "", number: str = "") -> str:
        return f"{self.paint(self.palette.frame, f'{number:>{self.digits}} |')}{rest}".rstrip()

    def row(self, row: Row) -> str:
        match row:
            case SourceRow(number, text):
                return self.bar(f" {text}", str(number))
            case MarkRow(indent, marks, text):
                primary = marks.startswith("^")
                style = self.palette.severity(self.severity) if primary else self.palette.related
                words = f"{marks} {visible(text)}".rstrip()
                return self.bar(f" {' ' * indent}{self.paint(style, words)}")
            case GapRow():
                return self.paint(self.palette.frame, "...")

    def picture(self, picture: _Picture) -> Iterator[str]:
        yield self.arrow(picture)
        yield self.bar()
        source = picture.at.source
        yield from map(self.row, rows(source, picture.marks, self.width - self.digits - 3))

    def note(self, word: str, text: str) -> str:
        indent = " " * (self.digits + 1)
        first, *rest = text.split("\n")
        sign = self.paint(self.palette.frame, "=")
        lines = [f"{indent}{sign} {self.paint(self.palette.strong, f'{word}:')} {visible(first)}"]
        lines += [f"{indent}  {' ' * len(word)}  {visible(line)}".rstrip() for line in rest]
        return "\n".join(lines)


def render_text(diagnostics: Iterable[Diagnostic], *, colour: bool = False, width: int = DEFAULT_WIDTH) -> str:
    """All findings in the given order, each followed by an empty line, and their count; empty for none.

    Of many findings that a loop or a template makes of one mistake the first is drawn, with their number. `width`: the
    terminal's columns; longer source lines are cut around their marks, messages are not wrapped. The result has no
    control character except line ends and, with `colour`, the SGR sequences of this module.
    """
    found = tuple(diagnostics)
    if not found:
        return ""
    palette = COLOURED if colour else PLAIN
    blocks = ["\n".join(_block(group[0], palette, width, len(group) - 1)) for group in _grouped(found)]
    return "\n\n".join([*blocks, count(found)]) + "\n"


def count(diagnostics: Iterable[Diagnostic]) -> str:
    """The numbers of errors and warnings: `2 errors, 1 warning`; empty for none."""
    errors = warnings = 0
    for diagnostic in diagnostics:
        if diagnostic.is_error:
            errors += 1
        else:
            warnings += 1
    numbers = ((errors, "error"), (warnings, "warning"))
    return ", ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in numbers if number)


def _grouped(found: Iterable[Diagnostic]) -> Iterator[list[Diagnostic]]:
    """Groups of findings to draw as one: many of one rule at one place together, the others separately."""
    groups: dict[tuple[str, Span], list[Diagnostic]] = {}
    for diagnostic in found:
        groups.setdefault((diagnostic.rule.code, diagnostic.primary.place.span), []).append(diagnostic)
    for group in groups.values():
        if len(group) > MOST_ALIKE:
            yield group
        else:
            yield from ([finding] for finding in group)


def _block(diagnostic: Diagnostic, palette: Palette, width: int, more: int) -> Iterator[str]:
    severity = diagnostic.rule.severity
    pictures = _pictures(diagnostic)
    chain = diagnostic.primary.place.via[:LONGEST_CHAIN]
    uses = [_Picture(":::", span, (Mark(span, "-", ""),)) for span in chain]
    digits = max(len(str(last_line(mark.span))) for picture in (*pictures, *uses) for mark in picture.marks)
    pen = _Pen(palette, digits, width, severity)
    title = pen.paint(palette.severity(severity), f"{severity}[{diagnostic.rule.code}]")
    yield f"{title}{pen.paint(palette.strong, f': {visible(diagnostic.message)}')}"
    for picture in pictures:
        yield from pen.picture(picture)
    if uses or more or diagnostic.help is not None:
        yield pen.bar()
    for use in uses:
        yield pen.note("note", "in this use")
        yield from pen.picture(use)
    left_out = len(diagnostic.primary.place.via) - len(uses)
    if left_out:
        yield pen.note("note", f"and {left_out} more around it")
    if uses and not left_out and (more or diagnostic.help is not None):
        yield pen.bar()
    if more:
        yield pen.note("note", f"and {more} more at this place, in other turns or uses")
    if diagnostic.help is not None:
        yield pen.note("help", diagnostic.help)


def _pictures(diagnostic: Diagnostic) -> tuple[_Picture, ...]:
    """The snippets: the primary place with related ones near it, then the other places, grouped by line."""
    primary = diagnostic.primary
    near = [label for label in diagnostic.related if _is_near(primary.place.span, label.place.span)]
    distant = [label for label in diagnostic.related if label not in near]
    marks = (Mark(primary.place.span, "^", primary.text), *map(_related, near))
    others = (
        _Picture(":::", group[0].place.span, tuple(map(_related, group)))
        for _, labels in groupby(distant, key=_line_of)
        if (group := list(labels))
    )
    return (_Picture("-->", primary.place.span, marks), *others)


def _line_of(label: Label) -> tuple[SourceFile, int]:
    span = label.place.span
    return span.source, first_line(span)


def _related(label: Label) -> Mark:
    return Mark(label.place.span, "-", label.text)


def _is_near(one: Span, other: Span) -> bool:
    if one.source != other.source:
        return False
    return first_line(other) <= last_line(one) + NEAR and first_line(one) <= last_line(other) + NEAR

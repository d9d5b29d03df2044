"""Findings for a terminal: message, source lines with marks, help."""

import re
from collections import Counter
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
from netdsl.diagnostics.visible import visible, width_of
from netdsl.diagnostics.wrapping import wrapped
from netdsl.source import SourceFile, Span

DEFAULT_WIDTH = 120
NEAR = 2
"""A related place at most so many lines away is drawn in the same snippet."""
LONGEST_CHAIN = 5
"""The number of `use` lines that are shown for a place in a template."""
MOST_EQUAL = 20
"""Of more findings of one rule whose messages differ in numbers alone the first `SHOWN_EQUAL` are drawn."""
SHOWN_EQUAL = 3
_MOST_PLACES = 10  # of findings that are not drawn
_LEAST_LABEL = 30  # columns; a label with less room behind its marks stands below them
_LEAST_NOTE = 20  # columns
_HANGING = "    "
_NUMBERS = re.compile(r"\d+")
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
                style = self.palette.severity(self.severity) if marks.startswith("^") else self.palette.related
                lines = self.label(indent, marks, text)
                return "\n".join(self.bar(f" {' ' * blanks}{self.paint(style, line)}") for blanks, line in lines)
            case GapRow():
                return self.paint(self.palette.frame, "...")

    def label(self, indent: int, marks: str, text: str) -> Iterator[tuple[int, str]]:
        """The marks with their text: behind them, or below them where there is no room; each line with its indentation."""
        width = self.width - self.digits - 3
        beside = indent + len(marks) + 1
        if width - beside >= min(_LEAST_LABEL, width_of(visible(text))):
            first, *rest = wrapped(text, width - beside, width - beside)
            yield indent, f"{marks} {first}".rstrip()
        else:
            beside = max(0, min(indent, width - _LEAST_LABEL))
            rest = wrapped(text, width - beside, width - beside)
            yield indent, marks
        yield from ((beside, line) for line in rest)

    def title(self, head: str, message: str) -> str:
        """The headline, its other lines further right."""
        first, *rest = wrapped(message, self.width - width_of(head) - 2, self.width - len(_HANGING))
        lines = [f": {first}", *(f"{_HANGING}{line}" for line in rest)]
        sign = self.paint(self.palette.severity(self.severity), head)
        return sign + "\n".join(self.paint(self.palette.strong, line) for line in lines)

    def picture(self, picture: _Picture) -> Iterator[str]:
        yield self.arrow(picture)
        yield self.bar()
        source = picture.at.source
        yield from map(self.row, rows(source, picture.marks, self.width - self.digits - 3))

    def note(self, word: str, text: str) -> str:
        indent = " " * (self.digits + 1)
        room = max(_LEAST_NOTE, self.width - len(indent) - len(word) - 4)
        first, *rest = [line for part in text.split("\n") for line in wrapped(part, room, room)]
        sign = self.paint(self.palette.frame, "=")
        lines = [f"{indent}{sign} {self.paint(self.palette.strong, f'{word}:')} {first}"]
        lines += [f"{indent}  {' ' * len(word)}  {line}".rstrip() for line in rest]
        return "\n".join(lines)


def render_text(diagnostics: Iterable[Diagnostic], *, colour: bool = False, width: int = DEFAULT_WIDTH) -> str:
    """All findings in the given order, each followed by an empty line, and their count; empty for none.

    Of many findings that a loop or a template makes of one mistake the first is drawn, with their number; of many equal
    ones at different places the first few, with the places of others. `width`: the terminal's columns; longer source lines
    are cut around their marks, messages are wrapped. The result has no control character except line ends and, with
    `colour`, the SGR sequences of this module.
    """
    found = tuple(diagnostics)
    if not found:
        return ""
    palette = COLOURED if colour else PLAIN
    return "\n\n".join([*_blocks(list(_grouped(found)), palette, width), count(found)]) + "\n"


def _blocks(groups: list[list[Diagnostic]], palette: Palette, width: int) -> Iterator[str]:
    """Each group drawn; of many equal ones the first, and how many more there are."""
    sizes = Counter(_likeness(group[0]) for group in groups)
    seen: Counter[tuple[str, str]] = Counter()
    for group in groups:
        likeness = _likeness(group[0])
        seen[likeness] += 1
        if sizes[likeness] <= MOST_EQUAL or seen[likeness] <= SHOWN_EQUAL:
            yield "\n".join(_block(group[0], palette, width, len(group) - 1))
        elif seen[likeness] == SHOWN_EQUAL + 1:
            others = [other[0] for other in groups if _likeness(other[0]) == likeness][SHOWN_EQUAL:]
            yield _counted(others, palette, width)


def _likeness(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.rule.code, _NUMBERS.sub("0", diagnostic.message)


def _counted(others: list[Diagnostic], palette: Palette, width: int) -> str:
    """Findings that are not drawn: how many, and where the first of them are."""
    severity, code = others[0].rule.severity, others[0].rule.code
    pen = _Pen(palette, 1, width, severity)
    places = [other.primary.place.span.shown for other in others[:_MOST_PLACES]]
    more = [f"and {len(others) - len(places)} more"] if len(others) > len(places) else []
    return "\n".join(
        [
            pen.title(f"{severity}[{code}]", f"{len(others)} more like these"),
            pen.note("note", ", ".join([*places, *more])),
        ]
    )


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
    yield pen.title(f"{severity}[{diagnostic.rule.code}]", diagnostic.message)
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

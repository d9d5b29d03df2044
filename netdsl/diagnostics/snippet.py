"""Source lines with marks under them."""

from collections.abc import Iterable, Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics.visible import columns, visible, width_of
from netdsl.source import SourceFile, Span

LONGEST_BLOCK = 6
"""Of a marked range with more lines only the first and the last are shown."""

CUT = "…"
_NARROWEST = 24
_LEAD = 8
_MOST_PER_COLUMN = 4
"""Zero-width (combining) characters per column up to which a line is shown whole."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A range of a source with a sign to draw under it and a text."""

    span: Span
    sign: str  # "^" or "-"
    text: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source line with control characters made visible."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class MarkRow:
    """Marks under the line above, and their text."""

    indent: int
    marks: str
    text: str


@dataclass(frozen=True, slots=True)
class GapRow:
    """Lines left out."""


Row = SourceRow | MarkRow | GapRow


def first_line(span: Span) -> int:
    return span.source.position(_inside(span.source, span.start))[0]


def last_line(span: Span) -> int:
    """The line of the last character; a line end belongs to the line that it ends."""
    last = max(span.start, span.end - 1)
    return span.source.position(_inside(span.source, last))[0]


def rows(source: SourceFile, marks: Iterable[Mark], width: int) -> Iterator[Row]:
    """The lines with marks, each followed by its marks; long lines cut to `width` columns."""
    ordered = sorted(marks, key=lambda mark: (mark.span.start, mark.span.end, mark.sign))
    by_line: dict[int, list[Mark]] = {}
    for mark in ordered:
        for number in _lines_of(mark.span):
            by_line.setdefault(number, []).append(mark)
    previous: int | None = None
    for number in sorted(by_line):
        if previous is not None and number > previous + 1:
            if number == previous + 2:
                yield SourceRow(number - 1, _cut(_line(source, number - 1), 0, 0, width)[0])
            else:
                yield GapRow()
        yield from _line_rows(source, number, by_line[number], width)
        previous = number


def _lines_of(span: Span) -> Iterable[int]:
    first, last = first_line(span), last_line(span)
    return range(first, last + 1) if last - first < LONGEST_BLOCK else (first, last)


def _line_rows(source: SourceFile, number: int, marks: list[Mark], width: int) -> Iterator[Row]:
    line = _line(source, number)
    stretches = [_stretch(source, number, line, mark.span) for mark in marks]
    text, start, end = _cut(line, min(begin for begin, _ in stretches), max(end for _, end in stretches), width)
    yield SourceRow(number, text)
    for mark, (left, right) in zip(marks, stretches, strict=True):
        if left == right and number != first_line(mark.span):
            continue  # an empty line within a block
        left, right = min(max(left, start), end), min(max(right, start), end)
        indent = width_of(line[start:left]) + (len(CUT) if start else 0)
        length = max(1, width_of(line[left:right]))
        yield MarkRow(indent, mark.sign * length, mark.text if number == first_line(mark.span) else "")


def _stretch(source: SourceFile, number: int, line: str, span: Span) -> tuple[int, int]:
    """The part of a line that a span covers, as indices, without leading blanks of its later lines."""
    offset = source.line_starts[number - 1]
    left, right = max(span.start - offset, 0), min(span.end - offset, len(line))
    if span.start < offset:
        left = len(line) - len(line.lstrip())
    left = min(left, len(line))
    return left, max(left, right)


def _cut(line: str, left: int, right: int, width: int) -> tuple[str, int, int]:
    """As much of the line as `width` columns hold, with what is between `left` and `right`: its text, and its limits as
    indices. The line's beginning or end is shown if it can be, else as much on both sides."""
    width = max(width, _NARROWEST)
    if _fits(line, width):
        return visible(line), 0, len(line)
    room = width - 2 * len(CUT)
    start = 0
    if not _fits(line[: right + _LEAD], width - len(CUT)):
        end = min(right + max(_LEAD, (room - (right - left)) // 2), len(line))
        start = _start(line, end, room if end < len(line) else width - len(CUT))
    if start > left:
        start = 0 if left <= 2 * _LEAD else left - _LEAD
    room = width - len(CUT) - (len(CUT) if start else 0)
    end = len(line) if _fits(line[start:], room + len(CUT)) else start
    while end < len(line) and room >= columns(line[end]):
        room -= columns(line[end])
        end += 1
    head, tail = CUT if start else "", CUT if end < len(line) else ""
    return f"{head}{visible(line[start:end])}{tail}", start, end


def _start(line: str, end: int, room: int) -> int:
    """The first character of what goes into `room` columns before `end`."""
    start, least = end, end - _MOST_PER_COLUMN * room
    while start > max(0, least) and room >= columns(line[start - 1]):
        start -= 1
        room -= columns(line[start])
    return start


def _fits(text: str, width: int) -> bool:
    """Whether the text takes at most `width` columns; very long texts are not measured."""
    return len(text) <= _MOST_PER_COLUMN * width and width_of(text) <= width


def _line(source: SourceFile, number: int) -> str:
    return source.line(number).removesuffix("\r")


def _inside(source: SourceFile, offset: int) -> int:
    return min(max(offset, 0), len(source.text))

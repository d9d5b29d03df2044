"""Text in columns for a terminal: wrapped, never cut; nothing in it that a terminal obeys."""

import textwrap
from collections.abc import Iterator

from netdsl.diagnostics.visible import visible
from netdsl.source import Place

NARROWEST, WIDEST = 60, 110
_LEAST_TEXT = 24


def fitting(width: int) -> int:
    """The width that a table is given on a terminal of `width` columns."""
    return min(max(width, NARROWEST), WIDEST)


def hanging(head: str, text: str, width: int) -> Iterator[str]:
    """Lines of a text behind a head, which stands before the first alone; the others begin below the text."""
    indent = len(head)
    if indent > width - _LEAST_TEXT:
        yield head.rstrip()
        indent = 8
        head = " " * indent
    lines = textwrap.wrap(visible(text), width - indent, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        yield f"{head if number == 0 else ' ' * indent}{line}".rstrip()


def place_text(place: Place | None) -> str:
    """` (lab.net:41)`: to be put behind what is said; nothing where there is no place."""
    if place is None:
        return ""
    line, _ = place.span.source.position(place.span.start)
    return f" ({place.span.source.name}:{line})"


def snippet(place: Place | None, width: int) -> Iterator[str]:
    """Where a statement stands, its first line, and the uses that brought it there."""
    if place is None:
        return
    number, _ = place.span.source.position(place.span.start)
    yield f"  --> {visible(place.span.shown)}"
    yield from hanging(f"  {number} | ", place.span.source.line(number).strip(), width)
    for use in place.via[:5]:
        yield f"  used at {visible(use.shown)}"

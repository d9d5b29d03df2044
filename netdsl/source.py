"""Source text and places in it: the lowest layer, which everything else stands on."""

import re
from bisect import bisect_right
from dataclasses import field

from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file as read: `name` is its path below the lab's folder, `text` its decoded text. `folder` is that folder as the
    user named it, "" for the one where netdsl was started. `secrets`: stretches of the text (offsets, end exclusive) that
    are not shown."""

    name: str
    text: str = field(repr=False)
    folder: str = ""
    secrets: tuple[tuple[int, int], ...] = field(default=(), repr=False, compare=False)
    line_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(index + 1 for index, character in enumerate(self.text) if character == "\n")
        object.__setattr__(self, "line_starts", tuple(starts))

    @property
    def path(self) -> str:
        """What messages show: the path as it was given, never resolved; of an imported file, as the import leads to it."""
        return f"{self.folder.removesuffix('/')}/{self.name}" if self.folder else self.name

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """A line (from 1) as it is shown, without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.shown(start, len(self.text) if end < 0 else end)

    def shown(self, start: int, end: int) -> str:
        """A part of the text as messages show it: each character of a secret is a `*`, so that columns stay."""
        text = self.text[start:end]
        for first, last in self.secrets:
            left, right = max(first, start) - start, min(last, end) - start
            if left < right:
                text = f"{text[:left]}{'*' * (right - left)}{text[right:]}"
        return text


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one file: offsets, end exclusive."""

    source: SourceFile = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def shown_text(self) -> str:
        return self.source.shown(self.start, self.end)

    @property
    def shown(self) -> str:
        """File, line and column, as messages show them."""
        line, column = self.source.position(self.start)
        return f"{self.source.path}:{line}:{column}"

    def __str__(self) -> str:
        """The same from the lab's folder: what is written does not depend on where that lies."""
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"


_BLOCK = re.compile(r"\s*(?<!\$)\{", re.ASCII)
"""Where a statement's block begins; `${…}` is a value."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something comes from: its span and, innermost first, the `use` lines that brought it there."""

    span: Span
    via: tuple[Span, ...] = ()

    def at(self, span: Span) -> "Place":
        """Another span with the same way to it."""
        return Place(span, self.via)

    @property
    def head(self) -> "Place":
        """A statement without its block: `host a`, not all that is in it. Other places are what they are."""
        span = self.span
        found = _BLOCK.search(span.source.text, span.start, span.end)
        if found is None or found.start() == span.start:
            return self
        if span.source.text.count('"', span.start, found.start()) % 2:
            return self  # the brace is in a string
        return self.at(Span(span.source, span.start, found.start()))

    def __str__(self) -> str:
        return str(self.span)

"""Remedies as text: what to write where. Applied, they make a finding go away."""

import re
from collections.abc import Iterable

from netdsl.dataclass import dataclass
from netdsl.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands in a stretch of a source afterwards. An empty stretch is a place to insert at, no text takes it away."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A remedy: edits that belong together, of stretches that do not overlap. `title`: what it does, in words."""

    title: str
    edits: tuple[Edit, ...]

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The sources that it changes, each once."""
        return tuple({edit.span.source.name: edit.span.source for edit in self.edits}.values())


def replaced(span: Span, text: str) -> Fix:
    """The fix that is one stretch written otherwise."""
    return Fix(f"`{text}` instead of `{span.text}`", (Edit(span, text),))


def inserted(span: Span, text: str) -> Edit:
    """A text put right behind a stretch."""
    return Edit(Span(span.source, span.end, span.end), text)


class Rewording(str):
    """Help that is one word of the finding's place written otherwise: a text like any other, which knows the two words."""

    __slots__ = ("instead", "word")
    word: str
    instead: str

    def __new__(cls, text: str, word: str, instead: str) -> "Rewording":
        made = super().__new__(cls, text)
        made.word, made.instead = word, instead
        return made

    def fix_at(self, span: Span) -> Fix | None:
        """The fix where the word stands in a stretch once; None where it is not written there."""
        found = list(re.finditer(rf"(?<![\w.*$-]){re.escape(self.word)}(?![\w*-])", span.text))
        if len(found) != 1:
            return None
        start = span.start + found[0].start()
        return replaced(Span(span.source, start, start + len(self.word)), self.instead)


def edited(source: SourceFile, edits: Iterable[Edit]) -> str:
    """The text of a source after those of the edits that are in it. Raises ValueError where two overlap."""
    return _changed(source.text, 0, (edit for edit in edits if edit.span.source.name == source.name))


def edited_stretch(span: Span, edits: Iterable[Edit]) -> str:
    """The text of a stretch after those edits that are within it."""
    within = (edit for edit in edits if span.start <= edit.span.start and edit.span.end <= span.end)
    return _changed(span.text, span.start, within)


def _changed(text: str, offset: int, edits: Iterable[Edit]) -> str:
    parts: list[str] = []
    done = offset
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        if edit.span.start < done:
            raise ValueError("edits overlap")
        parts += [text[done - offset : edit.span.start - offset], edit.text]
        done = edit.span.end
    return "".join([*parts, text[done - offset :]])

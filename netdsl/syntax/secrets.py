"""Secrets in a source: the strings that no message shows."""

import re
from collections.abc import Iterator
from functools import cache

from netdsl.source import SourceFile
from netdsl.syntax.statements import statements

_STRING = r'"(?:[^"\\\n]|\\.)*+"?'
_STRINGS = re.compile(_STRING)
_REST = rf'(?:{_STRING}|#[^\n]*+|,[ \t]*+(?:#[^\n]*+)?\n|\n\s*+(?:and|or)\b|[^"#;{{}}\n])*+'
"""What follows a statement's word, to its end: it goes on after a comma, and where a line begins with `and` or `or`."""
_NAME = re.compile(r"[A-Za-z_][\w-]*+")
_GIVEN = re.compile(rf"(?<![\w.-])([A-Za-z_][\w-]*+)\s*+[=:]\s*+({_STRING}(?:\s*+[,+]\s*+{_STRING})*+)")
"""A name (of `let`, `param`, a template's value) and the strings that it gets."""


def source_of(name: str, text: str, folder: str = "") -> SourceFile:
    """A file as read, with what of it is not shown."""
    return SourceFile(name, text, folder, tuple(_stretches(text)))


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Of strings without their quotes: those of statements that hold secrets, and those of names that these use. By the
    text alone, as what cannot be read is shown as well."""
    names: set[str] = set()
    for statement in _holding().finditer(text):
        names.update(_NAME.findall(_STRINGS.sub(_spliced, statement[1])))
        yield from _inside(text, *statement.span(1))
    for given in _GIVEN.finditer(text) if names else ():
        if given[1] in names:
            yield from _inside(text, *given.span(2))


@cache
def _holding() -> re.Pattern[str]:
    words = "|".join(re.escape(one.word) for one in statements() if one.has_secret)
    return re.compile(rf"(?:^|(?<=[{{;]))[ \t]*+(?:{words})(?![\w-])({_REST})", re.MULTILINE)


def _spliced(found: re.Match[str]) -> str:
    """The names that a string has others in by: `$name`, `${name}`."""
    return " ".join(re.findall(r"\$\{?([A-Za-z_][\w-]*)", found[0]))


def _inside(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in _STRINGS.finditer(text, start, end):
        last = found.end() - (found[0].endswith('"') and len(found[0]) > 1)
        yield found.start() + 1, last

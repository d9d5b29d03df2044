"""Tokens to values: literals, strings with their escapes, texts with `$x` in them."""

import re

from netdsl.diagnostics.catalogue import SYNTAX_ERROR
from netdsl.diagnostics.core import Diagnostics
from netdsl.source import Place, SourceFile, Span
from netdsl.syntax.escapes import ESCAPES
from netdsl.syntax.expressions import read_expression
from netdsl.syntax.tree import Expression, Kind, Literal, Name, Splice

_INTERPOLATION = r'\$(?:\{(?P<braced>(?:"(?:[^"\\\n]|\\.)*"|[^}"\n])*)\}|(?P<name>[A-Za-z_]\w*))'
_IN_WORD = re.compile(_INTERPOLATION)
_IN_STRING = re.compile(_INTERPOLATION.replace(r'"(?:[^"\\\n]|\\.)*"|', "") + r"|\\(?P<escape>.)")


def spliced(text: str, source: SourceFile, start: int, diagnostics: Diagnostics) -> Splice:
    """A word with at least one `$x` or `${…}` in it."""
    span = Span(source, start, start + len(text))
    name = text[1:]
    if text[0] == "$" and name.isidentifier():
        return Splice((Name(name, span),), False, span)
    return Splice(_parts(_IN_WORD, text, source, start, diagnostics), False, span)


def string(token: str, source: SourceFile, start: int, diagnostics: Diagnostics) -> Literal | Splice:
    """A token with its quotes. Escapes: `\\"`, `\\\\`, `\\n`, `\\t`, `\\$`; a `$` before no name stands for itself."""
    span = Span(source, start, start + len(token))
    inner = token[1:-1]
    if "\\" not in inner and "$" not in inner:
        return Literal(Kind.STRING, inner, span)
    parts = _parts(_IN_STRING, inner, source, start + 1, diagnostics)
    match parts:
        case ():
            return Literal(Kind.STRING, "", span)
        case (str(text),):
            return Literal(Kind.STRING, text, span)
        case _:
            return Splice(parts, True, span)


def _parts(
    pattern: re.Pattern[str], text: str, source: SourceFile, start: int, diagnostics: Diagnostics
) -> tuple[str | Expression, ...]:
    parts: list[str | Expression] = []
    plain: list[str] = []
    end = 0
    for found in pattern.finditer(text):
        plain.append(text[end : found.start()])
        end = found.end()
        if (escape := found.groupdict().get("escape")) is not None:
            plain.append(_escaped(escape, Span(source, start + end - 2, start + end), diagnostics))
            continue
        parts.extend(filter(None, ("".join(plain),)))
        plain.clear()
        parts.append(_interpolated(found, source, start, diagnostics))
    plain.append(text[end:])
    parts.extend(filter(None, ("".join(plain),)))
    return tuple(parts)


def _interpolated(found: re.Match[str], source: SourceFile, start: int, diagnostics: Diagnostics) -> Expression:
    if (name := found["name"]) is not None:
        return Name(name, Span(source, start + found.start(), start + found.end()))
    return read_expression(found["braced"], source, start + found.start("braced"), diagnostics)


def _escaped(character: str, span: Span, diagnostics: Diagnostics) -> str:
    if (text := ESCAPES.get(character)) is not None:
        return text
    diagnostics.report(
        SYNTAX_ERROR,
        f"`\\{character}` is no escape in a string",
        Place(span),
        help='`\\"`, `\\\\`, `\\n`, `\\t` and `\\$` are; a backslash itself is written `\\\\`',
    )
    return character

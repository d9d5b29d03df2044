"""Values as Ruby literals. One filter for all that stands in the Vagrantfile; no other text of a lab gets there."""

import re

_COMMENT = re.compile(r"[^\w .-]")


def literal(value: str | int | bool | None) -> str:
    """A Ruby literal, in one line, that is the value and runs nothing.

    Text is single-quoted, where Ruby knows two escapes and no interpolation. What is not printable (line ends, controls,
    bidirectional marks) is written by number, which needs double quotes; bytes of a path that are not UTF-8 (Python's
    surrogate escapes) become those bytes. UnicodeEncodeError: other surrogates, which are no text.
    """
    match value:
        case None:
            return "nil"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str() if value.isprintable():
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case str():
            return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character in '"\\#' or not character.isprintable():
        character.encode()
        return f"\\u{{{code:x}}}"
    return character


def comment(text: str) -> str:
    """Text of one line in a comment. No colon, no equals sign: Ruby obeys comments like `coding: x`."""
    return _COMMENT.sub(" ", text)

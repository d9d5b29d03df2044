"""Values as Ruby literals: the quoting function of the Vagrantfile, used for every text of a lab in it."""

import re

_COMMENT = re.compile(r"[^\w .-]")


def literal(value: str | int | bool | None) -> str:
    """The value as a Ruby literal in one line, without interpolation.

    Printable text is single-quoted, with Ruby's two escapes. Text with line ends, control or bidirectional characters
    is double-quoted, with these characters by number; bytes of a path that are not UTF-8 (Python's surrogate escapes)
    are written as bytes. Raises UnicodeEncodeError for other surrogates.
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
    """Text for a comment of one line, without colons and equals signs: Ruby interprets comments as `coding: x`."""
    return _COMMENT.sub(" ", text)

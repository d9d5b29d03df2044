"""Escapes in strings."""

import re

ESCAPES = {'"': '"', "\\": "\\", "$": "$", "n": "\n", "t": "\t"}
"""What stands behind the backslash, and what it means."""

_ESCAPE = re.compile(r"\\(.)")


def unescaped(text: str) -> str:
    """A string's text with its escapes taken out; one that means nothing stands for its character."""
    return _ESCAPE.sub(lambda found: ESCAPES.get(found[1], found[1]), text)

"""Text in lines of a width: broken between words, and not within what a user copies."""

import re
from collections.abc import Iterator

from netdsl.diagnostics.visible import visible, width_of

_LONGEST_CODE = 40
_WORD = re.compile(rf"\S*`[^`]{{1,{_LONGEST_CODE}}}`\S*|\S+")
"""A word, or a short text in backticks with what touches it."""


def wrapped(text: str, first: int, others: int) -> list[str]:
    """The lines of a text, its control characters made visible: the first of up to so many columns, then the others. A
    word that is longer than a line stays whole. At least one line."""
    return list(_lines(visible(text), first, others))


def _lines(text: str, first: int, others: int) -> Iterator[str]:
    line, width = "", first
    for word in _WORD.findall(text):
        longer = f"{line} {word}" if line else word
        if line and width_of(longer) > width:
            yield line
            line, width = word, others
        else:
            line = longer
    yield line

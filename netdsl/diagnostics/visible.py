"""Text of sources, nodes and files for display: control and invisible characters replaced by visible signs, and its width
in columns.

Labs may come from untrusted authors. Escape sequences, carriage returns, bidirectional controls and invisible
characters are never sent to the terminal ('Trojan Source', CVE-2021-42574).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from unicodedata import category, combining, east_asian_width


class Passing(str):
    """A text that the next one makes out of date: a step of a program. On a terminal they share one line."""

    __slots__ = ()


class Summary(Passing):
    """What a program has done by now, in lines, that only a terminal shows: elsewhere each part's end is said."""

    __slots__ = ()


class Elsewhere(str):
    """What is said where no terminal shows a summary."""

    __slots__ = ()


def passing(tell: Callable[[str], None]) -> Callable[[str], None]:
    """What tells each text as a passing one."""
    return lambda text: tell(Passing(text))


TAB = "    "
_CONTROL_PICTURES = 0x2400
_DELETE_PICTURE = "\u2421"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DOUBTFUL = re.compile(r"[^\x20-\x7e]")
_DOUBTFUL_OF_LINES = re.compile(r"[^\t\n\x20-\x7e]")


@lru_cache(maxsize=4096)
def cell(character: str) -> str:
    """One character as shown: itself, blanks for a tab, a control picture or `\\u{…}` for an invisible character."""
    if character == "\t":
        return TAB
    code = ord(character)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code == 0x7F:
        return _DELETE_PICTURE
    if code > 0x7F and category(character) in _UNSEEN:
        return f"\\u{{{code:x}}}"
    return character


@lru_cache(maxsize=4096)
def columns(character: str) -> int:
    """The number of columns of a character as shown: 0 (combining), 1, 2 (East Asian wide), or more."""
    shown = cell(character)
    if len(shown) > 1:
        return len(shown)
    if combining(shown) or category(shown) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(shown) in ("W", "F") else 1


def visible(text: str) -> str:
    """The text with every control and invisible character replaced by a visible sign."""
    return _DOUBTFUL.sub(lambda found: cell(found[0]), text)


def visible_lines(text: str) -> str:
    """As `visible` for text of several lines: line feeds and tabs stay."""
    return _DOUBTFUL_OF_LINES.sub(lambda found: cell(found[0]), text)


def width_of(text: str) -> int:
    """The number of columns of `visible(text)`."""
    return sum(map(columns, text))

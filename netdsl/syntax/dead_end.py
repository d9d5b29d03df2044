"""Where the parser could not go on, and what is found to be wrong there."""

import re

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Rule

_WORD = re.compile(r'"[^"\n]*"?|(?:->|[^\s{}()\[\],;"#=<>])+|[=<>!]+|.')
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|;|$)")
_REST = re.compile(r"[^\n;{}#]*")
_BETWEEN_WORDS = " \t\r\n,;()[]"
_LONGEST_SHOWN = 40
_LONGEST_STATEMENT = 200


@dataclass(frozen=True, slots=True)
class Dead:
    """A dead end of the parser: where, what it would have taken, and what it was reading.

    `expected` are terminals; `start` is where the statement begins, `first_word` what it begins with; `block` is the first
    word of the statement whose block it is in ("" for the file); a line of checks is one in `expect`.
    """

    text: str
    offset: int
    expected: frozenset[str]
    is_line_start: bool
    is_check: bool
    first_word: str
    start: int
    block: str

    @property
    def before(self) -> str:
        """What was read of the statement, the end of it if it is long."""
        return self.text[max(self.start, self.offset - _LONGEST_STATEMENT) : self.offset]

    @property
    def rest(self) -> str:
        """What stands here and behind it up to the line's end, a block, a comment or `;`; the beginning of a long text."""
        found = _REST.match(self.text, self.offset, self.offset + _LONGEST_STATEMENT)
        return found[0].rstrip() if found else ""

    @property
    def stretch(self) -> tuple[int, int]:
        """Where what stands here without a blank begins and ends: the lexer may have read a part of it."""
        start = self.offset
        while start > 0 and self.offset - start < _LONGEST_STATEMENT and self.text[start - 1] not in _BETWEEN_WORDS:
            start -= 1
        return start, self.offset + len(self.word)

    @property
    def word(self) -> str:
        """What stands there: a word, a string, a mark; nothing at the end of the text."""
        found = _WORD.match(self.text, self.offset)
        return found[0] if found else ""

    @property
    def shown(self) -> str:
        """The word as messages show it."""
        word = self.word
        return word if len(word) <= _LONGEST_SHOWN else f"{word[:_LONGEST_SHOWN]}…"

    @property
    def is_line_end(self) -> bool:
        return _LINE_END.match(self.text, self.offset) is not None


@dataclass(frozen=True, slots=True)
class Finding:
    """`instead`: what is certain to be meant by the stretch."""

    rule: Rule
    message: str
    start: int
    end: int
    help: str | None = None
    instead: str | None = None

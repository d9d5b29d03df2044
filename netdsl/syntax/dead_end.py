"""Where the parser could not go on, and what is found to be wrong there."""

import re

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Rule

_WORD = re.compile(r'"[^"\n]*"?|(?:[^\s{}()\[\],;"#=<>]|->)+|[=<>!]+|.')
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|;|$)")
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Dead:
    """A dead end of the parser: where, what it would have taken, and what it was reading.

    `expected` are terminals; `first_word` is the one that the statement begins with; a line of checks is one in `expect`.
    """

    text: str
    offset: int
    expected: frozenset[str]
    is_line_start: bool
    is_check: bool
    first_word: str

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
    rule: Rule
    message: str
    start: int
    end: int
    help: str | None = None

"""What is said where words, clauses and lines of other tools, or of a later version, stand."""

import re
from collections.abc import Callable, Sequence

from netdsl.diagnostics.catalogue import FOREIGN_WORD, NOT_SUPPORTED_YET
from netdsl.syntax import foreign_lines
from netdsl.syntax.dead_end import Dead, Finding
from netdsl.syntax.foreign import FOREIGN_CLAUSES, FOREIGN_IN_BLOCK
from netdsl.syntax.statements import statements
from netdsl.syntax.statements.later import FEATURES

_ONE_WORD = re.compile(r"write `([a-z-]+)`")
"""Help that is one word, which stands in the other one's place."""
_WITH_FEATURES = frozenset({"interface", "network", "link", "tunnel"})
"""Statements in which a word of a later version may stand."""


def first_word(dead: Dead) -> Finding | None:
    """A word of another tool at the beginning of a line."""
    word = dead.word.lower()
    instead = FOREIGN_IN_BLOCK.get(dead.block, {}).get(word) or statements().foreign_words.get(word)
    return None if instead is None else _not_ours(dead.word, dead.offset, _write(instead))


def _not_ours(word: str, start: int, help_text: str) -> Finding:
    found = _ONE_WORD.fullmatch(help_text)
    instead = None if found is None else found[1]
    message = f"`{word}` is not a word of this language"
    return Finding(FOREIGN_WORD, message, start, start + len(word), help_text, instead)


def _line(dead: Dead) -> Finding | None:
    """A whole line of another tool."""
    line = (dead.before + dead.rest).strip()
    if dead.is_check or (instead := foreign_lines.instead_of(line)) is None:
        return None
    start = dead.text.find(line[0], dead.start)
    return Finding(FOREIGN_WORD, "a line of another tool", start, start + len(line), _write(instead))


def _write(instead: str) -> str:
    """What this language says instead, as help: some words have a remark alone."""
    return f"write {instead}" if instead.startswith("`") else instead


def _clause(dead: Dead) -> Finding | None:
    """A word of another tool, or of a later version, within a statement: here, or before what stands here."""
    clauses = FOREIGN_CLAUSES.get(dead.first_word, {})
    before = dead.before.split()[-1:]
    for word, end in ((dead.word, dead.offset + len(dead.word)), (before[0] if before else "", dead.offset)):
        start = dead.text.rfind(word, dead.start, end)
        if word == dead.first_word or start < 0:
            continue
        if (instead := clauses.get(word)) is not None:
            return _not_ours(word, start, _write(instead))
        later = statements().later(word)
        if later is not None and word in FEATURES and dead.first_word in _WITH_FEATURES:
            message = f"`{word}` is part of the language, but not compiled by this version"
            return Finding(NOT_SUPPORTED_YET, message, start, start + len(word), later.instead or None)
    return None


def _else_if(dead: Dead) -> Finding | None:
    if "ELSE" not in dead.expected or dead.word.lower() not in ("elif", "elsif", "elseif"):
        return None
    return _not_ours(dead.word, dead.offset, f"write `}} else if{dead.rest[len(dead.word) :]} {{`")


EXPLANATIONS: Sequence[Callable[[Dead], Finding | None]] = (_line, _else_if, _clause)

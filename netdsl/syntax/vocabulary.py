"""The terminals of the grammar in the user's words."""

import re
from collections.abc import Iterable, Mapping

from lark.lexer import PatternStr, TerminalDef

from netdsl.syntax.statements import statements

VALUES = frozenset(
    {
        "SPLICED", "STRING", "MAC", "PREFIX", "ADDRESS", "SERVICE", "RATE", "RANGE", "QUANTITY", "INT", "NAME", "LSQB",
    }
)  # fmt: skip

NAMED: dict[str, str] = {
    "STRING": "a string",
    "SPLICED": "a value",
    "MAC": "a MAC address",
    "PREFIX": "a prefix",
    "ADDRESS": "an address",
    "SERVICE": "a service",
    "RATE": "a rate",
    "RANGE": "a range",
    "QUANTITY": "a quantity",
    "INT": "a number",
    "NAME": "a name",
    "PATH": "a path",
    "KEY": "`key = value`",
    "COMPARE": "a comparison",
    "AND": "`and`",
    "OR": "`or`",
    "_COMMA": "`,`",
    "_SEP": "the end of the line",
    "COMMENT": "a comment",
    "BLANK": "a blank",
    "$END": "the end of the file",
}
"""Terminals that are no words. Groups of words (`host`, `router` …) are read from their pattern."""

_GROUP = re.compile(r"\(\?:([a-z][\w|\[\] \t+-]*)\)\(\?!")
_BLANKS = re.compile(r"\[[ \t]+\]\+")


class Vocabulary:
    """What the terminals are called, and which words they stand for."""

    def __init__(self, terminals: Iterable[TerminalDef], statement_start: Iterable[str]) -> None:
        self._words: Mapping[str, tuple[str, ...]] = {
            terminal.name: words for terminal in terminals if (words := _words(terminal))
        }
        later = {one.word for one in statements() if one.instead is not None}
        self.statement_words = frozenset(self.words(statement_start)) | later

    def words(self, terminals: Iterable[str]) -> list[str]:
        """The words that the terminals stand for, sorted."""
        return sorted({word for terminal in terminals for word in self._words.get(terminal, ()) if word[0].isalpha()})

    def phrases(self, terminals: Iterable[str]) -> list[str]:
        """What may stand at a place, each thing once: values first, then marks and words, the line's end last."""
        expected = set(terminals)
        phrases: list[str] = []
        if {"ADDRESS", "NAME"} <= expected:
            phrases.append("a value")
            expected -= VALUES
        elif "SPLICED" in expected and expected & {"NAME", "STRING", "PATH"}:
            expected.discard("SPLICED")
        if "_SEP" in expected:
            expected -= {"RBRACE", "$END"}
        phrases.extend(NAMED[name] for name in sorted(expected & NAMED.keys()) if name not in ("_SEP", "$END"))
        phrases.extend(sorted(f"`{word}`" for name in expected for word in self._words.get(name, ())))
        phrases.extend(NAMED[name] for name in ("_SEP", "$END") if name in expected)
        return phrases

    def is_known(self, terminal: str) -> bool:
        return terminal in self._words or terminal in NAMED


def _words(terminal: TerminalDef) -> tuple[str, ...]:
    if isinstance(terminal.pattern, PatternStr):
        return (terminal.pattern.value,)
    if found := _GROUP.fullmatch(terminal.pattern.value.removesuffix(r"[\w.*-])")):
        return tuple(_BLANKS.sub(" ", word) for word in found[1].split("|"))
    return ()

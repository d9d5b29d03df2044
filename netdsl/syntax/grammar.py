"""The grammar of the language, loaded: lark parsers made of the files in `grammar/`."""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from lark import Lark, Token, Transformer
from lark.lark import PostLex

from netdsl.disk.shipped import is_shipped, shipped_text
from netdsl.index import kinds
from netdsl.syntax.statements import statements
from netdsl.syntax.tables import Choice, parser_of, table_folder

_FILE_PARTS = ("lexical", "words", "values", "language", "network", "filter", "tunnel", "expect")
_EXPRESSION_PARTS = ("lexical", "expression")


class _AlwaysWords(PostLex):
    """Makes one terminal known in every state of the contextual lexer.

    A keyword is then a word like others, looked up whole (`viaduct` is not `via` and `duct`), and an unexpected word
    is one token. lark's hook for that is the post-lexer; this one passes the tokens on as they are.
    """

    def __init__(self, terminal: str) -> None:
        self.always_accept = (terminal,)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


def _text(parts: Iterable[str]) -> str:
    return "\n".join(shipped_text("netdsl.grammar", f"{part}.lark") for part in parts)


def _kinds() -> Iterable[str]:
    """The kinds that have a grammar: one of attributes alone needs none."""
    return (kind for kind in kinds() if is_shipped("netdsl.grammar", f"{kind}.lark"))


def _attributes() -> str:
    """The terminal of the words that are described as attributes."""
    return rf"ATTRIBUTE.5: /(?:{'|'.join(statements().attributes)})(?![\w.*-])/"


def file_parser(transformer: Transformer[Token, object]) -> Lark:
    """The parser of a whole file; it calls the transformer while it reads."""
    choice = Choice(start="start", maybe_placeholders=True)
    grammar = f"{_text((*_FILE_PARTS, *_kinds()))}\n{_attributes()}\n"
    return parser_of(grammar, choice, _AlwaysWords("NAME"), transformer, _kept("file"))


@cache
def expression_parser() -> Lark:
    """The parser of what stands in `${…}`; it makes lark's own trees, without places of their own."""
    choice = Choice(start="expression", maybe_placeholders=False)
    return parser_of(_text(_EXPRESSION_PARTS), choice, _AlwaysWords("VALUE"), None, _kept("expression"))


def _kept(name: str) -> Path | None:
    folder = table_folder(os.environ)
    return folder / f"{name}-table.json" if folder is not None else None

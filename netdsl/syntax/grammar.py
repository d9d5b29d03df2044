"""The grammar of the language, loaded: lark parsers made of the files in `grammar/`."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Transformer

_FILE_PARTS = ("lexical", "words", "values", "language", "network", "filter", "tunnel", "expect", "later")
_EXPRESSION_PARTS = ("lexical", "expression")


class _AlwaysWords:
    """Makes one terminal known in every state of the contextual lexer.

    A keyword is then a word like others, looked up whole (`viaduct` is not `via` and `duct`), and an unexpected word
    is one token. lark's hook for that is the post-lexer; this one passes the tokens on as they are.
    """

    def __init__(self, terminal: str) -> None:
        self.always_accept = (terminal,)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


def _text(parts: tuple[str, ...]) -> str:
    folder = files("netdsl.grammar")
    return "\n".join((folder / f"{part}.lark").read_text(encoding="utf-8") for part in parts)


def file_parser(transformer: Transformer[Token, object]) -> Lark:
    """The parser of a whole file; it calls the transformer while it reads."""
    return Lark(
        _text(_FILE_PARTS),
        parser="lalr",
        lexer="contextual",
        transformer=transformer,
        maybe_placeholders=True,
        postlex=_AlwaysWords("NAME"),
    )


@cache
def expression_parser() -> Lark:
    """The parser of what stands in `${…}`; it makes lark's own trees, without places of their own."""
    return Lark(
        _text(_EXPRESSION_PARTS),
        parser="lalr",
        lexer="contextual",
        start="expression",
        maybe_placeholders=False,
        postlex=_AlwaysWords("VALUE"),
    )

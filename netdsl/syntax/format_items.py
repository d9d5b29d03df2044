"""A source as the formatter sees it: statements, their blocks, comments, blank lines; words are only text.

The text has been parsed before, so that braces and strings are known to match.
"""

import re
from collections.abc import Iterator
from dataclasses import field

from netdsl.dataclass import dataclass

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<newline>\n)"
    r"|(?P<mark>->|[{}()\[\],;]|[=<>!]+)"
    r'|(?P<word>(?:\$\{(?:"(?:[^"\\\n]|\\.)*"|[^}"\n])*\}|-(?!>)|[^\s{}()\[\],;"#=<>!-])+)'
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a line of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Break:
    """A line end inside a statement, with the comment before it and those on lines of their own after it."""

    comment: str
    own_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """One or more empty lines."""


@dataclass(slots=True)
class Block:
    """`{ … }`. `comment` stands behind the opening brace."""

    is_one_line: bool
    comment: str = ""
    items: "list[Item]" = field(default_factory=list)


@dataclass(slots=True)
class Statement:
    """Words and blocks in the order of the text; `comment` ends its last line."""

    pieces: "list[Token | Block | Break]" = field(default_factory=list)
    comment: str = ""

    @property
    def first_word(self) -> str:
        first = self.pieces[0]
        return first.text if isinstance(first, Token) else ""

    @property
    def is_one_line(self) -> bool:
        """Whether the text has it on one line."""
        return all(
            not isinstance(piece, Break) and (not isinstance(piece, Block) or piece.is_one_line)
            for piece in self.pieces
        )


Item = Statement | Comment | Blank


def read_items(text: str) -> list[Item]:
    return _Reader(text).items()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def items(self) -> list[Item]:
        """Up to the closing brace, or the end."""
        items: list[Item] = []
        line_ends = 0
        while True:
            token = self._peek()
            match token:
                case Token("newline"):
                    line_ends += 1
                    self._at += 1
                    if line_ends == 2 and items:
                        items.append(Blank())
                    continue
                case Token("mark", ";"):
                    self._at += 1
                    continue
                case Token("end") | Token("mark", "}"):
                    break
                case Token("comment"):
                    items.append(Comment(self._take().text))
                case _:
                    items.append(self._statement())
            line_ends = 0
        while items and isinstance(items[-1], Blank):
            items.pop()
        return items

    def _statement(self) -> Statement:
        statement = Statement()
        parentheses = 0
        while True:
            match self._peek():
                case Token("end") | Token("mark", "}"):
                    return statement
                case Token("mark", ";"):
                    self._at += 1
                    if parentheses == 0:
                        self._trailing_comment(statement)
                        return statement
                case Token("mark", "{"):
                    statement.pieces.append(self._block())
                case Token("newline") | Token("comment"):
                    if not self._line_end(statement, parentheses):
                        return statement
                case token:
                    parentheses += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "mark" else 0
                    statement.pieces.append(self._take())

    def _trailing_comment(self, statement: Statement) -> None:
        if self._peek().kind == "comment":
            statement.comment = self._take().text

    def _line_end(self, statement: Statement, parentheses: int) -> bool:
        """Takes the line's comment, and where the statement goes on, everything up to its next word."""
        comment = self._take().text if self._peek().kind == "comment" else ""
        last = statement.pieces[-1]
        goes_on = parentheses > 0 or (isinstance(last, Token) and last.text == "," and last.kind == "mark")
        if not goes_on and not self._next_word_joins():
            statement.comment = comment
            return False
        own_lines = []
        while self._peek().kind in ("newline", "comment"):
            token = self._take()
            own_lines.extend([token.text] if token.kind == "comment" else [])
        statement.pieces.append(Break(comment, tuple(own_lines)))
        return True

    def _next_word_joins(self) -> bool:
        at = self._at
        while self._tokens[at].kind in ("newline", "comment"):
            at += 1
        return at > self._at and self._tokens[at] in (Token("word", "and"), Token("word", "or"))

    def _block(self) -> Block:
        start = self._at
        self._at += 1
        comment = self._take().text if self._peek().kind == "comment" else ""
        items = self.items()
        is_one_line = all(token.kind not in ("newline", "comment") for token in self._tokens[start : self._at])
        self._at += 1
        return Block(is_one_line, comment, items)


def _tokens(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        assert found.lastgroup is not None
        yield Token(found.lastgroup, found[0].rstrip() if found.lastgroup == "comment" else found[0])
    yield Token("end", "")

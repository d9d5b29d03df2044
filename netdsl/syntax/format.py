"""One layout for every source (`netdsl fmt`): indentation, blanks, blank lines, aligned columns; comments are kept.

What the layout leaves to the author: where lines end inside a statement, and whether a block stands on one line.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax.description import Column
from netdsl.syntax.format_expect import agreeing
from netdsl.syntax.format_items import Blank, Block, Break, Comment, Item, Statement, Token, read_items
from netdsl.syntax.parser import parse
from netdsl.syntax.statements import statements

WIDTH = 110
"""The longest line, comments aside: a block that would be longer is opened up."""

_INDENT = 2
_CONTINUATION = 4
_COMMENT_COLUMN = 44


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the output; a blank one is empty."""

    indent: int
    code: str
    comment: str = ""

    def __str__(self) -> str:
        code = " " * self.indent + self.code
        if not self.comment:
            return code.rstrip()
        if not self.code:
            return code + self.comment
        return f"{code:<{_COMMENT_COLUMN - 2}}  {self.comment}"


def format_source(source: SourceFile, diagnostics: Diagnostics) -> str | None:
    """The source in the one layout, which is its own; None where the source has syntax errors, which are reported."""
    found = Diagnostics()
    parse(source, found)
    for diagnostic in found:
        diagnostics.add(diagnostic)
    if found.has_errors:
        return None
    lines = _items(agreeing(read_items(source.text.removeprefix("\ufeff"))), 0)
    return "".join(f"{line}\n" for line in lines)


def _items(items: Sequence[Item], indent: int) -> list[Line]:
    lines: list[Line] = []
    for word, run in groupby(items, key=lambda item: _run_word(item, indent)):
        together = list(run)
        if word is None:
            for item in together:
                lines.extend(_item(item, indent))
        else:
            lines.extend(_aligned([item for item in together if isinstance(item, Statement)], indent))
    return lines


def _item(item: Item, indent: int) -> list[Line]:
    match item:
        case Blank():
            return [Line(0, "")]
        case Comment(text):
            return [Line(indent, "", text)]
        case Statement():
            return _statement(item, indent)


# --- runs of lines with a column


def _run_word(item: Item, indent: int) -> str | None:
    """What a statement has in common with the others of its run; None if it is in none."""
    if not isinstance(item, Statement) or not _fits(item, indent) or _pivot(item) is None:
        return None
    return item.first_word


def _pivot(statement: Statement) -> int | None:
    """The piece that is aligned."""
    column = _column(statement.first_word)
    if column is None:
        return None
    places = range(len(statement.pieces))
    if column.at is not None:
        places = places[column.at : column.at + 1]
    return next((at for at in places if _begins(statement.pieces[at], column.begins)), None)


def _column(first_word: str) -> Column | None:
    description = statements().described.get(first_word)
    return None if description is None else description.column


def _begins(piece: Token | Block | Break, mark: str) -> bool:
    match piece:
        case Block():
            return mark == "{"
        case Token():
            return not mark or piece == Token("mark", mark)
        case Break():
            return False


def _aligned(lines: list[Statement], indent: int) -> list[Line]:
    if len(lines) == 1:
        return _statement(lines[0], indent)
    column = _column(lines[0].first_word)
    gap = 1 if column is None else column.gap
    split = [(statement, _pivot(statement) or 0) for statement in lines]
    lefts = [_joined(statement.pieces[:at], statement.first_word) for statement, at in split]
    width = max(map(len, lefts)) + gap
    return [
        Line(indent, f"{left:<{width}}{_joined(statement.pieces[at:], '')}", statement.comment)
        for left, (statement, at) in zip(lefts, split, strict=True)
    ]


# --- one statement


def _fits(statement: Statement, indent: int) -> bool:
    if not statement.is_one_line:
        return False
    has_block = any(isinstance(piece, Block) for piece in statement.pieces)
    return not has_block or indent + len(_joined(statement.pieces, statement.first_word)) <= WIDTH


def _statement(statement: Statement, indent: int) -> list[Line]:
    if _fits(statement, indent):
        return [Line(indent, _joined(statement.pieces, statement.first_word), statement.comment)]
    lines: list[Line] = []
    here: list[Token | Block | Break] = []
    start = indent
    comment = statement.comment if statement.is_one_line else ""
    for piece in statement.pieces:
        match piece:
            case Block(items=[], comment=""):
                here.append(piece)
            case Block():
                code = f"{_joined(here, statement.first_word)} {{".lstrip()
                lines.append(Line(start, code, piece.comment or comment))
                comment = ""
                lines.extend(_items(piece.items, indent + _INDENT))
                here = [Token("word", "}")]
                start = indent
            case Break(comment=end_comment, own_lines=own_lines):
                lines.append(Line(start, _joined(here, statement.first_word), end_comment))
                lines.extend(Line(indent + _CONTINUATION, "", text) for text in own_lines)
                here = []
                start = indent + _CONTINUATION
            case Token(text=")") if not here:
                here.append(piece)
                start = indent
            case Token():
                here.append(piece)
    last = comment if statement.is_one_line else statement.comment
    lines.append(Line(start, _joined(here, statement.first_word), last))
    return _between(statement, lines)


def _between(statement: Statement, lines: list[Line]) -> list[Line]:
    """`protecting` below `protecting`, where `between` and each `and` have a line each."""
    if statement.first_word != "between" or len(lines) < 2:
        return lines
    parts = [line.code.split(" protecting ") for line in lines]
    if any(len(part) != 2 for part in parts):
        return lines
    width = max(line.indent + len(part[0]) for line, part in zip(lines, parts, strict=True))
    return [
        replace(line, code=f"{part[0]:<{width - line.indent}} protecting {part[1]}")
        for line, part in zip(lines, parts, strict=True)
    ]


def _joined(pieces: Sequence[Token | Block | Break], first_word: str) -> str:
    """Pieces on one line: one blank between words, none inside brackets or before a comma."""
    text = ""
    previous = ""
    for piece in pieces:
        if isinstance(piece, Break):
            continue
        word = piece.text if isinstance(piece, Token) else _one_line(piece)
        is_tight = not text or previous in ("(", "[") or word in (",", ")", "]")
        is_formals = word == "(" and first_word == "template"
        text += word if is_tight or is_formals else f" {word}"
        previous = word
    return text


def _one_line(block: Block) -> str:
    lines = [item for item in block.items if isinstance(item, Statement)]
    if not lines:
        return "{ }"
    inside = " ; ".join(_joined(line.pieces, line.first_word) for line in lines)
    return f"{{ {inside} }}"

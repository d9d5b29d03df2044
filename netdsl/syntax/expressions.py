"""What stands in `${…}`: parsed once for each text, built anew for each place."""

from collections.abc import Callable
from functools import lru_cache

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from netdsl.diagnostics.catalogue import NESTING_TOO_DEEP, SYNTAX_ERROR
from netdsl.diagnostics.core import Diagnostics
from netdsl.source import Place, SourceFile, Span
from netdsl.syntax.escapes import unescaped
from netdsl.syntax.grammar import expression_parser
from netdsl.syntax.limits import MAX_DEPTH
from netdsl.syntax.tree import Binary, Call, Expression, Kind, Literal, Name, Unary

_KINDS = {
    "STRING": Kind.STRING,
    "MAC": Kind.MAC,
    "FULL_PREFIX": Kind.PREFIX,
    "ADDRESS": Kind.ADDRESS,
    "KNOWN_SERVICE": Kind.SERVICE,
    "RATE": Kind.RATE,
    "RANGE": Kind.RANGE,
    "QUANTITY": Kind.QUANTITY,
    "NUMBER": Kind.INTEGER,
}


class _Refused(Exception):
    """The text is no expression: where (an offset in it), and why."""

    def __init__(self, offset: int, message: str, is_too_deep: bool = False) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.is_too_deep = is_too_deep


def read_expression(text: str, source: SourceFile, start: int, diagnostics: Diagnostics) -> Expression:
    """The expression in a text that begins at `start`; where it cannot be read, the text itself as a word."""
    try:
        return _build(_tree(text), lambda begin, end: Span(source, start + begin, start + end))
    except _Refused as refusal:
        at = start + refusal.offset
        rule = NESTING_TOO_DEEP if refusal.is_too_deep else SYNTAX_ERROR
        diagnostics.report(rule, refusal.message, Place(Span(source, at, min(at + 1, start + len(text) + 1))))
        return Literal(Kind.WORD, text, Span(source, start, start + len(text)))


@lru_cache(maxsize=4096)
def _tree(text: str) -> Tree[Token]:
    if not text.strip():
        raise _Refused(0, "an expression is missing between the braces")
    try:
        # `not not not …` needs no brackets to be deep, so that the depth is measured after parsing, without recursion.
        tree = expression_parser().parse(text)
    except UnexpectedInput as error:
        raise _refusal(text, error) from None
    pending: list[tuple[Tree[Token], int]] = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise _Refused(0, f"this expression has more than {MAX_DEPTH} operations inside one another", True)
        pending.extend((child, depth + 1) for child in node.children if isinstance(child, Tree))
    return tree


def _refusal(text: str, error: UnexpectedInput) -> _Refused:
    match error:
        case UnexpectedToken(token=Token(type="$END")):
            return _Refused(len(text), "the expression is not complete")
        case UnexpectedToken(token=Token() as token):
            return _Refused(token.start_pos or 0, f"`{token.value}` does not belong here in an expression")
        case UnexpectedCharacters(pos_in_stream=int(offset)):
            return _Refused(offset, f"`{text[offset]}` does not belong in an expression")
        case _:
            return _Refused(0, "this is no expression")


def _build(node: Tree[Token] | Token, place: Callable[[int, int], Span]) -> Expression:
    """A tree as ours; recursion is bounded, the depth was measured."""
    assert isinstance(node, Tree)
    first, last = _ends(node)
    span = place(first, last)
    children = node.children
    match node.data, children:
        case "name", [Token(value=text)]:
            return Name(text, span)
        case "literal", [Token(type=kind, value=text)]:
            return Literal(_KINDS[kind], unescaped(text[1:-1]) if kind == "STRING" else text, span)
        case "unary", [Token(value=operator), operand]:
            return Unary(operator, _build(operand, place), span)
        case "binary", [left, Token(value=operator), right]:
            return Binary(operator, _build(left, place), _build(right, place), span)
        case "call", [Token(value=function), *rest]:
            arguments = tuple(_build(child, place) for child in rest if isinstance(child, Tree))
            return Call(function, arguments, span)
        case "group", [Token(), inner, Token()]:
            return _build(inner, place)
        case _:
            raise AssertionError(node.data)


def _ends(node: Tree[Token]) -> tuple[int, int]:
    first: Tree[Token] | Token = node
    last: Tree[Token] | Token = node
    while isinstance(first, Tree):
        first = first.children[0]
    while isinstance(last, Tree):
        last = last.children[-1]
    assert first.start_pos is not None
    assert last.end_pos is not None
    return first.start_pos, last.end_pos

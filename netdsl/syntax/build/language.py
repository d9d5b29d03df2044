"""The statements of the language itself, bodies, conditions."""

from typing import Generic, NamedTuple, TypeVar

from lark import Token, v_args

from netdsl.dataclass import dataclass
from netdsl.diagnostics.catalogue import NESTING_TOO_DEEP
from netdsl.source import Place, Span
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.limits import MAX_DEPTH
from netdsl.syntax.tree import (
    Actual,
    Binary,
    Body,
    Document,
    Expression,
    For,
    Formal,
    If,
    Import,
    Lab,
    Later,
    Let,
    Param,
    Splice,
    Statement,
    Target,
    Template,
    Unary,
    Use,
    Value,
)

Item = TypeVar("Item")


class Lines(NamedTuple, Generic[Item]):
    """A body while it is read: its opening brace (none for the file itself) and the statements so far."""

    opening: Token | None
    items: list[Item]


class Condition(NamedTuple):
    """A condition while it is read, and how many operations deep it is."""

    expression: Expression
    depth: int


@dataclass(frozen=True, slots=True)
class Parenthesized(Generic[Item]):
    """What stands in the parentheses of a template or a use."""

    items: tuple[Item, ...]
    span: Span


@v_args(inline=True)
class LanguageBuilder(BaseBuilder):
    # --- bodies

    def no_lines(self) -> Lines[Statement]:
        return Lines(None, [])

    def first_lines(self, opening: Token) -> Lines[Item]:
        return Lines(opening, [])

    def same_lines(self, lines: Lines[Item]) -> Lines[Item]:
        return lines

    def more_lines(self, lines: Lines[Item], item: Item | None) -> Lines[Item]:
        """A statement that could not be read is None."""
        if item is not None:
            lines.items.append(item)
        return lines

    def body(self, lines: Lines[Statement], last: Statement | None, closing: Token) -> Body:
        assert lines.opening is not None
        return Body(tuple(self.more_lines(lines, last).items), self._span(lines.opening, closing))

    def start(self, lines: Lines[Statement], last: Statement | None) -> Document:
        return Document(self.source, tuple(self.more_lines(lines, last).items))

    def later(self, text: Token) -> Later:
        return Later(text.value, self._span(text, text))

    def broken(self, *_: object) -> None:
        """A statement that was reported already."""

    # --- conditions

    def truth(self, value: Value) -> Condition:
        return Condition(_plain(value), 1)

    def compared(self, left: Value, operator: Token, right: Value) -> Condition:
        span = self._span(left, right)
        return Condition(Binary(operator.value, _plain(left), _plain(right), span), 2)

    def negated(self, word: Token, operand: Condition) -> Condition:
        span = self._span(word, operand.expression)
        return self._measured(Unary("not", operand.expression, span), operand.depth)

    def both(self, left: Condition, _word: Token, right: Condition) -> Condition:
        return self._joined("and", left, right)

    def either(self, left: Condition, _word: Token, right: Condition) -> Condition:
        return self._joined("or", left, right)

    def grouped(self, _opening: Token, inner: Condition, _closing: Token) -> Condition:
        return inner

    def _joined(self, operator: str, left: Condition, right: Condition) -> Condition:
        span = self._span(left.expression, right.expression)
        binary = Binary(operator, left.expression, right.expression, span)
        return self._measured(binary, max(left.depth, right.depth))

    def _measured(self, expression: Binary | Unary, depth: int) -> Condition:
        """Too deep is said once: the operand stands for the whole from there on."""
        if depth < MAX_DEPTH:
            return Condition(expression, depth + 1)
        if depth == MAX_DEPTH:
            message = f"this condition has more than {MAX_DEPTH} operations inside one another"
            self.diagnostics.report(NESTING_TOO_DEEP, message, Place(expression.span))
        inner = expression.operand if isinstance(expression, Unary) else expression.left
        return Condition(inner, MAX_DEPTH + 1)

    # --- statements

    def lab(self, word: Token, name: Value, title: Value | None) -> Lab:
        return Lab(name, title, self._span(word, title or name))

    def param(
        self,
        word: Token,
        name: Value,
        _equals: Token | None,
        default: list[Value] | None,
        _in: Token | None,
        domain: list[Value] | None,
    ) -> Param:
        span = self._span(word, domain or default or name)
        return Param(name, tuple(default) if default else None, tuple(domain) if domain else None, span)

    def let(self, word: Token, name: Value, _equals: Token, values: list[Value]) -> Let:
        return Let(name, tuple(values), self._span(word, values))

    def for_loop(self, word: Token, name: Value, _in: Token, values: list[Value], body: Body) -> For:
        return For(name, tuple(values), body, self._span(word, body))

    def branch(
        self, word: Token, condition: Condition, then: Body, _else: Token | None, otherwise: Body | If | None
    ) -> If:
        return If(condition.expression, then, otherwise, self._span(word, otherwise or then))

    def import_file(self, word: Token, path: Value, _as: Token | None, alias: Value | None) -> Import:
        return Import(path, alias, self._span(word, alias or path))

    def template(self, word: Token, name: Value, formals: Parenthesized[Formal] | None, body: Body) -> Template:
        return Template(name, formals.items if formals else (), body, self._span(word, body))

    def formals(self, opening: Token, *rest: Formal | Token) -> Parenthesized[Formal]:
        items = tuple(item for item in rest if isinstance(item, Formal))
        return Parenthesized(items, self._span(opening, rest[-1]))

    def formal(self, name: Value, _equals: Token | None, default: Value | None) -> Formal:
        return Formal(name, (default,) if default else None, self._span(name, default or name))

    def use(
        self,
        word: Token,
        template: Value,
        _as: Token | None,
        alias: Value | None,
        actuals: Parenthesized[Actual] | None,
    ) -> Use:
        span = self._span(word, actuals or alias or template)
        return Use(template, alias, actuals.items if actuals else (), span)

    def actuals(self, opening: Token, *rest: Actual | Token) -> Parenthesized[Actual]:
        items = tuple(item for item in rest if isinstance(item, Actual))
        return Parenthesized(items, self._span(opening, rest[-1]))

    def actual(self, name: Value, _equals: Token, value: Value) -> Actual:
        return Actual(name, value, self._span(name, value))

    def target(self, word: Token, name: Value, body: Body) -> Target:
        return Target(name, body, self._span(word, body))


def _plain(value: Value) -> Expression:
    """In a condition `$x` is the value itself, no text with a value in it."""
    match value:
        case Splice(parts=(part,), quoted=False) if not isinstance(part, str):
            return part
        case _:
            return value

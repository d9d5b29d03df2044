"""What all builders share: the file being read, spans, values and lists of values."""

from collections.abc import Callable
from typing import Protocol

from lark import Token, Transformer, v_args

from netdsl.diagnostics.catalogue import SYNTAX_ERROR
from netdsl.diagnostics.core import Diagnostics
from netdsl.source import Place, SourceFile, Span
from netdsl.syntax.literals import spliced, string
from netdsl.syntax.tree import Bracketed, Kind, Literal, Splice, Value


class Placed(Protocol):
    """Whatever has a span: values, bodies, clauses …"""

    @property
    def span(self) -> Span: ...


Last = Token | Placed | list[Value] | tuple[Placed, ...]

_LITERALS = (
    ("MAC", Kind.MAC),
    ("PREFIX", Kind.PREFIX),
    ("ADDRESS", Kind.ADDRESS),
    ("SERVICE", Kind.SERVICE),
    ("RATE", Kind.RATE),
    ("RANGE", Kind.RANGE),
    ("QUANTITY", Kind.QUANTITY),
    ("INT", Kind.INTEGER),
    ("NAME", Kind.WORD),
    ("KEY", Kind.WORD),
    ("PATH", Kind.STRING),
)


@v_args(inline=True)
class BaseBuilder(Transformer[Token, object]):
    """Called by lark for every token and rule, while it reads.

    lark binds the callbacks when the grammar is loaded, so one builder serves many files, one after another: `begin`
    sets the file. Who holds the builder holds the lock (see `parser`).
    """

    source: SourceFile
    diagnostics: Diagnostics

    def __init__(self) -> None:
        super().__init__(visit_tokens=True)
        for terminal, kind in _LITERALS:
            setattr(self, terminal, self._literal_maker(kind))
        self.STRING = self._string
        self.SPLICED = self._spliced

    def begin(self, source: SourceFile, diagnostics: Diagnostics) -> None:
        self.source = source
        self.diagnostics = diagnostics

    # --- tokens

    def _literal_maker(self, kind: Kind) -> Callable[[Token], Literal]:
        def make(token: Token) -> Literal:
            return Literal(kind, token.value, Span(self.source, _start(token), _end(token)))

        return make

    def _string(self, token: Token) -> Literal | Splice:
        return string(token.value, self.source, _start(token), self.diagnostics)

    def _spliced(self, token: Token) -> Splice:
        return spliced(token.value, self.source, _start(token), self.diagnostics)

    # --- places

    def _span(self, first: Token | Placed, last: Last) -> Span:
        start = _start(first) if isinstance(first, Token) else first.span.start
        if isinstance(last, Token):
            return Span(self.source, start, _end(last))
        placed = last[-1] if isinstance(last, list | tuple) else last
        return Span(self.source, start, placed.span.end)

    def _refuse_quotes(self, values: "list[Value] | tuple[Value, ...] | None") -> None:
        """An address in quotes would only be found to be a string much later, and said less well."""
        for value in values or ():
            if isinstance(value, Literal) and value.kind is Kind.STRING:
                self.diagnostics.report(
                    SYNTAX_ERROR,
                    "a string where an address or a name stands",
                    Place(value.span),
                    help=f"without quotes: `{value.text}`",
                )

    # --- lists

    def first_value(self, value: Value) -> list[Value]:
        return [value]

    def more_values(self, values: list[Value], value: Value) -> list[Value]:
        values.append(value)
        return values

    def bracketed(self, opening: Token, values: list[Value], closing: Token) -> Bracketed:
        return Bracketed(tuple(values), self._span(opening, closing))


def _start(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos


def _end(token: Token) -> int:
    assert token.end_pos is not None
    return token.end_pos

"""The statements of the language itself, and what every statement is."""

from netdsl.dataclass import dataclass
from netdsl.source import SourceFile, Span
from netdsl.syntax.tree.values import Expression, Value


class Statement:
    """A statement, of the core or of a kind: a frozen dataclass with its fields in the order of the text, `span` last."""

    __slots__ = ()
    span: Span

    @property
    def called(self) -> str | None:
        """The word of its description, where the class has several: `host` and `router` are one class."""
        return None

    @property
    def said_for(self) -> tuple[Value, ...]:
        """The nodes that it holds for alone (`… for NODES`); empty: for all of its block."""
        return ()


class Named(Statement):
    """A statement that declares a name: of an element, or of a part of the element whose block it stands in."""

    __slots__ = ()
    name: Value


class WithBlock(Statement):
    """A statement that may have a block of statements, which belongs to what it declares."""

    __slots__ = ()
    body: "Body | None"


@dataclass(frozen=True, slots=True)
class Body:
    """What stands between braces."""

    statements: tuple[Statement, ...]
    span: Span  # with its braces


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file. After syntax errors it holds the statements that could be read."""

    source: SourceFile
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Lab(Statement):
    """`lab NAME "title"`."""

    name: Value
    title: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Param(Statement):
    """`param NAME [= default] [in domain]`."""

    name: Value
    default: tuple[Value, ...] | None
    domain: tuple[Value, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class Let(Statement):
    """`let NAME = values`."""

    name: Value
    values: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class For(WithBlock):
    """`for NAME in values { … }`."""

    name: Value
    values: tuple[Value, ...]
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class If(Statement):
    """`if condition { … } else …`."""

    condition: Expression
    then: Body
    otherwise: "Body | If | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Import(Statement):
    """`import "path" as alias`."""

    path: Value
    alias: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Formal:
    """A parameter of a template."""

    name: Value
    default: tuple[Value, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class Template(WithBlock):
    """`template NAME(formals) { … }`."""

    name: Value
    formals: tuple[Formal, ...]
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Actual:
    """`name = value` of a `use`."""

    name: Value
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Use(Statement):
    """`use template as alias (actuals)`."""

    template: Value
    alias: Value | None
    actuals: tuple[Actual, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Target(WithBlock):
    """`target NAME { … }`."""

    name: Value
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Later(Statement):
    """A statement of the language that this version parses and does not compile: bgp, wireguard, bench, vnf …"""

    word: str
    span: Span

    @property
    def called(self) -> str:
        return self.word

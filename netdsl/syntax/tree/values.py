"""Values and expressions: what stands in a statement, as written."""

from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.source import Span


class Kind(StrEnum):
    """What a literal is, in the user's words."""

    WORD = "name"
    INTEGER = "number"
    QUANTITY = "quantity"
    RATE = "rate"
    STRING = "string"
    MAC = "MAC address"
    PREFIX = "prefix"
    ADDRESS = "address"  # complete, or short as `.2`, `.0.99`, `::2`, or on a link: `fe80::1%wan`
    SERVICE = "service"  # tcp/80, udp/1-9, icmp/echo-request
    RANGE = "range"  # 1..4


@dataclass(frozen=True, slots=True)
class Literal:
    """A token as written; a string without its quotes."""

    kind: Kind
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Splice:
    """Text with values in it: `$x`, `client-$i`, `10.$n.0.0/24`, `"lab $x"`. A lone `$x` has one part."""

    parts: "tuple[str | Expression, ...]"
    quoted: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Bracketed:
    """`[a, b]`: a list inside a list."""

    items: "tuple[Value, ...]"
    span: Span


Value = Literal | Splice | Bracketed


# --- expressions: what stands in `${…}`, and conditions


@dataclass(frozen=True, slots=True)
class Name:
    """A value's name: `$x`, or `x` inside braces."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    function: str
    arguments: "tuple[Expression, ...]"
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`+ - * / %`, `== != < <= > >=`, `and`, `or`."""

    operator: str
    left: "Expression"
    right: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`-`, `not`."""

    operator: str
    operand: "Expression"
    span: Span


Expression = Name | Call | Binary | Unary | Literal | Splice | Bracketed

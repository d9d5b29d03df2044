"""Tunnels: what their kinds have in common, and the certificates for them."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree.language import Body, Named, Statement, WithBlock
from netdsl.syntax.tree.values import Value


@dataclass(frozen=True, slots=True)
class Joined:
    """`A, … [protecting L]`, between the words `and` of a `between`."""

    nodes: tuple[Value, ...]
    protecting: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Between(Statement):
    """`between A [protecting L] and B [protecting L] [and …]`, two or more; in a child the lists are networks."""

    joined: tuple[Joined, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Side(WithBlock):
    """`gateway A [protecting L]`, `client B, … [protecting L]`."""

    role: str
    nodes: tuple[Value, ...]
    protecting: tuple[Value, ...]
    body: Body | None
    span: Span

    @property
    def called(self) -> str:
        return self.role


@dataclass(frozen=True, slots=True)
class Over(Statement):
    """The family of the outer packets."""

    family: str
    span: Span


@dataclass(frozen=True, slots=True)
class At(Statement):
    """`at ADDRESS|NODE for NODES`."""

    address: Value
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pki(Named, WithBlock):
    """`pki NAME { … }`."""

    name: Value
    body: Body
    span: Span

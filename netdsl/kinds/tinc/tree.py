"""The statement of tinc."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree import Body, Named, Value, WithBlock


@dataclass(frozen=True, slots=True)
class Tinc(Named, WithBlock):
    """`tinc NAME { … }`."""

    name: Value
    body: Body
    span: Span

"""The statement of GRE."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree import Body, Named, Value, WithBlock


@dataclass(frozen=True, slots=True)
class Gre(Named, WithBlock):
    """`tunnel NAME gre { … }`."""

    name: Value
    body: Body
    span: Span

"""The statement of IPIP."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree import Body, Named, Value, WithBlock


@dataclass(frozen=True, slots=True)
class Ipip(Named, WithBlock):
    """`tunnel NAME ipip { … }`."""

    name: Value
    body: Body
    span: Span

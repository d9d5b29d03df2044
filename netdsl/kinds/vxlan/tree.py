"""The statement of VXLAN."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree import Body, Named, Value, WithBlock


@dataclass(frozen=True, slots=True)
class Vxlan(Named, WithBlock):
    """`tunnel NAME vxlan { … }`."""

    name: Value
    body: Body
    span: Span

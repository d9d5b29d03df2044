"""The statement of WireGuard."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree import Body, Named, Value, WithBlock


@dataclass(frozen=True, slots=True)
class Wireguard(Named, WithBlock):
    """`wireguard NAME { … }`."""

    name: Value
    body: Body
    span: Span

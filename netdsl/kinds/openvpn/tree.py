"""The statement of OpenVPN."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree import Body, Named, Value, WithBlock


@dataclass(frozen=True, slots=True)
class Openvpn(Named, WithBlock):
    """`openvpn NAME { … }`."""

    name: Value
    body: Body
    span: Span

"""OpenVPN: one method for each rule of its grammar."""

from lark import Token, v_args

from netdsl.kinds.openvpn.tree import Openvpn
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import Body, Value


@v_args(inline=True)
class Builder(BaseBuilder):
    def openvpn(self, word: Token, name: Value, body: Body) -> Openvpn:
        return Openvpn(name, body, self._span(word, body))

"""VXLAN: one method for each rule of its grammar."""

from lark import Token, v_args

from netdsl.kinds.vxlan.tree import Vxlan
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import Body, Value


@v_args(inline=True)
class Builder(BaseBuilder):
    def vxlan(self, word: Token, name: Value, _kind: Token, body: Body) -> Vxlan:
        return Vxlan(name, body, self._span(word, body))

"""IPIP: one method for each rule of its grammar."""

from lark import Token, v_args

from netdsl.kinds.ipip.tree import Ipip
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import Body, Value


@v_args(inline=True)
class Builder(BaseBuilder):
    def ipip(self, word: Token, name: Value, _kind: Token, body: Body) -> Ipip:
        return Ipip(name, body, self._span(word, body))

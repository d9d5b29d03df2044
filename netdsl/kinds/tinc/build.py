"""tinc: one method for each rule of its grammar."""

from lark import Token, v_args

from netdsl.kinds.tinc.tree import Tinc
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import Body, Value


@v_args(inline=True)
class Builder(BaseBuilder):
    def tinc(self, word: Token, name: Value, body: Body) -> Tinc:
        return Tinc(name, body, self._span(word, body))

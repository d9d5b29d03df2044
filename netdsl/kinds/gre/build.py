"""GRE: one method for each rule of its grammar."""

from lark import Token, v_args

from netdsl.kinds.gre.tree import Gre
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import Body, Value


@v_args(inline=True)
class Builder(BaseBuilder):
    def gre(self, word: Token, name: Value, _kind: Token, body: Body) -> Gre:
        return Gre(name, body, self._span(word, body))

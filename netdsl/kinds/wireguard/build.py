"""WireGuard: one method for each rule of its grammar."""

from lark import Token, v_args

from netdsl.kinds.wireguard.tree import Wireguard
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import Body, Value


@v_args(inline=True)
class Builder(BaseBuilder):
    def wireguard(self, word: Token, name: Value, body: Body) -> Wireguard:
        return Wireguard(name, body, self._span(word, body))

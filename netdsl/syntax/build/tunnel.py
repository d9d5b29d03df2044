"""Tunnels and the certificates for them."""

from lark import Token, v_args

from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import At, Between, Body, Over, Pki, Side, Value


@v_args(inline=True)
class TunnelBuilder(BaseBuilder):
    def between(
        self,
        word: Token,
        left: list[Value],
        left_protecting: list[Value] | None,
        _and: Token,
        right: list[Value],
        right_protecting: list[Value] | None,
    ) -> Between:
        for values in (left, left_protecting, right, right_protecting):
            self._refuse_quotes(values)
        span = self._span(word, right_protecting or right)
        return Between(tuple(left), tuple(left_protecting or ()), tuple(right), tuple(right_protecting or ()), span)

    def protecting(self, values: list[Value]) -> list[Value]:
        return values

    def for_nodes(self, nodes: list[Value]) -> list[Value]:
        return nodes

    def side(self, role: Token, nodes: list[Value], protecting: list[Value] | None, body: Body | None) -> Side:
        self._refuse_quotes(protecting)
        span = self._span(role, body or protecting or nodes)
        return Side(role.value, tuple(nodes), tuple(protecting or ()), body, span)

    def over(self, word: Token, family: Token) -> Over:
        return Over(family.value, self._span(word, family))

    def at(self, word: Token, address: Value, nodes: list[Value]) -> At:
        return At(address, tuple(nodes), self._span(word, nodes))

    def pki(self, word: Token, name: Value, body: Body) -> Pki:
        return Pki(name, body, self._span(word, body))

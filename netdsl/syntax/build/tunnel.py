"""Tunnels and the certificates for them."""

from lark import Token, v_args

from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import At, Between, Body, Joined, Over, Pki, Side, Value


@v_args(inline=True)
class TunnelBuilder(BaseBuilder):
    def between(self, word: Token, *parts: Joined | Token) -> Between:
        joined = tuple(part for part in parts if isinstance(part, Joined))
        return Between(joined, self._span(word, joined[-1]))

    def joined(self, nodes: list[Value], protecting: list[Value] | None) -> Joined:
        for values in (nodes, protecting):
            self._refuse_quotes(values)
        return Joined(tuple(nodes), tuple(protecting or ()), self._span(nodes[0], protecting or nodes))

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

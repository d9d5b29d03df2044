"""Tunnels and the certificates for them."""

from lark import Token, v_args

from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import (
    Auth,
    Between,
    Body,
    Child,
    Dpd,
    Identity,
    Ipsec,
    Mode,
    Over,
    Pki,
    Pool,
    Proposals,
    Rekey,
    Secret,
    Side,
    Start,
    Value,
)


@v_args(inline=True)
class TunnelBuilder(BaseBuilder):
    def ipsec(self, word: Token, name: Value, body: Body) -> Ipsec:
        return Ipsec(name, body, self._span(word, body))

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

    def side(self, role: Token, nodes: list[Value], protecting: list[Value] | None, body: Body | None) -> Side:
        self._refuse_quotes(protecting)
        span = self._span(role, body or protecting or nodes)
        return Side(role.value, tuple(nodes), tuple(protecting or ()), body, span)

    def auth(
        self,
        word: Token,
        method: Token,
        secret: Value | None,
        _from: Token | None,
        pki: Value | None,
        nodes: list[Value] | None,
    ) -> Auth:
        span = self._span(word, nodes or pki or secret or method)
        return Auth(method.value, secret, pki, tuple(nodes or ()), span)

    def for_nodes(self, nodes: list[Value]) -> list[Value]:
        return nodes

    def identity(self, word: Token, identity: Value, nodes: list[Value]) -> Identity:
        return Identity(identity, tuple(nodes), self._span(word, nodes))

    def secret(self, word: Token, secret: Value, nodes: list[Value] | None) -> Secret:
        return Secret(secret, tuple(nodes or ()), self._span(word, nodes or secret))

    def proposals(self, protocol: Token, proposals: list[Value]) -> Proposals:
        return Proposals(protocol.value, tuple(proposals), self._span(protocol, proposals))

    def over(self, word: Token, family: Token) -> Over:
        return Over(family.value, self._span(word, family))

    def start_when(self, word: Token, when: Token, _by: Token | None, nodes: list[Value] | None) -> Start:
        return Start(" ".join(when.value.split()), tuple(nodes or ()), self._span(word, nodes or when))

    def dpd(self, word: Token, delay: Value, action: Value) -> Dpd:
        return Dpd(delay, action, self._span(word, action))

    def rekey(self, word: Token, protocol: Value, limits: list[Value]) -> Rekey:
        return Rekey(protocol, tuple(limits), self._span(word, limits))

    def pool(self, word: Token, prefixes: list[Value]) -> Pool:
        self._refuse_quotes(prefixes)
        return Pool(tuple(prefixes), self._span(word, prefixes))

    def child(self, word: Token, name: Value, body: Body) -> Child:
        return Child(name, body, self._span(word, body))

    def mode(self, word: Token, mode: Value) -> Mode:
        return Mode(mode, self._span(word, mode))

    def pki(self, word: Token, name: Value, body: Body) -> Pki:
        return Pki(name, body, self._span(word, body))

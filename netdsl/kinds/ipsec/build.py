"""IPsec: one method for each rule of its grammar."""

from lark import Token, v_args

from netdsl.kinds.ipsec.tree import (
    Auth,
    Backup,
    Bypass,
    Child,
    Dpd,
    Identity,
    Ipsec,
    Mode,
    Only,
    Pool,
    Proof,
    Proposals,
    ProtectingFor,
    Rekey,
    Secret,
    Start,
)
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import Body, Value


@v_args(inline=True)
class Builder(BaseBuilder):
    def ipsec(self, word: Token, name: Value, body: Body) -> Ipsec:
        return Ipsec(name, body, self._span(word, body))

    def auth(
        self, word: Token, proofs: list[Proof], _of: Token | None, owner: Value | None, nodes: list[Value] | None
    ) -> Auth:
        return Auth(tuple(proofs), owner, tuple(nodes or ()), self._span(word, nodes or owner or proofs[-1]))

    def first_proof(self, proof: Proof) -> list[Proof]:
        return [proof]

    def more_proofs(self, proofs: list[Proof], _and: Token, proof: Proof) -> list[Proof]:
        return [*proofs, proof]

    def proof(self, method: Token, secret: Value | None, _from: Token | None, pki: Value | None) -> Proof:
        return Proof(method.value, secret, pki, self._span(method, pki or secret or method))

    def identity(
        self, word: Token, identity: Value, _of: Token | None, owner: Value | None, nodes: list[Value]
    ) -> Identity:
        return Identity(identity, owner, tuple(nodes), self._span(word, nodes))

    def secret(self, word: Token, secret: Value, nodes: list[Value] | None) -> Secret:
        return Secret(secret, tuple(nodes or ()), self._span(word, nodes or secret))

    def proposals(self, protocol: Token, proposals: list[Value], nodes: list[Value] | None) -> Proposals:
        span = self._span(protocol, nodes or proposals)
        return Proposals(protocol.value, tuple(proposals), tuple(nodes or ()), span)

    def start_when(
        self, word: Token, when: Token, _by: Token | None, openers: list[Value] | None, nodes: list[Value] | None
    ) -> Start:
        span = self._span(word, nodes or openers or when)
        return Start(" ".join(when.value.split()), tuple(openers or ()), tuple(nodes or ()), span)

    def dpd(self, word: Token, delay: Value, action: Value, nodes: list[Value] | None) -> Dpd:
        return Dpd(delay, action, tuple(nodes or ()), self._span(word, nodes or action))

    def rekey(self, word: Token, protocol: Value, limits: list[Value], nodes: list[Value] | None) -> Rekey:
        return Rekey(protocol, tuple(limits), tuple(nodes or ()), self._span(word, nodes or limits))

    def pool(self, word: Token, prefixes: list[Value], _from: Token | None, server: Value | None) -> Pool:
        self._refuse_quotes(prefixes)
        return Pool(tuple(prefixes), server, self._span(word, server or prefixes))

    def child(self, word: Token, name: Value, body: Body) -> Child:
        return Child(name, body, self._span(word, body))

    def bypass(self, word: Token, networks: list[Value], nodes: list[Value]) -> Bypass:
        self._refuse_quotes(networks)
        return Bypass(tuple(networks), tuple(nodes), self._span(word, nodes))

    def only(
        self,
        word: Token,
        services: list[Value],
        _from: Token | None,
        sources: list[Value] | None,
        nodes: list[Value] | None,
    ) -> Only:
        span = self._span(word, nodes or sources or services)
        return Only(tuple(services), tuple(sources or ()), tuple(nodes or ()), span)

    def protecting_for(
        self, word: Token, networks: list[Value], _of: Token | None, owner: Value | None, nodes: list[Value]
    ) -> ProtectingFor:
        self._refuse_quotes(networks)
        return ProtectingFor(tuple(networks), owner, tuple(nodes), self._span(word, nodes))

    def mode(self, word: Token, mode: Value, nodes: list[Value] | None) -> Mode:
        return Mode(mode, tuple(nodes or ()), self._span(word, nodes or mode))

    def backup(self, word: Token, _of: Token, tunnel: Value) -> Backup:
        return Backup(tunnel, self._span(word, tunnel))

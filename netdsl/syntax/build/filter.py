"""Firewall and NAT."""

from lark import Token, v_args

from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import (
    AcceptTunnel,
    Body,
    Clause,
    DestinationNat,
    FilterRule,
    Firewall,
    Masquerade,
    Nat,
    Netmap,
    Policy,
    SourceNat,
    Value,
    While,
)


@v_args(inline=True)
class FilterBuilder(BaseBuilder):
    def firewall(
        self, word: Token, stateless: Token | None, _engine: Token | None, engine: Value | None, body: Body
    ) -> Firewall:
        return Firewall(engine, body, self._span(word, body), stateless is not None)

    def policy(self, word: Token, chains: tuple[Token, ...] | None, verdict: Token) -> Policy:
        return Policy(_texts(chains or ()), verdict.value, self._span(word, verdict))

    def filter_rule(
        self,
        verdict: Token,
        chains: tuple[Token, ...],
        services: list[Value] | None,
        clauses: tuple[Clause, ...],
        state: While | None,
    ) -> FilterRule:
        span = self._span(verdict, state or clauses or services or chains[-1])
        return FilterRule(verdict.value, _texts(chains), tuple(services or ()), clauses, state, span)

    def accept_tunnel(self, verdict: Token, _tunnel: Token, tunnels: list[Value]) -> AcceptTunnel:
        return AcceptTunnel(verdict.value, tuple(tunnels), self._span(verdict, tunnels))

    def chains(self, *chains: Token) -> tuple[Token, ...]:
        return chains

    def nat(self, word: Token, body: Body) -> Nat:
        return Nat(body, self._span(word, body))

    def dnat(
        self,
        word: Token,
        services: list[Value],
        clauses: tuple[Clause, ...],
        _arrow: Token,
        target: Value,
        service: Value | None,
        state: While | None,
    ) -> DestinationNat:
        span = self._span(word, state or service or target)
        return DestinationNat(tuple(services), clauses, target, service, state, span)

    def snat(
        self,
        word: Token,
        services: list[Value] | None,
        clauses: tuple[Clause, ...],
        _arrow: Token,
        target: Value,
        state: While | None,
    ) -> SourceNat:
        return SourceNat(tuple(services or ()), clauses, target, state, self._span(word, state or target))

    def masquerade(self, word: Token, clauses: tuple[Clause, ...], state: While | None) -> Masquerade:
        return Masquerade(clauses, state, self._span(word, state or clauses or word))

    def netmap(
        self,
        word: Token,
        source: Value,
        _arrow: Token,
        target: Value,
        clauses: tuple[Clause, ...],
        state: While | None,
    ) -> Netmap:
        return Netmap(source, target, clauses, state, self._span(word, state or clauses or target))

    # --- what narrows a rule

    def clauses(self, *clauses: Clause) -> tuple[Clause, ...]:
        return clauses

    def clause(self, word: Token, values: list[Value]) -> Clause:
        self._refuse_quotes(values)
        return Clause(word.value, tuple(values), self._span(word, values))

    def clause_except(self, word: Token, what: Token, values: list[Value]) -> Clause:
        return Clause(f"{word.value} {what.value}", tuple(values), self._span(word, values))

    def clause_limit(self, word: Token, rate: Value) -> Clause:
        return Clause(word.value, (rate,), self._span(word, rate))

    def clause_log(self, word: Token, prefix: Value | None) -> Clause:
        return Clause(word.value, (prefix,) if prefix else (), self._span(word, prefix or word))

    def while_state(self, word: Token, left: Value, _dashes: Token | None, right: Value | None, state: Token) -> While:
        return While(left, right, state.value == "up", self._span(word, state))


def _texts(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(token.value for token in tokens)

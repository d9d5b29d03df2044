"""Expectations."""

from typing import NamedTuple

from lark import Token, v_args

from netdsl.syntax.build.language import Condition, Lines
from netdsl.syntax.build.values import BaseBuilder, Last
from netdsl.syntax.tree import (
    Check,
    CheckBgp,
    CheckBody,
    CheckEncrypted,
    CheckEnds,
    CheckFor,
    CheckForm,
    CheckGiven,
    CheckIf,
    CheckPath,
    CheckPoints,
    CheckReach,
    CheckResolves,
    CheckRoutes,
    CheckStatement,
    CheckUp,
    CheckUses,
    Expect,
    Expression,
    Goal,
    Value,
    While,
)


class Failure(NamedTuple):
    condition: Expression | None


class PlacedGoal(NamedTuple):
    """A goal while it is read, with its last part, where it ends."""

    goal: Goal
    last: Last


@v_args(inline=True)
class ExpectBuilder(BaseBuilder):
    def expect(
        self,
        word: Token,
        failure: Failure | None,
        title: Value | None,
        state: While | None,
        within: Value | None,
        points: Value | None,
        body: CheckBody,
    ) -> Expect:
        condition = failure.condition if failure else None
        return Expect(failure is not None, condition, title, state, within, points, body, self._span(word, body))

    def failure(self, _failure: Token, _when: Token | None, condition: Condition | None) -> Failure:
        return Failure(condition.expression if condition else None)

    def within(self, limit: Value) -> Value:
        return limit

    def points(self, number: Value) -> Value:
        return number

    def checks(self, lines: Lines[CheckStatement], last: CheckStatement | None, closing: Token) -> CheckBody:
        assert lines.opening is not None
        items = (*lines.items, *((last,) if last is not None else ()))
        return CheckBody(items, self._span(lines.opening, closing))

    def broken_check(self, *_: object) -> None:
        """A line that was reported already."""

    def check_for(self, word: Token, name: Value, _in: Token, values: list[Value], body: CheckBody) -> CheckFor:
        return CheckFor(name, tuple(values), body, self._span(word, body))

    def check_if(
        self,
        word: Token,
        condition: Condition,
        then: CheckBody,
        _else: Token | None,
        otherwise: CheckBody | CheckIf | None,
    ) -> CheckIf:
        return CheckIf(condition.expression, then, otherwise, self._span(word, otherwise or then))

    # --- lines

    def check_points(self, check: Check | None, points: Value) -> CheckPoints | None:
        return None if check is None else CheckPoints(check, points, self._span(check, points))

    def check_reaches(
        self,
        sources: list[Value],
        _reaches: Token,
        goal: PlacedGoal,
        answered: Value | None,
        through: list[Value] | None,
        whole: Value | None,
    ) -> CheckReach:
        span = self._span(sources[0], whole or through or answered or goal.last)
        return CheckReach(tuple(sources), False, goal.goal, answered, tuple(through or ()), whole, span)

    def check_cannot(
        self, sources: list[Value], _cannot: Token, _reach: Token, goal: PlacedGoal, through: list[Value] | None
    ) -> CheckReach:
        span = self._span(sources[0], through or goal.last)
        return CheckReach(tuple(sources), True, goal.goal, None, tuple(through or ()), None, span)

    def check_up(self, tunnels: list[Value], _is: Token, negation: Token | None, state: Token) -> CheckUp:
        span = self._span(tunnels[0], state)
        return CheckUp(tuple(tunnels), negation is not None, state.value == "up", span)

    def check_encrypted(
        self,
        sources: list[Value],
        _to: Token,
        goal: PlacedGoal,
        _is: Token,
        negation: Token | None,
        _encrypted: Token,
        _on: Token,
        networks: list[Value],
    ) -> CheckEncrypted:
        span = self._span(sources[0], networks)
        return CheckEncrypted(tuple(sources), goal.goal, negation is not None, tuple(networks), span)

    def check_path(
        self,
        sources: list[Value],
        _to: Token,
        goal: PlacedGoal,
        _goes: Token,
        negation: Token | None,
        _through: Token,
        nodes: list[Value],
    ) -> CheckPath:
        span = self._span(sources[0], nodes)
        return CheckPath(tuple(sources), goal.goal, negation is not None, tuple(nodes), span)

    def check_resolves(
        self, sources: list[Value], _resolves: Token, name: Value, _to: Token, addresses: list[Value]
    ) -> CheckResolves:
        return CheckResolves(tuple(sources), name, tuple(addresses), self._span(sources[0], addresses))

    def check_cannot_resolve(self, sources: list[Value], _cannot: Token, _resolve: Token, name: Value) -> CheckResolves:
        return CheckResolves(tuple(sources), name, (), self._span(sources[0], name))

    def check_routes(self, sources: list[Value], _routes: Token, prefix: Value, _via: Token, hop: Value) -> CheckRoutes:
        return CheckRoutes(tuple(sources), prefix, hop, self._span(sources[0], hop))

    def check_uses(
        self, tunnels: list[Value], _uses: Token, negation: Token | None, protocol: Value, algorithms: Value | None
    ) -> CheckUses:
        span = self._span(tunnels[0], algorithms or protocol)
        return CheckUses(tuple(tunnels), negation is not None, protocol, algorithms, span)

    def check_begun(
        self, tunnels: list[Value], _is: Token, negation: Token | None, state: Token, _by: Token, nodes: list[Value]
    ) -> CheckEnds:
        span = self._span(tunnels[0], nodes)
        return CheckEnds(tuple(tunnels), negation is not None, state.value, tuple(nodes), span)

    def check_behind(
        self,
        tunnels: list[Value],
        _is: Token,
        negation: Token | None,
        state: Token,
        _nat: Token,
        _at: Token,
        nodes: list[Value],
    ) -> CheckEnds:
        span = self._span(tunnels[0], nodes)
        return CheckEnds(tuple(tunnels), negation is not None, state.value, tuple(nodes), span)

    def check_in_udp(self, tunnels: list[Value], _is: Token, negation: Token | None, *words: Token) -> CheckForm:
        return self._form(tunnels, negation, words)

    def check_compressed(self, tunnels: list[Value], _is: Token, negation: Token | None, word: Token) -> CheckForm:
        return self._form(tunnels, negation, (word,))

    def check_mode(self, tunnels: list[Value], _is: Token, negation: Token | None, *words: Token) -> CheckForm:
        return self._form(tunnels, negation, words)

    def _form(self, tunnels: list[Value], negation: Token | None, words: tuple[Token, ...]) -> CheckForm:
        form = " ".join(word.value for word in words)
        return CheckForm(tuple(tunnels), negation is not None, form, self._span(tunnels[0], words[-1]))

    def check_given(
        self,
        nodes: list[Value],
        _has: Token,
        negation: Token | None,
        addresses: list[Value],
        _from: Token,
        tunnel: Value,
    ) -> CheckGiven:
        span = self._span(nodes[0], tunnel)
        return CheckGiven(tuple(nodes), negation is not None, tuple(addresses), tunnel, span)

    def check_bgp(self, word: Token, *rest: Last | None) -> CheckBgp:
        last = rest[-1]
        assert last is not None
        return CheckBgp(self._span(word, last))

    def goal(self, nodes: list[Value], family: Token | None, service: Value | None) -> PlacedGoal:
        return PlacedGoal(Goal(tuple(nodes), family.value if family else None, service), service or family or nodes)

    def answered(self, name: Value) -> Value:
        return name

    def through(self, tunnels: list[Value]) -> list[Value]:
        return tunnels

    def whole(self, size: Value) -> Value:
        return size

"""Firewall and NAT."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree.language import Body, Statement, WithBlock
from netdsl.syntax.tree.values import Value


@dataclass(frozen=True, slots=True)
class While:
    """`while TUNNEL up|down`, `while A -- B down`."""

    left: Value
    right: Value | None
    is_up: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """`from`, `to`, `in`, `out`, `through`, `except …`, `state`, `flags`, `without`, `limit`, `log` and what follows."""

    word: str
    values: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Firewall(WithBlock):
    """`firewall [stateless] { … }`."""

    engine: Value | None
    body: Body
    span: Span
    is_stateless: bool = False


@dataclass(frozen=True, slots=True)
class Policy(Statement):
    """`policy drop`, `policy output accept`; no chain means all three."""

    chains: tuple[str, ...]
    verdict: str
    span: Span


@dataclass(frozen=True, slots=True)
class FilterRule(Statement):
    """A line of a `firewall`."""

    verdict: str
    chains: tuple[str, ...]
    services: tuple[Value, ...]
    clauses: tuple[Clause, ...]
    state: While | None
    span: Span

    @property
    def called(self) -> str:
        return self.verdict


@dataclass(frozen=True, slots=True)
class AcceptTunnel(Statement):
    """`accept tunnel NAME, …`; other verdicts parse too and are the analyser's to refuse."""

    verdict: str
    tunnels: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Nat(WithBlock):
    """`nat { … }`."""

    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class DestinationNat(Statement):
    """`dnat SERVICE … -> HOST [SERVICE] [while …]`."""

    services: tuple[Value, ...]
    clauses: tuple[Clause, ...]
    target: Value
    service: Value | None
    state: While | None
    span: Span


@dataclass(frozen=True, slots=True)
class SourceNat(Statement):
    """`snat [SERVICE, …] … -> ADDR`."""

    services: tuple[Value, ...]
    clauses: tuple[Clause, ...]
    target: Value
    state: While | None
    span: Span


@dataclass(frozen=True, slots=True)
class Netmap(Statement):
    """`netmap PREFIX -> PREFIX out IF`: one address for one."""

    source: Value
    target: Value
    clauses: tuple[Clause, ...]
    state: While | None
    span: Span


@dataclass(frozen=True, slots=True)
class Masquerade(Statement):
    """`masquerade` with its clauses."""

    clauses: tuple[Clause, ...]
    state: While | None
    span: Span

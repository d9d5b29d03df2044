"""Expectations."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree.filter import While
from netdsl.syntax.tree.language import Statement
from netdsl.syntax.tree.values import Expression, Value


@dataclass(frozen=True, slots=True)
class CheckBody:
    """The lines of an `expect`."""

    statements: "tuple[CheckStatement, ...]"
    span: Span


@dataclass(frozen=True, slots=True)
class Expect(Statement):
    """`expect { … }`."""

    is_failure: bool
    condition: Expression | None
    title: Value | None
    state: While | None
    within: Value | None
    points: Value | None
    body: CheckBody
    span: Span


@dataclass(frozen=True, slots=True)
class CheckFor:
    """`for` among checks."""

    name: Value
    values: tuple[Value, ...]
    body: CheckBody
    span: Span


@dataclass(frozen=True, slots=True)
class CheckIf:
    """`if` among checks."""

    condition: Expression
    then: CheckBody
    otherwise: "CheckBody | CheckIf | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Goal:
    """WHOM [ipv4|ipv6] [SERVICE]."""

    nodes: tuple[Value, ...]
    family: str | None
    service: Value | None


@dataclass(frozen=True, slots=True)
class CheckReach:
    """`WHO reach|reaches WHOM … [answered by N] [through T] [without fragmentation up to SIZE]`, `WHO cannot reach WHOM …
    [through T]`."""

    sources: tuple[Value, ...]
    is_negative: bool
    goal: Goal
    answered_by: Value | None
    through: tuple[Value, ...]
    whole_up_to: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class CheckUp:
    """Whether tunnels are up."""

    tunnels: tuple[Value, ...]
    is_negative: bool
    is_up: bool
    span: Span


@dataclass(frozen=True, slots=True)
class CheckEncrypted:
    """Whether packets are encrypted on networks."""

    sources: tuple[Value, ...]
    goal: Goal
    is_negative: bool
    networks: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CheckPath:
    """Which nodes packets go through."""

    sources: tuple[Value, ...]
    goal: Goal
    is_negative: bool
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CheckResolves:
    """What a name resolves to; without an address: that it does not resolve."""

    sources: tuple[Value, ...]
    name: Value
    address: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CheckRoutes:
    """Where a prefix is routed to."""

    sources: tuple[Value, ...]
    prefix: Value
    next_hop: Value
    span: Span


@dataclass(frozen=True, slots=True)
class CheckUses:
    """`T, … use|uses [not] PROTOCOL [ALGORITHMS]`."""

    tunnels: tuple[Value, ...]
    is_negative: bool
    protocol: Value
    algorithms: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class CheckEnds:
    """`T, … is|are [not] begun by N, …`, `T, … is|are [not] behind nat at N, …`. `state` is `begun` or `behind`."""

    tunnels: tuple[Value, ...]
    is_negative: bool
    state: str
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CheckForm:
    """`T, … is|are [not] FORM`: `encapsulated in udp`, `compressed`, `in tunnel mode`, `in transport mode`."""

    tunnels: tuple[Value, ...]
    is_negative: bool
    form: str
    span: Span


@dataclass(frozen=True, slots=True)
class CheckGiven:
    """`N, … has|have [not] ADDRESS, … from T`."""

    nodes: tuple[Value, ...]
    is_negative: bool
    addresses: tuple[Value, ...]
    tunnel: Value
    span: Span


@dataclass(frozen=True, slots=True)
class CheckBgp:
    """`bgp A to B is up`: not compiled yet."""

    span: Span


CheckState = CheckUses | CheckEnds | CheckForm | CheckGiven
Check = CheckReach | CheckUp | CheckEncrypted | CheckPath | CheckResolves | CheckRoutes | CheckState | CheckBgp


@dataclass(frozen=True, slots=True)
class CheckPoints:
    """A line with what it is worth: `A reaches B points 3`."""

    check: Check
    points: Value
    span: Span


CheckStatement = Check | CheckPoints | CheckFor | CheckIf

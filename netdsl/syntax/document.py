"""The syntax tree: what stands in a file, with a span on everything, nothing evaluated or resolved.

Values first, then statements. One dataclass per statement, its fields in the order of the text. Whether a statement may
stand where it stands is a question for the analyser, not for the tree: every body holds any statement.
"""

from dataclasses import dataclass
from enum import StrEnum

from netdsl.source import SourceFile, Span

# --- values


class Kind(StrEnum):
    """What a literal is, in the user's words."""

    WORD = "name"
    INTEGER = "number"
    QUANTITY = "quantity"
    RATE = "rate"
    STRING = "string"
    MAC = "MAC address"
    PREFIX = "prefix"
    ADDRESS = "address"  # complete, or short as `.2`, `.0.99`, `::2`
    SERVICE = "service"  # tcp/80, udp/1-9, icmp/echo-request
    RANGE = "range"  # 1..4


@dataclass(frozen=True, slots=True)
class Literal:
    """A token as written; a string without its quotes."""

    kind: Kind
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Splice:
    """Text with values in it: `$x`, `client-$i`, `10.$n.0.0/24`, `"lab $x"`. A lone `$x` has one part."""

    parts: "tuple[str | Expression, ...]"
    quoted: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Bracketed:
    """`[a, b]`: a list inside a list."""

    items: "tuple[Value, ...]"
    span: Span


Value = Literal | Splice | Bracketed


# --- expressions: what stands in `${…}`, and conditions


@dataclass(frozen=True, slots=True)
class Name:
    """A value's name: `$x`, or `x` inside braces."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    function: str
    arguments: "tuple[Expression, ...]"
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`+ - * / %`, `== != < <= > >=`, `and`, `or`."""

    operator: str
    left: "Expression"
    right: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`-`, `not`."""

    operator: str
    operand: "Expression"
    span: Span


Expression = Name | Call | Binary | Unary | Literal | Splice | Bracketed


# --- statements of the language itself


@dataclass(frozen=True, slots=True)
class Body:
    """What stands between braces."""

    statements: "tuple[Statement, ...]"
    span: Span  # with its braces


@dataclass(frozen=True, slots=True)
class Lab:
    """`lab NAME "title"`."""

    name: Value
    title: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Param:
    """`param NAME [= default] [in domain]`."""

    name: Value
    default: tuple[Value, ...] | None
    domain: tuple[Value, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    """`let NAME = values`."""

    name: Value
    values: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """`for NAME in values { … }`."""

    name: Value
    values: tuple[Value, ...]
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """`if condition { … } else …`."""

    condition: Expression
    then: Body
    otherwise: "Body | If | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Import:
    """`import "path" as alias`."""

    path: Value
    alias: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Formal:
    """A parameter of a template."""

    name: Value
    default: tuple[Value, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class Template:
    """`template NAME(formals) { … }`."""

    name: Value
    formals: tuple[Formal, ...]
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Actual:
    """`name = value` of a `use`."""

    name: Value
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Use:
    """`use template as alias (actuals)`."""

    template: Value
    alias: Value | None
    actuals: tuple[Actual, ...]
    span: Span


# --- networks and nodes


@dataclass(frozen=True, slots=True)
class Service:
    """`service web = tcp/80, tcp/443`."""

    name: Value
    values: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Network:
    """`network NAME prefixes { … }`."""

    name: Value
    prefixes: tuple[Value, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Link:
    """`link A.if -- B.if [PREFIX, …] { … }`."""

    left: Value
    right: Value
    prefixes: tuple[Value, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Node:
    """`host`, `router`, `switch`, `vnf`."""

    kind: str
    name: Value
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Interface:
    """`interface [NAME] [on NET] [ADDR, …] { … }`."""

    name: Value | None
    network: Value | None
    addresses: tuple[Value, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Route:
    """`route P, … via HOP` and `default via HOP, …` (then `prefixes` is None)."""

    prefixes: tuple[Value, ...] | None
    next_hops: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Routing:
    """`routing auto|none`."""

    mode: str
    span: Span


@dataclass(frozen=True, slots=True)
class Loopback:
    """`loopback addresses`."""

    addresses: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Neighbour:
    """`neighbour ADDRESS MAC`."""

    address: Value
    mac: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Uplink:
    """`uplink nat`."""

    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Serve:
    """`serve KIND [NAME] [SERVICE] { … }`."""

    kind: Value
    name: Value | None
    service: Value | None
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class File:
    """`file PATH from "…"`."""

    path: Value
    origin: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Run:
    """`run command`."""

    command: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Assignment:
    """`sysctl k = v`, `env K = "v"`, and `key = value` in `target` (then `word` is empty)."""

    word: str
    key: Value
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Attribute:
    """`mtu 1400`, `cpu 0.5`, `memory 64MiB`, `resolver ns`, `driver macvlan private`: a closed table of words."""

    word: str
    values: tuple[Value, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Record:
    """`record www -> www` in a dns service."""

    name: Value
    target: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Image:
    """`image NAME { … }`."""

    name: Value
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Target:
    """`target NAME { … }`."""

    name: Value
    body: Body
    span: Span


# --- firewall and NAT


@dataclass(frozen=True, slots=True)
class While:
    """`while TUNNEL up|down`, `while A -- B down`."""

    left: Value
    right: Value | None
    is_up: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """`from`, `to`, `in`, `out`, `through`, `except to`, `except through`, `limit`, `log` and what follows."""

    word: str
    values: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Firewall:
    """`firewall { … }`."""

    engine: Value | None
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Policy:
    """`policy drop`, `policy output accept`; no chain means all three."""

    chains: tuple[str, ...]
    verdict: str
    span: Span


@dataclass(frozen=True, slots=True)
class FilterRule:
    """A line of a `firewall`."""

    verdict: str
    chains: tuple[str, ...]
    services: tuple[Value, ...]
    clauses: tuple[Clause, ...]
    state: While | None
    span: Span


@dataclass(frozen=True, slots=True)
class AcceptTunnel:
    """`accept tunnel NAME, …`; other verdicts parse too and are the analyser's to refuse."""

    verdict: str
    tunnels: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Nat:
    """`nat { … }`."""

    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class DestinationNat:
    """`dnat SERVICE … -> HOST [SERVICE] [while …]`."""

    services: tuple[Value, ...]
    clauses: tuple[Clause, ...]
    target: Value
    service: Value | None
    state: While | None
    span: Span


@dataclass(frozen=True, slots=True)
class SourceNat:
    """`snat [SERVICE, …] … -> ADDR`."""

    services: tuple[Value, ...]
    clauses: tuple[Clause, ...]
    target: Value
    state: While | None
    span: Span


@dataclass(frozen=True, slots=True)
class Masquerade:
    """`masquerade` with its clauses."""

    clauses: tuple[Clause, ...]
    state: While | None
    span: Span


# --- tunnels


@dataclass(frozen=True, slots=True)
class Ipsec:
    """`ipsec NAME { … }`."""

    name: Value
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    """`between A [protecting L] and B [protecting L]`; in a child the lists are networks."""

    left: tuple[Value, ...]
    left_protecting: tuple[Value, ...]
    right: tuple[Value, ...]
    right_protecting: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Side:
    """`gateway A [protecting L]`, `client B, … [protecting L]`."""

    role: str
    nodes: tuple[Value, ...]
    protecting: tuple[Value, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Auth:
    """`auth certificate [from PKI] | psk ["secret"] | eap-… [for NODES]`."""

    method: str
    secret: Value | None
    pki: Value | None
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Identity:
    """`identity` of nodes, in a tunnel."""

    identity: Value
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Secret:
    """`secret` of nodes, in a tunnel."""

    secret: Value
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Proposals:
    """`ike P, …`, `esp P, …`, `ah P, …`."""

    protocol: str
    proposals: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Over:
    """The family of the outer packets."""

    family: str
    span: Span


@dataclass(frozen=True, slots=True)
class Start:
    """`start at boot | on traffic | by hand [by NODES]`; `when` is one of "at boot", "on traffic", "by hand"."""

    when: str
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Dpd:
    """Dead peer detection."""

    delay: Value
    action: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Rekey:
    """`rekey ike 3h`, `rekey esp 90min, 500MB`."""

    protocol: Value
    limits: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pool:
    """`pool P, …`."""

    prefixes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Child:
    """`child NAME { … }`."""

    name: Value
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Mode:
    """The mode of a child."""

    mode: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Pki:
    """`pki NAME { … }`."""

    name: Value
    body: Body
    span: Span


# --- expectations (names are checked; proof and test belong to later stages)


@dataclass(frozen=True, slots=True)
class CheckBody:
    """The lines of an `expect`."""

    statements: "tuple[CheckStatement, ...]"
    span: Span


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect { … }`."""

    is_failure: bool
    condition: Expression | None
    title: Value | None
    state: While | None
    within: Value | None
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
    """What a name resolves to."""

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
class CheckBgp:
    """`bgp A to B is up`: not compiled yet."""

    span: Span


Check = CheckReach | CheckUp | CheckEncrypted | CheckPath | CheckResolves | CheckRoutes | CheckBgp
CheckStatement = Check | CheckFor | CheckIf


@dataclass(frozen=True, slots=True)
class Later:
    """A statement of the language that this version parses and does not compile: bgp, wireguard, bench, vnf …"""

    word: str
    span: Span


Statement = (
    Lab | Param | Let | For | If | Import | Template | Use
    | Service | Network | Link | Node | Interface | Route | Routing | Loopback | Neighbour | Uplink
    | Serve | File | Run | Assignment | Attribute | Record | Image | Target
    | Firewall | Policy | FilterRule | AcceptTunnel | Nat | DestinationNat | SourceNat | Masquerade
    | Ipsec | Between | Side | Auth | Identity | Secret | Proposals | Over | Start | Dpd | Rekey | Pool | Child | Mode | Pki
    | Expect | Later
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file. After syntax errors it holds the statements that could be read."""

    source: SourceFile
    statements: tuple[Statement, ...]

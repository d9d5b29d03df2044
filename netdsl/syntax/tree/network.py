"""Networks, nodes, and what a node runs."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree.language import Body, Named, Statement, WithBlock
from netdsl.syntax.tree.values import Value


@dataclass(frozen=True, slots=True)
class Service(Named):
    """`service web = tcp/80, tcp/443`."""

    name: Value
    values: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Network(Named, WithBlock):
    """`network NAME prefixes { … }`."""

    name: Value
    prefixes: tuple[Value, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Link(WithBlock):
    """`link A.if -- B.if [PREFIX, …] { … }`."""

    left: Value
    right: Value
    prefixes: tuple[Value, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Node(Named, WithBlock):
    """`host`, `router`, `switch`, `vnf`."""

    kind: str
    name: Value
    body: Body | None
    span: Span

    @property
    def called(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True)
class Interface(WithBlock):
    """`interface [NAME] [on NET] [ADDR, …] { … }`."""

    name: Value | None
    network: Value | None
    addresses: tuple[Value, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class Route(Statement):
    """`route P, … via HOP` and `default via HOP, …` (then `prefixes` is None)."""

    prefixes: tuple[Value, ...] | None
    next_hops: tuple[Value, ...]
    span: Span

    @property
    def called(self) -> str:
        return "default" if self.prefixes is None else "route"


@dataclass(frozen=True, slots=True)
class Routing(Statement):
    """`routing auto|none`."""

    mode: str
    span: Span


@dataclass(frozen=True, slots=True)
class Loopback(Statement):
    """`loopback addresses`."""

    addresses: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Neighbour(Statement):
    """`neighbour ADDRESS MAC`."""

    address: Value
    mac: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Uplink(Statement):
    """`uplink nat`."""

    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Serve(WithBlock):
    """`serve KIND [NAME] [SERVICE] { … }`."""

    kind: Value
    name: Value | None
    service: Value | None
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class File(Statement):
    """`file PATH from "…"`."""

    path: Value
    origin: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Run(Statement):
    """`run command`."""

    command: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Assignment(Statement):
    """`sysctl k = v`, `env K = "v"`, and `key = value` in `target` (then `word` is empty)."""

    word: str
    key: Value
    value: Value
    span: Span

    @property
    def called(self) -> str:
        return self.word or "="


@dataclass(frozen=True, slots=True)
class Attribute(WithBlock):
    """`mtu 1400`, `cpu 0.5`, `memory 64MiB`, `resolver ns`, `driver macvlan private`, `key 7 for a`: a closed table of
    words. `nodes`: those that it is said for."""

    word: str
    values: tuple[Value, ...]
    body: Body | None
    span: Span
    nodes: tuple[Value, ...] = ()

    @property
    def called(self) -> str:
        return self.word

    @property
    def said_for(self) -> tuple[Value, ...]:
        return self.nodes


@dataclass(frozen=True, slots=True)
class Record(Statement):
    """`record www -> www`, `record web cname www`, `record "@" mx 10 mail`: `type` is empty for addresses."""

    name: Value
    values: tuple[Value, ...]
    span: Span
    type: str = ""


@dataclass(frozen=True, slots=True)
class Delegate(Statement):
    """`delegate corp to ns1, ns2`: who answers for a zone inside of this one."""

    name: Value
    servers: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Image(Named, WithBlock):
    """`image NAME { … }`."""

    name: Value
    body: Body
    span: Span

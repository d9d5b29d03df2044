"""The statements of IPsec."""

from netdsl.dataclass import dataclass
from netdsl.source import Span
from netdsl.syntax.tree import Body, Named, Statement, Value, WithBlock


@dataclass(frozen=True, slots=True)
class Ipsec(Named, WithBlock):
    """`ipsec NAME { … }`."""

    name: Value
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Proof:
    """One round of an authentication: `certificate [from PKI] | psk ["secret"] | pubkey | eap-… ["secret"]`."""

    method: str
    secret: Value | None
    pki: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Auth(Statement):
    """`auth PROOF [and PROOF …] [of NODE] [for NODES]`; `owner`: whose proofs they are to these nodes."""

    proofs: tuple[Proof, ...]
    owner: Value | None
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Identity(Statement):
    """`identity ID [of NODE] for NODES`; `owner`: whose identity it is to these nodes."""

    identity: Value
    owner: Value | None
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Secret(Statement):
    """`secret` of nodes, in a tunnel."""

    secret: Value
    nodes: tuple[Value, ...]
    span: Span


class OfEnds(Statement):
    """A statement that may be said for single ends: `… for NODES`."""

    __slots__ = ()
    nodes: tuple[Value, ...]

    @property
    def said_for(self) -> tuple[Value, ...]:
        return self.nodes


@dataclass(frozen=True, slots=True)
class Proposals(OfEnds):
    """`ike P, …`, `esp P, …`, `ah P, …`."""

    protocol: str
    proposals: tuple[Value, ...]
    nodes: tuple[Value, ...]
    span: Span

    @property
    def called(self) -> str:
        return self.protocol


@dataclass(frozen=True, slots=True)
class Only(OfEnds):
    """`only SERVICE, … [from SERVICE, …] [for NODES]`; `sources`: the ports at the other end."""

    services: tuple[Value, ...]
    sources: tuple[Value, ...]
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Start(OfEnds):
    """`start at boot | on traffic | by hand [by NODES]`; `when` is one of "at boot", "on traffic", "by hand"."""

    when: str
    openers: tuple[Value, ...]
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Dpd(OfEnds):
    """Dead peer detection."""

    delay: Value
    action: Value
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Rekey(OfEnds):
    """`rekey ike 3h`, `rekey esp 90min, 500MB`."""

    protocol: Value
    limits: tuple[Value, ...]
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pool(Statement):
    """`pool P, … [from NODE]`; `server`: whose addresses they are to give, where it is not the gateway."""

    prefixes: tuple[Value, ...]
    server: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Child(Named, WithBlock):
    """`child NAME { … }`."""

    name: Value
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Backup(Statement):
    """`backup of TUNNEL`."""

    tunnel: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Mode(OfEnds):
    """The mode of a child."""

    mode: Value
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ProtectingFor(OfEnds):
    """`protecting NETWORKS [of NODE] for NODES`: what an end (its own, else another) protects, as these ends have it."""

    networks: tuple[Value, ...]
    owner: Value | None
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Bypass(Statement):
    """`bypass NETWORKS for NODES`: what these ends send to them goes outside of every tunnel of IPsec."""

    networks: tuple[Value, ...]
    nodes: tuple[Value, ...]
    span: Span

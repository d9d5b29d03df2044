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
    """`auth PROOF [and PROOF …] [for NODES]`."""

    proofs: tuple[Proof, ...]
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Identity(Statement):
    """`identity` of nodes, in a tunnel."""

    identity: Value
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Secret(Statement):
    """`secret` of nodes, in a tunnel."""

    secret: Value
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Proposals(Statement):
    """`ike P, …`, `esp P, …`, `ah P, …`."""

    protocol: str
    proposals: tuple[Value, ...]
    span: Span

    @property
    def called(self) -> str:
        return self.protocol


@dataclass(frozen=True, slots=True)
class Start(Statement):
    """`start at boot | on traffic | by hand [by NODES]`; `when` is one of "at boot", "on traffic", "by hand"."""

    when: str
    nodes: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Dpd(Statement):
    """Dead peer detection."""

    delay: Value
    action: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Rekey(Statement):
    """`rekey ike 3h`, `rekey esp 90min, 500MB`."""

    protocol: Value
    limits: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pool(Statement):
    """`pool P, …`."""

    prefixes: tuple[Value, ...]
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
class Mode(Statement):
    """The mode of a child."""

    mode: Value
    span: Span

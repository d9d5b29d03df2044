"""What a lab's author expects, with names resolved: the material of proofs and tests."""

from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NetworkId, NodeId, Prefix, TunnelId
from netdsl.ir.service import PortService
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Goal:
    """Whom a packet is sent to: a node (the address that the route leads to), one of its interfaces, its address inside a
    tunnel, a network (every node on it), or an address; with a family and a service where the author says so."""

    node: NodeId | None = None
    interface: str | None = None
    tunnel: TunnelId | None = None
    network: NetworkId | None = None
    address: Address | None = None
    family: int | None = None
    services: tuple[PortService, ...] = ()


@dataclass(frozen=True, slots=True)
class Reaches:
    """`whole_up_to`: packets of this many bytes (of IP, its header with them) pass in one piece, there and back; None:
    nothing is said of sizes."""

    source: NodeId
    goal: Goal
    is_negative: bool
    answered_by: tuple[NodeId, str | None] | None = None  # a node, or one of its services
    through: tuple[TunnelId, ...] = ()
    whole_up_to: int | None = None


@dataclass(frozen=True, slots=True)
class TunnelUp:
    tunnel: TunnelId
    child: str | None
    is_negative: bool


@dataclass(frozen=True, slots=True)
class Encrypted:
    source: NodeId
    goal: Goal
    is_negative: bool
    networks: tuple[NetworkId, ...]


@dataclass(frozen=True, slots=True)
class GoesThrough:
    source: NodeId
    goal: Goal
    is_negative: bool
    nodes: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class Resolves:
    """`goal` None: the name has no address there."""

    source: NodeId
    name: str
    goal: Goal | None


@dataclass(frozen=True, slots=True)
class RoutesVia:
    source: NodeId
    prefix: Prefix
    next_hop: Goal


# --- the state of a tunnel that is up


class Form(StrEnum):
    """How the packets of a child are made."""

    IN_UDP = "encapsulated in udp"
    COMPRESSED = "compressed"
    TUNNEL_MODE = "in tunnel mode"
    TRANSPORT_MODE = "in transport mode"


@dataclass(frozen=True, slots=True)
class OfTunnel:
    """What is said of a tunnel that is up: of its children, or of `child` alone; of all its connections, or those of `end`
    alone."""

    tunnel: TunnelId
    child: str | None
    end: NodeId | None
    is_negative: bool


@dataclass(frozen=True, slots=True)
class Uses(OfTunnel):
    """`algorithms`: words of the tunnel's kind; what none of them is about may be anything."""

    protocol: str
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begun(OfTunnel):
    """By which of its ends."""

    node: NodeId


@dataclass(frozen=True, slots=True)
class BehindNat(OfTunnel):
    """Whether one of its ends finds itself behind address translation."""

    node: NodeId


@dataclass(frozen=True, slots=True)
class HasForm(OfTunnel):
    form: Form


@dataclass(frozen=True, slots=True)
class Given(OfTunnel):
    """The virtual address of one of its ends."""

    node: NodeId
    address: Address


StateClaim = Uses | Begun | BehindNat | HasForm | Given
Claim = Reaches | TunnelUp | Encrypted | GoesThrough | Resolves | RoutesVia | StateClaim


@dataclass(frozen=True, slots=True)
class Expected:
    """One line of an `expect` block for one source and one goal: lists are taken apart. `points`: what it is worth in a
    grade."""

    claim: Claim
    origin: Place | None = field(default=None, compare=False, repr=False)
    points: int = 1


@dataclass(frozen=True, slots=True)
class WhileState:
    """`while T up|down` (a tunnel) or `while A -- B down` (the link between two nodes)."""

    is_up: bool
    tunnel: TunnelId | None = None
    link: NetworkId | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """An `expect` block. `is_failure`: at least one of the lines must not hold; `points`: what such a block is worth as a
    whole."""

    title: str | None
    is_failure: bool
    state: WhileState | None
    within_seconds: float | None
    lines: tuple[Expected, ...]
    origin: Place | None = field(default=None, compare=False, repr=False)
    points: int = 1

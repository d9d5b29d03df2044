"""What the ends of a tunnel that is up have agreed on, and what a kind brings to it (`TunnelState`)."""

from collections.abc import Iterable
from dataclasses import field
from functools import cache
from typing import Protocol, cast

from netdsl.dataclass import dataclass
from netdsl.index import modules
from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.ir.tunnel import Mode
from netdsl.packets.fabric import Fabric
from netdsl.packets.tunnels import Connection, TunnelStates
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Algorithms:
    """What is used of a protocol, in words of the tunnel's kind. `usual`: words that texts leave out; `origin`: the line of
    the end that has chosen them."""

    protocol: str
    words: tuple[str, ...]
    usual: frozenset[str] = frozenset()
    origin: Place | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        return f"{self.protocol} {'-'.join(word for word in self.words if word not in self.usual)}"


@dataclass(frozen=True, slots=True)
class ChildState:
    """A child that is up, as one of its two ends, `node`, has it.

    `opener`: the end that began; `is_behind_nat`: whether this end finds itself behind address translation; `given`: the
    virtual addresses of this end; `otherwise`: how else it may be, each with the reason, a sentence.
    """

    tunnel: TunnelId
    child: str
    node: NodeId
    peer: NodeId
    opener: NodeId
    uses: tuple[Algorithms, ...]
    is_behind_nat: bool
    is_in_udp: bool
    is_compressed: bool
    mode: Mode
    given: tuple[Address, ...]
    otherwise: "tuple[tuple[ChildState, str], ...]" = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a word, and what helps."""

    message: str
    help: str | None = None


class TunnelState(Protocol):
    """The module `netdsl.kinds.KIND.state`, of a kind whose ends come to an agreement that can be asked about.

    `PROTOCOLS`: what stands after `uses`.
    """

    PROTOCOLS: tuple[str, ...]

    def algorithms(self, protocol: str, text: str) -> tuple[str, ...] | Fault:
        """The words of a text about one of the protocols, as `ChildState` has them."""
        ...

    def states(self, fabric: Fabric, states: TunnelStates, connection: Connection) -> Iterable[ChildState]:
        """The children of a connection that are up, at both ends."""
        ...

    def is_by_opener(self, fabric: Fabric, states: TunnelStates, connection: Connection) -> bool:
        """Whether its other end may open it too, and packets pass it otherwise then."""
        ...

    def encrypts(self, state: ChildState) -> bool:
        """Whether who listens on the wire cannot read the content."""
        ...


@cache
def _kinds() -> dict[str, TunnelState]:
    return {kind: cast(TunnelState, module) for kind, module in modules("state")}


def state_of(kind: str) -> TunnelState | None:
    """None: tunnels of the kind have no state that can be asked about."""
    return _kinds().get(kind)


def without_state(tunnel: TunnelId, kind: str) -> str:
    """Why nothing can be asked about a tunnel whose kind has no state."""
    return f"the ends of `{tunnel}` agree on nothing that could be asked: its kind is {kind}"

"""A packet at one node: as it comes, while it is there, where it ends."""

from netdsl.dataclass import dataclass
from netdsl.ir.filter import State
from netdsl.ir.ids import Address, NetworkId, NodeId
from netdsl.packets.steering import Policy
from netdsl.packets.tracking import Known
from netdsl.packets.types import Hook, Outcome, Packet
from netdsl.packets.view import View
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Stop:
    """The packet goes no further. `doubts`: raw nodes that may make it go on."""

    outcome: Outcome
    node: NodeId
    hook: Hook
    text: str
    origin: Place | None
    packet: Packet
    doubts: tuple[NodeId, ...] = ()


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Nothing for this address goes further at the node. No `origin`: the node's own statement. `doubts`: raw nodes that
    may make it go on."""

    outcome: Outcome
    hook: Hook
    text: str
    origin: Place | None = None
    doubts: tuple[NodeId, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Exit:
    """How packets for a next hop leave a node: over which networks, to whom. `narrow`: the smallest MTU behind switches, in
    bytes. `unheard`: why the next hop does not answer ARP, if no packet of the node's own asks; None: it does."""

    interface: str
    networks: tuple[NetworkId, ...]
    narrow: int
    other: View
    there: str
    next_hop: Address
    unheard: DeadEnd | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The packet is in a socket of the node."""

    view: View
    packet: Packet


@dataclass(frozen=True, slots=True)
class Frame:
    """The packet comes to a node by an interface; `came`: out of a tunnel; `before`: the node that sent it on the link."""

    view: View
    interface: str
    packet: Packet
    came: Policy | None = None
    before: View | None = None


@dataclass(slots=True)
class Passage:
    """A packet in a node: as it came to it, what is known of its flow."""

    view: View
    original: Packet
    in_interface: str | None
    came: Policy | None
    known: Known | None
    state: State
    is_outer: bool = False
    before: View | None = None

    @property
    def was_selected(self) -> bool:
        """Whether a policy of the node took the packet out of a tunnel, and not a device."""
        return self.came is not None and self.came.is_selected

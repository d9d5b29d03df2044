"""A packet at one node: as it comes, while it is there, where it ends."""

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId
from netdsl.packets.tracking import Known, State
from netdsl.packets.types import Hook, Outcome, Packet
from netdsl.packets.view import Policy, View
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Stop:
    """The packet goes no further."""

    outcome: Outcome
    node: NodeId
    hook: Hook
    text: str
    origin: Place | None
    packet: Packet


@dataclass(frozen=True, slots=True)
class Delivered:
    """The packet is in a socket of the node."""

    view: View
    packet: Packet


@dataclass(frozen=True, slots=True)
class Frame:
    """The packet comes to a node by an interface; `came`: out of a tunnel."""

    view: View
    interface: str
    packet: Packet
    came: Policy | None = None


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

    @property
    def was_selected(self) -> bool:
        """Whether a policy of the node took the packet out of a tunnel, and not a device."""
        return self.came is not None and self.came.is_selected

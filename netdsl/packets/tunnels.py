"""Tunnels as packets meet them: which are up, and what a kind brings to it (`TunnelPackets`)."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from functools import cache
from typing import Protocol, cast

from netdsl.dataclass import dataclass
from netdsl.index import modules
from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Child, Device, Segment, Selectors, Start, TunnelEnd
from netdsl.packets.fabric import Fabric
from netdsl.packets.steering import CHOSEN_PORT, Policy
from netdsl.packets.tracking import Flows
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.source import Place

Pair = tuple[TunnelId, frozenset[NodeId]]
"""Two ends of a tunnel that may have a connection: the tunnel, and their nodes."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Two ends that found each other: `here` began. `seen`, `seen_port`: the address by which the other end knows this one,
    and the port of its outer packets where they have one; `is_translated`: outer packets need a form that passes address
    translation; `hidden`: the ends that find themselves behind it. Only the kind reads `inside`."""

    here: TunnelEnd
    there: TunnelEnd
    seen: Address
    is_translated: bool
    flows: Flows = field(compare=False, repr=False)
    seen_port: int | None = None
    hidden: frozenset[NodeId] = frozenset()
    inside: object = field(default=None, compare=False, repr=False)

    @property
    def pair(self) -> Pair:
        return self.here.tunnel, frozenset((self.here.node, self.there.node))

    @property
    def agreement(self) -> object:
        """What decides about packets: which port translation has given to IKE does not."""
        return self.here, self.there, self.seen, self.is_translated, self.hidden


def pair_of(end: TunnelEnd) -> Pair:
    """Of the connection that an end opens."""
    return end.tunnel, frozenset(node for node in (end.node, end.peer) if node is not None)


ChildId = tuple[NodeId, TunnelId, str, str]
"""Node, tunnel, connection, child: a gateway has a child of one name on the connection to each client."""


def child_id(end: TunnelEnd, child: Child) -> ChildId:
    return end.node, end.tunnel, end.connection, child.name


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a tunnel is not up, and the lines that say so, each with a text about it."""

    text: str
    lines: tuple[tuple[Place, str], ...] = field(default=(), compare=False, repr=False)


@dataclass(slots=True)
class TunnelStates:
    """`connections` of each tunnel that stand; `failures`: why a tunnel that should is not up; `virtual`: a client's
    addresses. `waiting`: backups of what is up; `lost`: connections that came up, and would not any more since others are
    up; `contended`: those that are another one, or none, if they are opened sooner or later than others;
    `openers`: ends that others come up with, if they open a connection in place of their peer."""

    connections: dict[TunnelId, list[Connection]] = field(default_factory=dict)
    failures: dict[TunnelId, Failure] = field(default_factory=dict)
    virtual: dict[tuple[TunnelId, NodeId], tuple[Address, ...]] = field(default_factory=dict)
    children_up: set[ChildId] = field(default_factory=set)
    standing: Flows = field(default_factory=dict)
    held: frozenset[TunnelId] = frozenset()
    forced: frozenset[TunnelId] = frozenset()
    waiting: set[TunnelId] = field(default_factory=set)
    lost: set[Pair] = field(default_factory=set)
    contended: set[Pair] = field(default_factory=set)
    openers: set[tuple[Pair, NodeId]] = field(default_factory=set)

    @property
    def pairs(self) -> set[Pair]:
        return {connection.pair for each in self.connections.values() for connection in each}

    def is_up(self, lab: Lab, tunnel: TunnelId, child: str | None) -> bool:
        """At every end, every child (or this one)."""
        ends = lab.tunnel_ends(tunnel)
        wanted = [child_id(end, each) for end in ends for each in end.children if child in (None, each.name)]
        return bool(wanted) and all(key in self.children_up for key in wanted)

    def in_front(self, end: TunnelEnd) -> TunnelId | None:
        """The tunnel that is up in the end's node, at least in a part, and whose backup the end is of."""
        up = {tunnel for node, tunnel, *_ in self.children_up if node == end.node} if end.backup_of else ()
        return next((tunnel for tunnel in end.backup_of if tunnel in up), None)

    def opens(self, tunnel: TunnelId, child: Child) -> bool:
        """Whether an end opens the child by itself, or in this state by hand."""
        return child.start in (Start.BOOT, Start.TRAFFIC) or (tunnel in self.forced and child.start is not Start.NONE)


@dataclass(frozen=True, slots=True)
class Question:
    """What a node asks a service of another one before its tunnel comes up. `source`: the address that it asks from, where
    that is fixed; `is_tapped`: it takes the answer from the link, whatever its filter says."""

    asking: NodeId
    server: NodeId
    address: Address
    service: PortService  # one port
    source_port: int = CHOSEN_PORT
    source: Address | None = None
    is_tapped: bool = False

    def packet(self, view: View) -> Packet | None:
        """The first packet; None where the asking node has no address for it."""
        source, port = self.source or view.source_towards(self.address), self.service.first or 0
        return None if source is None else Packet(source, self.address, self.service.protocol, self.source_port, port)


@dataclass(frozen=True, slots=True)
class Need:
    """What has to get from one end of a tunnel to the other, by its name: one of the packets is enough."""

    name: str
    packets: tuple[PortService, ...]


class TunnelPackets(Protocol):
    """The module `netdsl.kinds.KIND.packets`: how packets pass tunnels of a kind.

    `IS_NEGOTIATED`: the ends come to an agreement by packets before the tunnel is up. `IS_EXEMPT`: these are sent by a
    daemon whose socket no policy takes.
    """

    IS_NEGOTIATED: bool
    IS_EXEMPT: bool

    def connect(self, fabric: Fabric, view: View, end: TunnelEnd, standing: Flows) -> Connection | Failure:
        """The connection that the end opens from a node, or why there is none. `standing`: the flows of those that stand
        already."""
        ...

    def needs(self, end: TunnelEnd) -> tuple[Need, ...]:
        """What has to pass between the ends; the first opens the tunnel."""
        ...

    def questions(self, fabric: Fabric, end: TunnelEnd) -> Iterable[Question]:
        """What the end's node has to have answers to, of a kind that comes to an agreement."""
        ...

    def install(self, fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
        """Set policies, devices and virtual addresses in the views of all ends of the kind, and `states.children_up`."""
        ...

    def outer_packet(self, packet: Packet, policy: Policy) -> Packet:
        """The packet that carries one which the policy takes."""
        ...

    def refuses(self, end: TunnelEnd, packet: Packet) -> str | None:
        """Why the receiving end does not take an outer packet out of the tunnel, in words after its name; None: it does."""
        ...

    def room_inside(self, policy: Policy, link_mtu: int, *, is_user_space: bool) -> int:
        """The largest packet (bytes) that the policy takes where its outer packets leave by a link of `link_mtu`."""
        ...


@cache
def _kinds() -> dict[str, TunnelPackets]:
    return {kind: cast(TunnelPackets, module) for kind, module in modules("packets")}


def packets_of(kind: str) -> TunnelPackets:
    """How packets pass tunnels of a kind."""
    return _kinds()[kind]


def opening_packet(end: TunnelEnd, source: Address, service: PortService | None = None) -> Packet:
    """What an end that knows the other one sends to it: what opens the tunnel, or another of the packets that it needs."""
    service = service or packets_of(end.kind).needs(end)[0].packets[0]
    number = service.first or 0
    return Packet(source, end.peer_addresses[0], service.protocol, number, number)


def receiving_end(view: View, policy: Policy) -> TunnelEnd:
    """The end of the policy's tunnel in the node that takes the packet out."""
    ends = [end for end in view.node.tunnels if end.tunnel == policy.end.tunnel]
    return next((end for end in ends if end.peer == policy.end.node), ends[0])


def arrival(end: TunnelEnd, outer: str, *, is_user_space: bool) -> str:
    """The interface by which an end sees the inner packet come, whose outer one came by `outer`."""
    match end.steering:
        case Device(name=name) | Segment(interface=name):
            return name
        case Selectors(stand_in=stand_in):
            return stand_in if stand_in is not None and is_user_space else outer

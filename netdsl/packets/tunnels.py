"""Which tunnels come up, and what they leave in their ends: policies, devices, routes, virtual addresses.

What a kind brings to it is `TunnelPackets`. The way of its daemon's packets may lead through other tunnels or depend on
rules `while T up`, so all is tried again until nothing changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import cache
from typing import Protocol, cast

from netdsl.dataclass import dataclass
from netdsl.index import modules
from netdsl.ir.ids import Address, NodeId, Prefix, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Child, Device, Segment, Selectors, Start, TunnelEnd
from netdsl.packets.fabric import Fabric
from netdsl.packets.tracking import Flows
from netdsl.packets.types import Packet
from netdsl.packets.view import Policy, View

_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Connection:
    """Two ends that found each other: `here` began. `seen`: the address by which the other end knows this one;
    `is_translated`: outer packets need a form that passes address translation."""

    here: TunnelEnd
    there: TunnelEnd
    seen: Address
    is_translated: bool
    flows: Flows = field(compare=False, repr=False)


@dataclass(slots=True)
class TunnelStates:
    """`connections` of each tunnel that stand; `failures`: why a tunnel that should is not up; `virtual`: a client's
    addresses."""

    connections: dict[TunnelId, list[Connection]] = field(default_factory=dict)
    failures: dict[TunnelId, str] = field(default_factory=dict)
    virtual: dict[tuple[TunnelId, NodeId], tuple[Address, ...]] = field(default_factory=dict)
    children_up: set[tuple[NodeId, TunnelId, str]] = field(default_factory=set)
    standing: Flows = field(default_factory=dict)
    held: frozenset[TunnelId] = frozenset()
    forced: frozenset[TunnelId] = frozenset()

    def is_up(self, lab: Lab, tunnel: TunnelId, child: str | None) -> bool:
        """At every end, every child (or this one)."""
        wanted = [
            (node.id, tunnel, each.name)
            for node in lab.nodes
            for end in node.tunnels
            if end.tunnel == tunnel
            for each in end.children
            if child in (None, each.name)
        ]
        return bool(wanted) and all(key in self.children_up for key in wanted)

    def opens(self, tunnel: TunnelId, child: Child) -> bool:
        """Whether an end opens the child by itself, or in this state by hand."""
        return child.start in (Start.BOOT, Start.TRAFFIC) or (tunnel in self.forced and child.start is not Start.NONE)


@dataclass(frozen=True, slots=True)
class Need:
    """What has to get from one end of a tunnel to the other, by its name: one of the packets is enough."""

    name: str
    packets: tuple[PortService, ...]


class TunnelPackets(Protocol):
    """The module `netdsl.kinds.KIND.packets`: how packets pass tunnels of a kind."""

    def connect(self, fabric: Fabric, view: View, end: TunnelEnd) -> Connection | str:
        """The connection that the end opens from a node, or a sentence why there is none."""
        ...

    def needs(self, end: TunnelEnd) -> tuple[Need, ...]:
        """What has to pass between the ends; the first opens the tunnel."""
        ...

    def install(self, fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
        """Set policies, devices and routes in the views of all ends of the kind, and `states.children_up`."""
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


def settle(fabric: Fabric, held: frozenset[TunnelId], forced: frozenset[TunnelId]) -> TunnelStates:
    """Bring up all tunnels that come up. `held` are kept down by hand at both ends, `forced` are opened by hand."""
    states = TunnelStates(virtual=dict(_virtual_addresses(fabric.lab)), held=held, forced=forced)
    if not any(node.tunnels for node in fabric.lab.nodes):
        return states
    before: object = None
    for _ in range(_ROUNDS):
        found = _connections(fabric, states)
        shape = {tunnel: [(one.here, one.there, one.seen) for one in each] for tunnel, each in found.items()}
        states.connections = found
        _install(fabric, states)
        if shape == before:
            break
        before = shape
    return states


def _virtual_addresses(lab: Lab) -> Iterator[tuple[tuple[TunnelId, NodeId], tuple[Address, ...]]]:
    """A client gets the next address of each pool: in the order of the source (in a running lab, of their coming)."""
    pools = {end.tunnel: end.pools for node in lab.nodes for end in node.tunnels if end.pools}
    taken: dict[TunnelId, int] = {}
    for node in lab.nodes:
        for end in node.tunnels:
            if end.virtual_families and end.tunnel in pools:
                number = taken[end.tunnel] = taken.get(end.tunnel, 0) + 1
                given = (_of_pool(pool, number) for pool in pools[end.tunnel])
                yield (end.tunnel, node.id), tuple(address for address in given if address is not None)


def _of_pool(pool: Prefix, number: int) -> Address | None:
    if pool.num_addresses == 1:
        return pool.network_address if number == 1 else None
    return pool[number] if number < pool.num_addresses else None


def _connections(fabric: Fabric, states: TunnelStates) -> dict[TunnelId, list[Connection]]:
    found: dict[TunnelId, list[Connection]] = {}
    states.failures.clear()
    for view in fabric.views.values():
        for end in view.node.tunnels:
            if end.tunnel in states.held:
                states.failures[end.tunnel] = f"tunnel `{end.tunnel}` is held down"
                continue
            if not end.peer_addresses or not any(states.opens(end.tunnel, child) for child in end.children):
                continue
            if any(end in (one.here, one.there) for one in found.get(end.tunnel, ()) if one.there.peer is not None):
                continue
            connection = packets_of(end.kind).connect(fabric, view, end)
            if isinstance(connection, str):
                states.failures.setdefault(end.tunnel, connection)
            else:
                found.setdefault(end.tunnel, []).append(connection)
    return found


def _install(fabric: Fabric, states: TunnelStates) -> None:
    states.children_up, states.standing = set(), {}
    fabric.forget_answers()
    ends = [(view, end) for view in fabric.views.values() for end in view.node.tunnels]
    for view, _ in ends:
        view.clear_tunnels()
    of_kind: dict[str, list[Connection]] = {end.kind: [] for _, end in ends}
    for connections in states.connections.values():
        for connection in connections:
            states.standing |= {key: replace(known, is_answered=True) for key, known in connection.flows.items()}
            of_kind[connection.here.kind].append(connection)
    for kind, connections in of_kind.items():
        packets_of(kind).install(fabric, states, connections)
    for view, end in ends:
        _note_up(view, end, states)


def _note_up(view: View, end: TunnelEnd, states: TunnelStates) -> None:
    """What `while T up` asks: every child, of all connections of the tunnel in this node."""
    ends = [one for one in view.node.tunnels if one.tunnel == end.tunnel]
    names = {child.name for one in ends for child in one.children}
    is_up = {name: (view.id, end.tunnel, name) in states.children_up for name in names}
    view.up.update((end.tunnel, name) for name, found in is_up.items() if found)
    if all(is_up.values()):
        view.up.add((end.tunnel, None))

"""How the outer packets of tunnels travel: asked of the engine, in the lab as it is without any tunnel or filter."""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Chain
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import Carrier
from netdsl.packets.fabric import Fabric, make_fabric
from netdsl.packets.passage import Delivered
from netdsl.packets.routes import Hop as RouteHop
from netdsl.packets.settling import settle
from netdsl.packets.tracking import Tracker
from netdsl.packets.types import Decision, Hop, Packet
from netdsl.packets.view import UPLINK
from netdsl.packets.walk import Walk
from netdsl.semantics.bindings import BoundEnd

_EVERY_CHAIN = frozenset(Chain)


@dataclass(frozen=True, slots=True)
class OuterWay:
    """`hops` up to where the packet ends, `source` there. `is_complete`: at the other end. `is_translated`: a node on the
    way changes its source (the sender itself may, and still be found at its own address)."""

    hops: tuple[Hop, ...]
    source: Address
    is_complete: bool
    is_translated: bool


@dataclass(slots=True)
class OuterPackets:
    """`lab` has neither tunnels nor filters. Its indexes are made when a tunnel is asked for first."""

    lab: Lab
    _fabric: Fabric | None = field(default=None, repr=False)

    @property
    def fabric(self) -> Fabric:
        if self._fabric is None:
            self._fabric = make_fabric(self.lab)
            settle(self._fabric)
        return self._fabric

    def between(self, carrier: Carrier, end: BoundEnd, other: BoundEnd) -> OuterWay:
        """From one end's outer address to where the other is reached."""
        return self.way(carrier, end.node, end.outer, other.reached, other.node)

    def known(self, carrier: Carrier, end: BoundEnd, other: BoundEnd) -> tuple[Address, ...]:
        """The addresses by which `end` knows the other one before it comes: where it sends to, then what packets come from.
        Empty where that is not known: source translation is on the way, and nothing says `at`."""
        way = self.between(carrier, other, end)
        if other.at is None:
            return () if way.is_translated else (other.outer,)
        return (other.at, way.source) if way.is_complete and way.source != other.at else (other.at,)

    def way(
        self, carrier: Carrier, start: NodeId, source: Address, goal: Address, end: NodeId | None = None
    ) -> OuterWay:
        port = next(iter(carrier.ports), 0)
        walk = Walk(self.fabric, Tracker({}), is_daemon=True, overrules=_EVERY_CHAIN)
        found = walk.run(self.fabric.views[start], Packet(source, goal, carrier.protocol, port, port))
        is_complete = isinstance(found, Delivered) and end in (None, found.view.id)
        later = (step for hop in walk.hops[1:] for step in hop.steps)
        return OuterWay(
            tuple(walk.hops), found.packet.source, is_complete, any(step.decision is Decision.SNAT for step in later)
        )

    def route(self, node: NodeId, goal: Address) -> RouteHop | None:
        """By which interface and next hop the main table sends; None where it has no route, or out of the lab only."""
        found = self.fabric.views[node].main.find(goal)
        return None if found is None or found.interface == UPLINK else found

    def mtu(self, hop: Hop) -> int | None:
        """Of the links that a packet leaves a node over, in bytes; None where it ends there."""
        interface = self.fabric.views[hop.node].interfaces.get(hop.out_interface or "")
        if interface is None:
            return None
        return min(interface.mtu, *(self.fabric.networks[wire.network].mtu for wire in hop.wires))

"""Where a node sends a packet, by the lines of the lab alone: connected networks first, the longest prefix then.

`routing auto` is a wish here, not yet routes: a packet that comes to such a node counts as arrived wherever it leads.
"""

from dataclasses import dataclass, field
from enum import Enum

from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.ir.node import NodeKind
from netdsl.semantics.bindings import BoundInterface, BoundNode, BoundRoute, BoundSourceNat
from netdsl.semantics.rules.blocks import Block, BlockMap, Blocks, any_overlap, block_of, block_of_address
from netdsl.semantics.rules.facts import Facts, SegmentId

Exit = BoundInterface | BoundRoute

EVERYWHERE = {4: Block(4, 0, 2**32 - 1), 6: Block(6, 0, 2**128 - 1)}


class End(Enum):
    """How a walk ends."""

    ARRIVED = "on the segment of the address"
    OUTSIDE = "out of the lab"
    AUTOMATIC = "at a node that finds its routes itself"
    REFUSED = "at a node that does not forward"
    LOST = "at a node without a route, or in a circle"


@dataclass(frozen=True, slots=True)
class Walk:
    """`last` is the node that the packet got to, `segment` where it was delivered; `is_translated`: a node on the way
    changed its source (the first one's own address stays what it is)."""

    end: End
    last: NodeId
    segment: SegmentId | None
    is_translated: bool


@dataclass(frozen=True, slots=True)
class Ways:
    """Forwarding tables, each made when it is first asked for."""

    facts: Facts
    _tables: dict[NodeId, BlockMap[Exit]] = field(default_factory=dict)

    def table(self, node: BoundNode) -> BlockMap[Exit]:
        table = self._tables.get(node.id)
        if table is None:
            table = self._tables[node.id] = BlockMap()
            for interface in node.interfaces:
                for entry in interface.addresses:
                    table.put(block_of(entry.address.network), interface)
            for route in node.routes:
                table.put(route_block(route), route)
        return table

    def exit(self, node: BoundNode, target: Block) -> Exit | None:
        """How the node would send to an address; None where no line says."""
        return next((found[0] for found in self.table(node).around(target)), None)

    def has_way(self, node: BoundNode, target: Block) -> bool:
        """Whether the node itself knows where to send; what comes after is not looked at."""
        known = self.exit(node, target) is not None or target in self.facts.addresses_of[node.id]
        return known or node.has_auto_routing or node.uplink is not None

    def walk(self, start: NodeId, target: Address, source: Blocks = ()) -> Walk:
        """The way of a packet from a node to an address. Circles end: no node is passed twice."""
        block = block_of_address(target)
        nodes = self.facts.bindings.nodes
        node, seen, is_translated = nodes[start], {start}, False
        while True:
            if block in self.facts.addresses_of[node.id]:
                return Walk(End.ARRIVED, node.id, None, is_translated)
            match self.exit(node, block):
                case None:
                    return Walk(_without_route(node), node.id, None, is_translated)
                case BoundInterface() as interface:
                    is_translated |= node.id != start and translates(node, interface.name, source, self.facts)
                    segment = self.facts.segment_of[interface.network]
                    return Walk(End.ARRIVED, node.id, segment, is_translated)
                case BoundRoute() as route:
                    is_translated |= node.id != start and translates(node, route.interface, source, self.facts)
                    hop = self.hop(node, route)
            if hop is None or hop in seen:
                return Walk(End.LOST, node.id, None, is_translated)
            seen.add(hop)
            node = nodes[hop]
            if node.kind is not NodeKind.ROUTER and block not in self.facts.addresses_of[hop]:
                return Walk(End.REFUSED, hop, None, is_translated)

    def hop(self, node: BoundNode, route: BoundRoute) -> NodeId | None:
        """Whose address the next hop is, on the segment that the route leaves by."""
        interface = node.interface(route.interface)
        if interface is None:
            return None
        owner = self.facts.owner_on(self.facts.segment_of[interface.network], route.next_hop)
        return owner.node if owner is not None else None


def route_block(route: BoundRoute) -> Block:
    return block_of(route.prefix) if route.prefix is not None else EVERYWHERE[route.next_hop.version]


def _without_route(node: BoundNode) -> End:
    if node.has_auto_routing:
        return End.AUTOMATIC
    return End.OUTSIDE if node.uplink is not None else End.LOST


def translates(node: BoundNode, interface: str, source: Blocks, facts: Facts) -> bool:
    """Whether a node changes the source of what leaves by an interface (of packets from `source`, where given)."""
    return any(_applies(rule, interface, source, facts) for rule in node.source_nat)


def translating(node: BoundNode, interface: str, tunnel: TunnelId) -> BoundSourceNat | None:
    """The first rule that changes the source of what leaves by an interface, a tunnel's packets included."""
    for rule in node.source_nat:
        match = rule.match
        outs = match.out_interfaces
        is_out = not outs or any(out.value == interface for out in outs)
        is_excepted = match.not_any_ipsec or any(name.value == tunnel for name in match.not_through)
        if is_out and not is_excepted and not _is_while_down(rule, tunnel):
            return rule
    return None


def _is_while_down(rule: BoundSourceNat, tunnel: TunnelId) -> bool:
    return rule.state is not None and rule.state.tunnel == tunnel and not rule.state.is_up


def _applies(rule: BoundSourceNat, interface: str, source: Blocks, facts: Facts) -> bool:
    outs = rule.match.out_interfaces
    if outs and all(out.value != interface for out in outs):
        return False
    sources = facts.blocks_of_all(rule.match.sources)
    return not sources or not source or any_overlap(sources, source)

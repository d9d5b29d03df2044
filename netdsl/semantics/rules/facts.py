"""What the rules ask again and again of a finished lab, worked out once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, AddressWithPrefix, NetworkId, NodeId, TunnelId
from netdsl.ir.joined import join, roots
from netdsl.semantics import bindings as bound
from netdsl.semantics.bindings import (
    Bindings,
    BoundChild,
    BoundEnd,
    BoundInterface,
    BoundNode,
    BoundTunnel,
    Who,
    WhoInterface,
    WhoNetwork,
    WhoNode,
    WhoPrefix,
    WhoTunnelEnd,
)
from netdsl.semantics.rules.blocks import Blocks, block_of, block_of_address
from netdsl.source import Place

SegmentId = NetworkId
"""A layer-2 segment: networks that switches join are one. Its first network's id."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has an address: a node, on an interface or (None) on its loopback."""

    node: NodeId
    interface: BoundInterface | None
    address: AddressWithPrefix
    place: Place = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        return f"{self.node}.{self.interface.name}" if self.interface is not None else self.node


@dataclass(frozen=True, slots=True)
class Facts:
    """Indexes over `Bindings`. `addresses_of` holds loopbacks too, `families_of` addresses inside tunnels as well;
    `interfaces_on` is by segment."""

    bindings: Bindings
    segment_of: Mapping[NetworkId, SegmentId]
    interfaces_on: Mapping[SegmentId, tuple[BoundInterface, ...]]
    owners: Mapping[Address, tuple[Owner, ...]]
    owned: Mapping[NodeId, tuple[Owner, ...]]
    addresses_of: Mapping[NodeId, Blocks]
    families_of: Mapping[NodeId, frozenset[int]]
    tunnels_of: Mapping[NodeId, tuple[BoundTunnel, ...]]
    is_broken_on_purpose: bool
    """Some `expect failure` block stands in the lab: what will not work is the author's wish."""

    @property
    def nodes(self) -> Iterable[BoundNode]:
        return self.bindings.nodes.values()

    def segment(self, owner: Owner) -> SegmentId | None:
        """Where the address is; None on a loopback."""
        return self.segment_of[owner.interface.network] if owner.interface is not None else None

    def blocks_of(self, who: Who) -> Blocks:
        """The addresses that a name or literal of a filter stands for."""
        match who:
            case WhoNode(node):
                return self.addresses_of[node]
            case WhoInterface(node, name):
                interface = self.bindings.nodes[node].interface(name)
                return interface_blocks(interface) if interface is not None else ()
            case WhoNetwork(network):
                return tuple(map(block_of, self.bindings.networks[network].prefixes))
            case WhoPrefix(prefix):
                return (block_of(prefix),)
            case WhoTunnelEnd(id_, node):
                tunnel = self.bindings.tunnels[id_]
                end = end_of(tunnel, node)
                if end is not None and end.inside is not None:
                    return tuple(block_of_address(given.ip) for given in end.inside.addresses)
                return () if end is None else tuple(map(block_of_address, end.virtual or (end.outer,)))

    def blocks_of_all(self, placed: Iterable[bound.Placed[Who]]) -> Blocks:
        return tuple(block for one in placed for block in self.blocks_of(one.value))


def families(blocks: Blocks) -> frozenset[int]:
    """Of 4 and 6, those that occur."""
    return frozenset(block.version for block in blocks)


def interface_blocks(interface: BoundInterface) -> Blocks:
    return tuple(block_of_address(entry.address.ip) for entry in interface.addresses)


def facts_of(bindings: Bindings) -> Facts:
    segment_of = _segments(bindings)
    interfaces_on: dict[SegmentId, list[BoundInterface]] = defaultdict(list)
    owners: dict[Address, list[Owner]] = defaultdict(list)
    owned: dict[NodeId, tuple[Owner, ...]] = {}
    addresses_of: dict[NodeId, Blocks] = {}
    for node in bindings.nodes.values():
        for interface in node.interfaces:
            interfaces_on[segment_of[interface.network]].append(interface)
        owned[node.id] = tuple(_owned(node))
        mine = [(owner.address.ip, owner) for owner in owned[node.id]]
        for address, owner in mine:
            owners[address].append(owner)
        addresses_of[node.id] = tuple(block_of_address(address) for address, _ in mine)
    tunnels_of: dict[NodeId, dict[TunnelId, BoundTunnel]] = defaultdict(dict)
    inside: dict[NodeId, set[int]] = defaultdict(set)
    for tunnel in bindings.tunnels.values():
        for end in tunnel.ends:
            tunnels_of[end.node][tunnel.id] = tunnel
            if end.inside is not None:
                inside[end.node].update(given.version for given in end.inside.addresses)
            inside[end.node].update(given.version for given in end.virtual)
    return Facts(
        bindings,
        segment_of,
        {segment: tuple(interfaces) for segment, interfaces in interfaces_on.items()},
        {address: tuple(found) for address, found in owners.items()},
        owned,
        addresses_of,
        {node: families(blocks) | inside[node] for node, blocks in addresses_of.items()},
        {node: tuple(found.values()) for node, found in tunnels_of.items()},
        any(expectation.is_failure for expectation in bindings.expectations),
    )


def _owned(node: BoundNode) -> Iterator[Owner]:
    for interface in node.interfaces:
        for entry in interface.own:
            yield Owner(node.id, interface, entry.address, entry.place)
    places = node.loopback_places or (node.place,) * len(node.loopbacks)
    for address, place in zip(node.loopbacks, places, strict=True):
        yield Owner(node.id, None, address, place)


def _segments(bindings: Bindings) -> dict[NetworkId, SegmentId]:
    """Each network's segment: the first of those that switches join with it."""
    joined = {network: network for network in bindings.networks}
    for node in bindings.nodes.values():
        if node.kind.bridges:
            for interface in node.interfaces[1:]:
                join(joined, node.interfaces[0].network, interface.network)
    return roots(joined)


# --- tunnels


@dataclass(frozen=True, slots=True)
class Selectors:
    """A child as one of its ends sees it. An empty `local` is a client's virtual address."""

    tunnel: BoundTunnel
    child: BoundChild
    end: BoundEnd
    peer: BoundEnd
    local: Blocks
    remote: Blocks


def excepts(match: bound.BoundMatch, tunnel: BoundTunnel) -> bool:
    """Whether `except through` leaves out what goes into a tunnel."""
    return tunnel.kind in match.not_through_kinds or any(name.value == tunnel.id for name in match.not_through)


def enters_by_policy(tunnel: BoundTunnel) -> bool:
    """Whether children of the tunnel say what belongs into it; else a device or a segment takes what is routed there."""
    return bool(tunnel.children_of) and tunnel.ends[0].inside is None


def end_of(tunnel: BoundTunnel, node: NodeId) -> BoundEnd | None:
    return next((end for end in tunnel.ends if end.node == node), None)


@dataclass(frozen=True, slots=True)
class Leg:
    """An address of a node: an interface's own on a network, or of the device of a tunnel. `where`: in words."""

    interface: str
    where: str
    address: AddressWithPrefix
    place: Place


def legs_of(node: BoundNode, tunnels: Iterable[BoundTunnel]) -> Iterator[Leg]:
    """`tunnels`: those of the node."""
    for interface in node.interfaces:
        for entry in interface.own:
            yield Leg(interface.name, f"on `{interface.network}`", entry.address, entry.place)
    for tunnel in tunnels:
        end = end_of(tunnel, node.id)
        if end is not None and end.inside is not None and node.interface(end.inside.interface) is None:
            for address in end.inside.addresses:
                yield Leg(end.inside.interface, f"inside `{tunnel.id}`", address, end.place)


def selectors(tunnel: BoundTunnel) -> Iterator[Selectors]:
    """Every child from its first end (the gateway); none where routes lead into a device."""
    if not enters_by_policy(tunnel):
        return
    first = tunnel.ends[0]
    ends = {end.node: end for end in tunnel.ends[1:]}
    for owner, children in tunnel.children_of.items():
        if owner not in ends:
            continue
        for child in children:
            left, right = tuple(map(block_of, child.left)), tuple(map(block_of, child.right))
            virtual = tuple(map(block_of_address, ends[owner].virtual))
            yield Selectors(tunnel, child, first, ends[owner], left, right or virtual)


def seen_from(node: NodeId, tunnel: BoundTunnel) -> Iterator[Selectors]:
    """Every child that ends at a node, with the node as `end`."""
    for one in selectors(tunnel):
        if one.end.node == node:
            yield one
        elif one.peer.node == node:
            yield reversed_selectors(one)


def reversed_selectors(one: Selectors) -> Selectors:
    """The same from its other end."""
    return Selectors(one.tunnel, one.child, one.peer, one.end, one.remote, one.local)

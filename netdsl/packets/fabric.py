"""The lab as packets meet it: nodes, and segments with who answers on them."""

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NetworkId, NodeId, TunnelId
from netdsl.ir.joined import join, roots
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import Interface
from netdsl.packets.passage import Exit, Stop
from netdsl.packets.spanning import SwitchPort, blocked_ports
from netdsl.packets.tracking import FlowIn, Flows
from netdsl.packets.view import View, raw_nodes, view_of


@dataclass(slots=True, eq=False)
class Fabric:
    """Nodes and segments of a lab. `cut` are networks that carry nothing. `segment_of`: switches join networks to one
    segment, called by the first of them. `lost_answers`: of a node, its interface and another node on a network that a
    tunnel carries, where the answer to ARP or neighbour discovery ends; None: it arrives. `exits`: of a node, its interface
    and a next hop there. `stops`: of a question to a server, where it or its answer ends. Left out of these: not asked yet.
    `raw_on`: of segments that have any, their raw nodes, switches too. `proxies`: the nodes that answer ARP for what is
    behind their tunnels. `held`: tunnels that are taken down. `before`: the connections that stand while nothing is cut or
    held, each with its ends; None: this is so here. `unsure`: nodes of which it is not known whether their connections have
    lasted since then, or which of them came up. `clashes`: flows that stood in the way of those of a tunnel that was
    opened last; `attempted`: its own, whether it came up or not."""

    lab: Lab
    views: dict[NodeId, View]
    networks: dict[NetworkId, Network]
    segment_of: dict[NetworkId, NetworkId]
    members: dict[NetworkId, list[tuple[View, Interface]]]
    owners: dict[tuple[NetworkId, Address], list[tuple[View, Interface]]]
    by_mac: dict[tuple[NetworkId, str], tuple[View, Interface]]
    permanent: dict[tuple[NodeId, str, Address], str]
    addresses: dict[Address, tuple[NodeId, ...]]
    cut: frozenset[NetworkId] = frozenset()
    is_user_space: bool = False
    raw_on: dict[NetworkId, tuple[NodeId, ...]] = field(default_factory=dict)
    proxies: frozenset[NodeId] = frozenset()
    held: frozenset[TunnelId] = frozenset()
    before: Callable[[], Set[tuple[TunnelId, NodeId, NodeId]]] | None = None
    unsure: set[NodeId] = field(default_factory=set)
    clashes: set[FlowIn] = field(default_factory=set)
    attempted: Flows = field(default_factory=dict)
    lost_answers: dict[tuple[NodeId, str, NodeId], Stop | None] = field(default_factory=dict)
    exits: dict[tuple[NodeId, str, Address], Exit] = field(default_factory=dict)
    stops: dict[object, str | None] = field(default_factory=dict)
    _answers: dict[tuple[NetworkId, Address], tuple[View, Interface] | None] = field(default_factory=dict)
    _paths: dict[tuple[NetworkId, NetworkId], tuple[NetworkId, ...] | None] = field(default_factory=dict)
    _bridged: dict[NetworkId, list[NetworkId]] = field(default_factory=dict)

    def raw_switches(self, network: NetworkId) -> Iterator[NodeId]:
        """Those on the segment of a network."""
        return (node for node in self.raw_on.get(self.segment_of[network], ()) if self.views[node].node.kind.bridges)

    def neighbour(self, view: View, interface: str, address: Address) -> tuple[View, Interface] | None:
        """Who gets a frame that the node sends to the next hop; None: nobody answers."""
        segment = self.segment_of[view.interfaces[interface].network]
        mac = self.permanent.get((view.id, interface, address))
        if mac is not None:
            return self.by_mac.get((segment, mac))
        key = (segment, address)
        if key not in self._answers:
            self._answers[key] = self._answering(segment, address)
        return self._answers[key]

    def forget_answers(self) -> None:
        """Addresses of nodes have changed: tunnels came or went."""
        self._answers.clear()
        self.lost_answers.clear()
        self.exits.clear()
        self.stops.clear()

    def _answering(self, segment: NetworkId, address: Address) -> tuple[View, Interface] | None:
        """The owner on the segment; in IPv4 any node on it that has the address anywhere (arp_ignore 0)."""
        owners = self.owners.get((segment, address), ())
        for view, interface in owners:
            return view, interface
        if address.version == 4:
            for view, interface in self.members.get(segment, ()):
                if address in view.local and view.sysctl(interface.name, "arp_ignore") == 0:
                    return view, interface
        return None

    def beside(self, view: View) -> Iterator[tuple[Interface, View, Interface]]:
        """Who gets the frames of a node: its interface, the other node, the interface there."""
        for interface in view.node.interfaces:
            for other, there in self.members.get(self.segment_of[interface.network], ()):
                if other is not view and self.is_joined(view, interface, other, there):
                    yield interface, other, there

    def is_joined(self, view: View, interface: Interface, other: View, there: Interface) -> bool:
        """Whether frames pass between two interfaces of a segment: no network on the way is cut, and where a tunnel
        carries it, that is up."""
        carried = view.segments.get(interface.name)
        is_carried = carried is None or other.id in carried
        return is_carried and self.crossed(interface.network, there.network) is not None

    def crossed(self, start: NetworkId, end: NetworkId) -> tuple[NetworkId, ...] | None:
        """The networks from one interface to another of the segment; None where one of them is cut."""
        key = (start, end)
        if key not in self._paths:
            self._paths[key] = self._path(start, end)
        return self._paths[key]

    def _path(self, start: NetworkId, end: NetworkId) -> tuple[NetworkId, ...] | None:
        before: dict[NetworkId, NetworkId | None] = {start: None}
        waiting = [] if start in self.cut else [start]
        for network in waiting:  # grows as it is read
            if network == end:
                path = [network]
                while (previous := before[path[-1]]) is not None:
                    path.append(previous)
                return tuple(reversed(path))
            for other in self._bridged.get(network, ()):
                if other not in before and other not in self.cut:
                    before[other] = network
                    waiting.append(other)
        return None


def make_fabric(
    lab: Lab, cut: Iterable[NetworkId] = (), *, is_user_space: bool = False, held: frozenset[TunnelId] = frozenset()
) -> Fabric:
    """Linear in the lab."""
    raw = raw_nodes(lab)
    views = {node.id: view_of(node, is_raw=node.id in raw) for node in lab.nodes}
    cut = frozenset(cut)
    segment_of, bridged = _segments(lab, blocked_ports(lab, cut))
    members: dict[NetworkId, list[tuple[View, Interface]]] = {}
    owners: dict[tuple[NetworkId, Address], list[tuple[View, Interface]]] = {}
    by_mac: dict[tuple[NetworkId, str], tuple[View, Interface]] = {}
    addresses: dict[Address, list[NodeId]] = {}
    for view in views.values():
        for address in (*view.local, *(given for end in view.node.tunnels for given in end.virtual)):
            addresses.setdefault(address, []).append(view.id)
        if view.node.kind.bridges:
            continue
        for interface in view.node.interfaces:
            segment = segment_of[interface.network]
            members.setdefault(segment, []).append((view, interface))
            by_mac.setdefault((segment, interface.mac), (view, interface))
            for given in (*(one.ip for one in interface.addresses), *interface.link_locals):
                owners.setdefault((segment, given), []).append((view, interface))
    permanent = {
        (node.id, known.interface, known.address): known.mac for node in lab.nodes for known in node.neighbours
    }
    return Fabric(
        lab,
        views,
        {network.id: network for network in lab.networks},
        segment_of,
        members,
        owners,
        by_mac,
        permanent,
        {address: tuple(nodes) for address, nodes in addresses.items()},
        cut,
        is_user_space,
        _raw_nodes(views, segment_of),
        frozenset(node.id for node in lab.nodes if any(end.answers_arp for end in node.tunnels)),
        held,
        _bridged=bridged,
    )


def _raw_nodes(
    views: dict[NodeId, View], segment_of: dict[NetworkId, NetworkId]
) -> dict[NetworkId, tuple[NodeId, ...]]:
    found: dict[NetworkId, dict[NodeId, None]] = {}
    for view in views.values():
        for interface in view.node.interfaces if view.raw else ():
            found.setdefault(segment_of[interface.network], {})[view.id] = None
    return {segment: tuple(nodes) for segment, nodes in found.items()}


def _segments(
    lab: Lab, blocked: frozenset[SwitchPort]
) -> tuple[dict[NetworkId, NetworkId], dict[NetworkId, list[NetworkId]]]:
    """Of each network the first of its segment, and those that frames get to through one switch."""
    joined = {network.id: network.id for network in lab.networks}
    bridged: dict[NetworkId, list[NetworkId]] = {}
    for node in lab.nodes:
        if node.kind.bridges:
            networks = [interface.network for interface in node.interfaces]
            passed = [one.network for one in node.interfaces if (node.id, one.name) not in blocked]
            for network in passed:
                bridged.setdefault(network, []).extend(other for other in passed if other != network)
            for other in networks[1:]:
                join(joined, networks[0], other)
    return roots(joined), bridged

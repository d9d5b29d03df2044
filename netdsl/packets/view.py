"""A node as packets meet it: its addresses, tables, rules and the policies of tunnels."""

from collections.abc import Iterator, Sequence
from dataclasses import field
from ipaddress import IPv4Address, IPv4Network

from netdsl.dataclass import dataclass
from netdsl.ir.ends import Ends, ends_of
from netdsl.ir.filter import FilterRule, WhileTunnel
from netdsl.ir.ids import Address, AddressWithPrefix, NodeId, Prefix, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Interface, Node
from netdsl.ir.prefix_index import PrefixIndex
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Segment, Selectors
from netdsl.packets.classes import AddressIndex, AddressSet
from netdsl.packets.routes import MAIN, Hop, NextHop, Own, RoutingTable, Table, make_tables, source_for
from netdsl.packets.steering import Policy, TunnelDevice, best_policy, is_by_port, port_edges
from netdsl.packets.sysctls import Sysctls, unmodelled
from netdsl.packets.types import Packet

UPLINK = "uplink"
LOOPBACK = "lo"
_MANY_POLICIES = 8
"""So many and more are looked up by their prefixes."""

_SYSTEM = ("/etc/", "/usr/", "/lib", "/bin/", "/sbin/", "/run/", "/var/lib/", "/var/run/")
_LOOPBACK_SOURCE = IPv4Address("127.0.0.1")
"""With which a node asks each address of 127.0.0.0/8: the route to them has it (fib_frontend.c, fib_add_ifaddr)."""
_BROADCASTS = frozenset((IPv4Address("255.255.255.255"), IPv4Address("127.255.255.255")))
"""On each node; the second is that of the loopback device's prefix (fib_add_ifaddr)."""


@dataclass(slots=True, eq=False)
class _Sets:
    """Of all addresses of the lab: a node's own, broadcast ones of its subnets, those that a route leads to, and those that
    are behind an interface."""

    own: AddressSet
    broadcasts: AddressSet
    by_route: dict[int, AddressSet] = field(default_factory=dict)  # by the identity of the route
    behind: dict[str | None, AddressSet] = field(default_factory=dict)

    def put(self, route: Hop | None, bit: AddressSet) -> None:
        name = None if route is None else route.interface
        self.by_route[id(route)] = self.by_route.get(id(route), 0) | bit
        self.behind[name] = self.behind.get(name, 0) | bit


@dataclass(slots=True, eq=False)
class View:
    """A node with all that decides about a packet in it. `policies` and `up` are set as tunnels come and go, `learned` as
    sources of routes say.

    `tables`: its routing tables in the order in which they are asked. `silent`: next hops that the node passes over,
    because they do not answer.

    `doubts`: raw nodes that decide which tunnels of the node are up, and which next hops it passes over; the node itself
    where its tunnels are not known for another reason.
    `bypassed`: prefixes whose packets no policy takes, there or back.

    `segments`: of an interface whose network a tunnel carries, what takes the frames for each other end.
    """

    node: Node
    id: NodeId
    interfaces: dict[str, Interface]
    own: tuple[Own, ...]
    local: set[Address]
    tables: tuple[Table, ...]
    sysctls: Sysctls
    ends: dict[TunnelId, Ends]
    has_uplink: bool
    raw: bool
    tracks: bool
    is_filtered: bool
    broadcasts: frozenset[Address]
    policies: list[Policy] = field(default_factory=list)
    devices: dict[str, TunnelDevice] = field(default_factory=dict)
    segments: dict[str, dict[NodeId, Policy]] = field(default_factory=dict)
    bypassed: tuple[Prefix, ...] = ()
    up: set[tuple[TunnelId, str | None]] = field(default_factory=set)
    learned: tuple[RoutingTable, ...] = ()
    silent: frozenset[NextHop] = frozenset()
    doubts: tuple[NodeId, ...] = ()
    checks_source: bool = False
    daemon_ports: frozenset[int] = frozenset()
    _addresses: dict[str, tuple[AddressWithPrefix, ...]] = field(default_factory=dict)  # of devices
    _local: dict[Address, bool] = field(default_factory=dict)
    _routes: dict[Address, Hop | None] = field(default_factory=dict)
    _sources: dict[Hop, Address | None] = field(default_factory=dict)
    _interface_sysctls: dict[tuple[str, str], int] = field(default_factory=dict)
    _sets: "_Sets | None" = None
    _judges: bool | None = None
    _edges: tuple[int, tuple[int, ...]] = (0, ())  # of so many policies
    _by_remote: tuple[int, PrefixIndex] | None = None  # of so many

    def is_local(self, address: Address) -> bool:
        found = self._local.get(address)
        if found is None:
            found = self._local[address] = address in self.local or _is_loopback(address)
        return found

    @property
    def asks_more_than_addresses(self) -> bool:
        """Whether a packet's protocol or ports, or what it answers, can decide anything in the node."""
        return self.tracks or self.is_filtered or bool(self.policies or self.devices or self.segments)

    @property
    def judges_connections(self) -> bool:
        """Whether a line of the firewall tells packets of one connection apart."""
        if self._judges is None:
            rules = () if self.node.firewall is None else self.node.firewall.rules
            matches = (rule.match for rule in rules if isinstance(rule, FilterRule))
            self._judges = any(match.states or match.flags or match.not_flags for match in matches)
        return self._judges

    def is_own_source(self, packet: Packet) -> bool:
        if packet.alike is None:
            return self.is_local(packet.source)
        return packet.alike.is_from(self._sets_of(packet.alike.index).own)

    def is_for_it(self, packet: Packet) -> bool:
        """Whether a packet's destination is the node's own address."""
        if packet.alike is None:
            return self.is_local(packet.destination)
        return packet.alike.is_for(self._sets_of(packet.alike.index).own)

    def is_unicast(self, packet: Packet) -> bool:
        """Whether a packet's destination is neither a multicast address nor a broadcast one of the node's subnets."""
        if packet.alike is None:
            return is_unicast(packet.destination, self)
        return not packet.alike.is_for(self._sets_of(packet.alike.index).broadcasts)

    def route_to(self, packet: Packet, *, is_marked: bool = False) -> Hop | None:
        """The route of a packet; for all that is alike it is the same."""
        found = self.route(packet.destination, is_marked=is_marked)
        if is_marked:
            packet.is_for_one((packet.destination,))
        elif packet.alike is not None:
            packet.alike.is_for(self._sets_of(packet.alike.index).by_route[id(found)])
        return found

    def route_back(self, packet: Packet, *, is_marked: bool = False) -> Hop | None:
        """The route to the source; for all that is alike it has the same interface."""
        found = self.route(packet.source, is_marked=is_marked)
        if is_marked:
            packet.is_from_one((packet.source,))
        elif packet.alike is not None:
            packet.alike.is_from(self._sets_of(packet.alike.index).behind[None if found is None else found.interface])
        return found

    def _sets_of(self, index: AddressIndex) -> "_Sets":
        if self._sets is None:
            self._sets = _Sets(index.these(self.local), index.these(self.broadcasts))
            for number, address in enumerate(index.addresses):
                self._sets.put(self.route(address), 1 << number)
        return self._sets

    @property
    def main(self) -> Table:
        return next(table for table in self.tables if table.name == MAIN)

    def route(self, address: Address, *, is_marked: bool = False) -> Hop | None:
        """`is_marked`: the packet carries the mark of the daemon that sends it."""
        if is_marked:
            return self._find(address, is_marked=True)
        try:
            return self._routes[address]
        except KeyError:
            found = self._routes[address] = self._find(address, is_marked=False)
            return found

    def _find(self, address: Address, *, is_marked: bool) -> Hop | None:
        asked = (table for table in self.tables if not (is_marked and table.leaves_out_marked))
        found = (table.find(address, self.silent) for table in asked)
        return next((hop for hop in found if hop is not None), None)

    def source_towards(self, address: Address) -> Address | None:
        if self.is_local(address):
            return _LOOPBACK_SOURCE if address.version == 4 and address.is_loopback else address
        hop = self.route(address)
        if hop is None:
            return None
        if hop.gateway is None or address.version == 6:
            return source_for(address, hop, self.own)
        if hop not in self._sources:  # towards a gateway it is the same for all of IPv4
            self._sources[hop] = source_for(address, hop, self.own)
        return self._sources[hop]

    def own_on(self, interface: str, towards: Address) -> Address | None:
        """With which address it asks for the MAC address of an IPv4 neighbour, if no packet says it (inet_select_addr)."""
        return source_for(towards, Hop(interface), self.own)

    def is_bare(self, interface: str) -> bool:
        """Whether an interface of the lab, or a device of a tunnel, has no IPv4 address. In user space charon's device has
        the virtual ones (kernel_libipsec_plugin.c)."""
        if interface in self.interfaces:
            return not any(name == interface and one.version == 4 for one, _, name in self.own)
        elsewhere = {one for one, _, name in self.own if name != interface}
        return interface in self.devices and not any(one.version == 4 for one in self.local - elsewhere)

    def is_active(self, state: WhileTunnel) -> bool:
        return ((state.tunnel, state.child) in self.up) == state.is_up

    def sysctl(self, interface: str, name: str) -> int:
        key = (interface, name)
        if key not in self._interface_sysctls:
            self._interface_sysctls[key] = self.sysctls.on("ipv4", interface, name)
        return self._interface_sysctls[key]

    def tunnel_policies(self) -> Iterator[Policy]:
        """All that leads into a tunnel: the node's policies, then those of its devices."""
        yield from self.policies
        for device in self.devices.values():
            if device.policies is not self.policies:
                yield from device.policies
        for towards in self.segments.values():
            yield from towards.values()

    def policy_out(self, packet: Packet) -> Policy | None:
        if self.bypassed and packet.is_for(self.bypassed):
            return None
        asked = self._asked(packet, packet.destination)
        return best_policy([policy for policy in asked if policy.takes_out(packet)], packet, is_out=True)

    def policy_in(self, packet: Packet) -> Policy | None:
        if self.bypassed and packet.is_from(self.bypassed):
            return None
        asked = self._asked(packet, packet.source)
        return best_policy([policy for policy in asked if policy.takes_in(packet)], packet, is_out=False)

    def _asked(self, packet: Packet, far: Address) -> Sequence[Policy]:
        """The policies that may take a packet, whose address at the other end is `far`. Of a class all are asked: each
        answer narrows it."""
        if packet.alike is not None or len(self.policies) < _MANY_POLICIES:
            return self.policies
        if self._by_remote is None or self._by_remote[0] != len(self.policies):
            self._by_remote = len(self.policies), PrefixIndex()
            for number, policy in enumerate(self.policies):
                self._by_remote[1].put(number, policy.remote)
        return [self.policies[number] for number in self._by_remote[1].holding(far)]

    def is_by_port(self, packet: Packet, *, is_answer: bool, is_out: bool) -> bool:
        """Whether the port that a client chose decides which policy takes the packet."""
        if self._edges[0] != len(self.policies):
            self._edges = len(self.policies), port_edges(self.policies)
        return is_by_port(self.policies, self._edges[1], packet, is_answer=is_answer, is_out=is_out)

    def clear_tunnels(self) -> None:
        self.policies, self.devices, self.up, self.bypassed = [], {}, set(), ()
        self._edges, self._by_remote = (0, ()), None
        self.segments = {name: {} for name in self.segments}
        if self._addresses:
            self._set_addresses({})
        self._forget()

    def add_device(self, device: TunnelDevice, addresses: tuple[AddressWithPrefix, ...]) -> None:
        """A tunnel's device, with its addresses, connected prefixes and routes."""
        self.devices[device.name] = device
        self._set_addresses(self._addresses | {device.name: addresses})
        self._forget()

    def _set_addresses(self, devices: dict[str, tuple[AddressWithPrefix, ...]]) -> None:
        gone = {given.ip for addresses in self._addresses.values() for given in addresses}
        self._addresses = devices
        kept = tuple(one for one in self.own if one[2] not in self.devices and one[0] not in gone)
        added = [(each.ip, each.network.prefixlen, name) for name, given in devices.items() for each in given]
        self.own = (*kept, *added)
        self.local = (self.local - gone) | {address for address, *_ in self.own}
        self._set_tables()

    def learn(self, tables: tuple[RoutingTable, ...]) -> None:
        """What sources of routes have given the node in this state, in place of what it had."""
        if tables != self.learned:
            self.learned = tables
            self._set_tables()
            self._forget()

    def pass_over(self, silent: frozenset[NextHop]) -> None:
        if silent != self.silent:
            self.silent = silent
            self._forget()

    def _set_tables(self) -> None:
        uplink = UPLINK if self.has_uplink else None
        self.tables = make_tables(self.node, uplink, self._addresses, self.learned)

    def add_address(self, address: Address) -> None:
        self.local.add(address)
        self._forget()

    def _forget(self) -> None:
        self._sets = None
        for known in (self._routes, self._local, self._sources):
            known.clear()


def view_of(node: Node, *, is_raw: bool) -> View:
    own = [(given.ip, given.network.prefixlen, LOOPBACK) for given in node.loopbacks]
    own += [(given.ip, given.network.prefixlen, each.name) for each in node.interfaces for given in each.addresses]
    sysctls = Sysctls(dict(node.sysctls))
    is_stateful = node.firewall is not None and not node.firewall.is_stateless
    tracks = is_stateful or bool(node.nat.destination or node.nat.source)
    checks = any(key.endswith(".rp_filter") and value != "0" for key, value in node.sysctls)
    return View(
        node=node,
        id=node.id,
        interfaces={interface.name: interface for interface in node.interfaces},
        own=tuple(own),
        local={address for address, *_ in own},
        tables=make_tables(node, UPLINK if node.has_uplink else None, {}, ()),
        sysctls=sysctls,
        ends=ends_of(node),
        has_uplink=node.has_uplink,
        raw=is_raw,
        tracks=tracks,
        is_filtered=node.firewall is not None,
        broadcasts=frozenset(_broadcasts(node)),
        segments={end.steering.interface: {} for end in node.tunnels if isinstance(end.steering, Segment)},
        checks_source=checks,
        daemon_ports=frozenset(_daemon_ports(node)),
    )


def _daemon_ports(node: Node) -> Iterator[int]:
    """UDP ports of the daemons that make the node's policies."""
    for end in node.tunnels:
        if isinstance(end.steering, Selectors):
            for carrier in end.carriers:
                yield from carrier.ports if carrier.protocol is Protocol.UDP else ()


def _broadcasts(node: Node) -> Iterator[Address]:
    for interface in node.interfaces:
        for given in interface.addresses:
            if isinstance(given.network, IPv4Network) and given.network.prefixlen < 31:
                yield given.network.broadcast_address


def raw_nodes(lab: Lab) -> frozenset[NodeId]:
    """Nodes for which the author handed in something that may change their network: any command, in the node or when its
    image is made (which may replace each program), a file over the system's own, a sysctl that is not modelled."""
    images = {image.id for image in lab.images if image.runs}
    return frozenset(node.id for node in lab.nodes if node.image in images or _is_raw(node))


def _is_raw(node: Node) -> bool:
    has_files = any(file.path.startswith(_SYSTEM) for file in node.files)
    return bool(node.runs) or has_files or next(unmodelled(node), None) is not None


def _is_loopback(address: Address) -> bool:
    return address.is_loopback and address not in _BROADCASTS


def is_unicast(address: Address, view: View) -> bool:
    """No multicast, no broadcast of a subnet that the node is on or of its loopback device."""
    if address.is_multicast or address.is_unspecified:
        return False
    return not isinstance(address, IPv4Address) or not (address in _BROADCASTS or address in view.broadcasts)

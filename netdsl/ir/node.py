"""A node, complete: what is inside it in every runtime."""

from dataclasses import field
from enum import StrEnum
from ipaddress import IPv6Address
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.ir.dhcp import Reservation
from netdsl.ir.dns import NameService
from netdsl.ir.filter import Firewall, Nat
from netdsl.ir.ids import Address, AddressWithPrefix, ImageId, NetworkId, NodeId, PkiId, Prefix
from netdsl.ir.link_local import link_local_of
from netdsl.ir.prefixes import holds
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Segment, SharedSecret, TunnelEnd
from netdsl.source import Place


class NodeKind(StrEnum):
    """What a node is. The code asks a property of it, which each kind answers, or matches all kinds."""

    HOST = "host"
    ROUTER = "router"
    SWITCH = "switch"

    @property
    def forwards(self) -> bool:
        """Whether it passes packets on from one interface to another, by its routing tables."""
        match self:
            case NodeKind.ROUTER:
                return True
            case NodeKind.HOST | NodeKind.SWITCH:
                return False
            case _:
                assert_never(self)

    @property
    def bridges(self) -> bool:
        """Whether its interfaces are ports of one layer-2 switch: it passes frames on and has no addresses."""
        match self:
            case NodeKind.SWITCH:
                return True
            case NodeKind.HOST | NodeKind.ROUTER:
                return False
            case _:
                assert_never(self)

    @property
    def is_end_system(self) -> bool:
        """Whether packets begin and end there: it passes none on."""
        match self:
            case NodeKind.HOST:
                return True
            case NodeKind.ROUTER | NodeKind.SWITCH:
                return False
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True)
class Interface:
    """Where a node touches a network: the kernel's name, the MAC address and the addresses inside the node. `link_local`:
    those that the source gives."""

    name: str
    network: NetworkId
    mac: str  # lower case, colons
    addresses: tuple[AddressWithPrefix, ...]
    mtu: int
    origin: Place | None = field(default=None, compare=False, repr=False)
    link_local: tuple[IPv6Address, ...] = ()

    @property
    def link_locals(self) -> tuple[IPv6Address, ...]:
        """All that it has: without given ones the one by its MAC address."""
        return self.link_local or (link_local_of(self.mac),)


@dataclass(frozen=True, slots=True)
class Route:
    """One kernel route. A default route has the prefix 0.0.0.0/0 or ::/0. `mtu` only where tunnels cost something."""

    prefix: Prefix
    next_hop: Address | None  # None: on the link
    interface: str
    source: Address | None = None
    mtu: int | None = None
    is_automatic: bool = False
    origin: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Neighbour:
    address: Address
    mac: str
    interface: str


@dataclass(frozen=True, slots=True)
class Served:
    """`serve KIND NAME tcp/PORT`: a service that answers with its name."""

    kind: str  # the name of a ServiceKind
    name: str
    service: PortService
    names: NameService | None = None
    origin: Place | None = field(default=None, compare=False, repr=False)
    secrets: tuple[SharedSecret, ...] = ()  # by which it knows who asks it, and whom it is asked about
    certificate: PkiId | None = None  # whose certificate of the node it shows
    reservations: tuple[Reservation, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeFile:
    """A file put into the node: its absolute path there, its bytes (read by the load stage), its mode."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Resources:
    cpus: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """`sysctls` are (key, value) in lower-level words (`net.ipv4.conf.wan.rp_filter`), sorted: all that the node needs,
    asked for or implied by what it is."""

    id: NodeId
    host_name: str
    kind: NodeKind
    interfaces: tuple[Interface, ...]
    loopbacks: tuple[AddressWithPrefix, ...] = ()
    routes: tuple[Route, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    has_uplink: bool = False
    uplink_mac: str | None = None  # of the interface `uplink`, where the node has one
    firewall: Firewall | None = None
    nat: Nat = field(default_factory=Nat)
    tunnels: tuple[TunnelEnd, ...] = ()
    services: tuple[Served, ...] = ()
    runs: tuple[str, ...] = ()  # commands for the node's shell, after readiness of its network
    files: tuple[NodeFile, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()
    resolvers: tuple[Address, ...] = ()
    search_domains: tuple[str, ...] = ()
    resources: Resources = field(default_factory=Resources)
    capabilities: tuple[str, ...] = ()  # of its own processes, sorted
    image: ImageId | None = None  # None: the default image
    has_spanning_tree: bool = False  # of a switch
    origin: Place | None = field(default=None, compare=False, repr=False)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its interfaces' in the order of the source, then its loopbacks'."""
        own = (given.ip for interface in self.interfaces for given in interface.addresses)
        return (*own, *(given.ip for given in self.loopbacks))

    def is_beyond_prefixes(self, route: Route) -> bool:
        """Whether the IPv4 next hop is in no prefix of the interface that the route leads to: of a borrowed address. The
        kernel takes such a route where it says that the next hop is on the link (fib_check_nh_v4_gw)."""
        hop = route.next_hop
        interface = next((one for one in self.interfaces if one.name == route.interface), None)
        if hop is None or hop.version == 6 or interface is None:
            return False
        return not any(holds(given.network, hop) for given in interface.addresses)

    @property
    def wired(self) -> tuple[Interface, ...]:
        """The interfaces that the envelope makes: all but those on a segment that a tunnel carries."""
        carried = {end.steering.interface for end in self.tunnels if isinstance(end.steering, Segment)}
        return tuple(each for each in self.interfaces if each.name not in carried) if carried else self.interfaces

"""The checked lab before lowering: every name resolved, every address complete, still in the words of the source.

`Bindings` is what the rules look at and what `lower` turns into the IR. The difference to the IR: here a rule names nodes,
networks and tunnels; there it holds addresses. Here `routing auto` is a wish; there it is routes.
"""

from collections.abc import Mapping
from dataclasses import field
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Generic, TypeVar

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import Expectation
from netdsl.ir.filter import Chain, Flag, Limit, State, Verdict
from netdsl.ir.ids import Address, AddressWithPrefix, ImageId, NetworkId, NodeId, PkiId, Prefix, TunnelId
from netdsl.ir.image import Image
from netdsl.ir.lab import TargetSetting
from netdsl.ir.network import Driver, Impairment
from netdsl.ir.node import NodeFile, NodeKind, Resources
from netdsl.ir.pki import Responder
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Mode, SharedSecret
from netdsl.source import Place

if TYPE_CHECKING:
    from netdsl.semantics.zones import BoundNames

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BoundNetwork:
    id: NetworkId
    prefixes: tuple[Prefix, ...]
    driver: Driver | None
    mtu: int | None
    impairment: Impairment | None
    is_link: bool
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundAddress:
    """An interface's address, completed or allocated. `is_borrowed`: it is another interface's, or a loopback's."""

    address: AddressWithPrefix
    place: Place = field(compare=False, repr=False)
    is_borrowed: bool = False


@dataclass(frozen=True, slots=True)
class BoundInterface:
    """`link_local`: given in the source. `is_unnumbered`: routes lead over it although it has no address of its own."""

    node: NodeId
    name: str
    network: NetworkId
    addresses: tuple[BoundAddress, ...]
    mac: str | None
    mtu: int | None
    place: Place = field(compare=False, repr=False)
    link_local: tuple["Placed[IPv6Address]", ...] = ()
    is_unnumbered: bool = False

    @property
    def own(self) -> tuple[BoundAddress, ...]:
        """The addresses that it has not borrowed."""
        return tuple(given for given in self.addresses if not given.is_borrowed)


@dataclass(frozen=True, slots=True)
class BoundRoute:
    """`prefix` None: `default`, for the family of the next hop. `next_hop` and `interface` are decided."""

    prefix: Prefix | None
    next_hop: Address
    interface: str
    place: Place = field(compare=False, repr=False)


# --- who, in filters: what a name or literal stands for


@dataclass(frozen=True, slots=True)
class WhoNode:
    node: NodeId


@dataclass(frozen=True, slots=True)
class WhoInterface:
    node: NodeId
    interface: str


@dataclass(frozen=True, slots=True)
class WhoNetwork:
    network: NetworkId


@dataclass(frozen=True, slots=True)
class WhoPrefix:
    """A literal prefix or address."""

    prefix: Prefix


@dataclass(frozen=True, slots=True)
class WhoTunnelEnd:
    """`tunnel.node`: the node's address inside; where policies take its packets, the virtual address or the outer one."""

    tunnel: TunnelId
    node: NodeId


Who = WhoNode | WhoInterface | WhoNetwork | WhoPrefix | WhoTunnelEnd


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A thing with the place where it was named."""

    value: T
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundState:
    tunnel: TunnelId
    child: str | None
    is_up: bool
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundMatch:
    """The clauses of a rule. `through_kinds`, `not_through_kinds`: kinds of tunnels whose name stands for all of them."""

    sources: tuple[Placed[Who], ...] = ()
    destinations: tuple[Placed[Who], ...] = ()
    services: tuple[PortService, ...] = ()
    in_interfaces: tuple[Placed[str], ...] = ()
    out_interfaces: tuple[Placed[str], ...] = ()
    through: tuple[Placed[TunnelId], ...] = ()
    through_kinds: tuple[str, ...] = ()
    not_through: tuple[Placed[TunnelId], ...] = ()
    not_through_kinds: tuple[str, ...] = ()
    not_destinations: tuple[Placed[Who], ...] = ()
    not_sources: tuple[Placed[Who], ...] = ()
    states: tuple[Placed[State], ...] = ()
    flags: tuple[Placed[Flag], ...] = ()
    not_flags: tuple[Placed[Flag], ...] = ()


@dataclass(frozen=True, slots=True)
class BoundRule:
    """One line of a firewall; several chains stay together."""

    verdict: Verdict
    chains: tuple[Chain, ...]
    match: BoundMatch
    limit: Limit | None
    log: str | None
    state: BoundState | None
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundTunnelAccept:
    tunnel: TunnelId
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundFirewall:
    policies: Mapping[Chain, Verdict]
    rules: tuple[BoundRule | BoundTunnelAccept, ...]
    place: Place = field(compare=False, repr=False)
    policy_places: Mapping[Chain, Place] = field(default_factory=dict, compare=False, repr=False)
    is_stateless: bool = False


@dataclass(frozen=True, slots=True)
class BoundDestinationNat:
    """`is_map`: the packets of a `netmap` that come in: `match` has the one prefix that they are for."""

    match: BoundMatch
    target: Placed[Who]
    service: PortService | None
    state: BoundState | None
    place: Place = field(compare=False, repr=False)
    is_map: bool = False


@dataclass(frozen=True, slots=True)
class BoundSourceNat:
    """`target` None: masquerade. `is_map`: the packets of a `netmap` that go out: `match` has the one prefix that they come
    from."""

    match: BoundMatch
    target: Placed[Who] | None
    state: BoundState | None
    place: Place = field(compare=False, repr=False)
    is_map: bool = False

    @property
    def word(self) -> str:
        """What its line begins with."""
        if self.is_map:
            return "netmap"
        return "masquerade" if self.target is None else "snat"


@dataclass(frozen=True, slots=True)
class BoundService:
    """`name` defaults to the kind; unique in its node with the port. `names`: of a server of names."""

    kind: str
    name: str
    service: PortService
    names: "BoundNames | None"
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundNode:
    id: NodeId
    kind: NodeKind
    host_name: str
    interfaces: tuple[BoundInterface, ...]
    place: Place = field(compare=False, repr=False)
    loopbacks: tuple[AddressWithPrefix, ...] = ()
    shared: frozenset[Address] = frozenset()  # of the loopbacks those that other nodes may have too
    routes: tuple[BoundRoute, ...] = ()
    has_auto_routing: bool = False
    neighbours: tuple[tuple[Address, str], ...] = ()
    uplink: Place | None = None
    firewall: BoundFirewall | None = None
    destination_nat: tuple[BoundDestinationNat, ...] = ()
    source_nat: tuple[BoundSourceNat, ...] = ()
    services: tuple[BoundService, ...] = ()
    runs: tuple[str, ...] = ()
    files: tuple[NodeFile, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()
    resources: Resources = field(default_factory=Resources)
    capabilities: tuple[str, ...] = ()
    resolvers: tuple[Placed[NodeId], ...] = ()
    image: ImageId | None = None
    has_spanning_tree: bool = False
    # where each of the above stands, in the same order; empty where the builder did not keep it
    loopback_places: tuple[Place, ...] = field(default=(), compare=False, repr=False)
    run_places: tuple[Place, ...] = field(default=(), compare=False, repr=False)
    sysctl_places: tuple[Place, ...] = field(default=(), compare=False, repr=False)
    file_places: tuple[Place, ...] = field(default=(), compare=False, repr=False)

    def interface(self, name: str) -> BoundInterface | None:
        return next((interface for interface in self.interfaces if interface.name == name), None)


# --- tunnels


@dataclass(frozen=True, slots=True)
class Inside:
    """How a route of an end leads into a tunnel: the interface that does (the tunnel's device, or the one on the network
    that it carries), and the end's addresses there."""

    interface: str
    addresses: tuple[AddressWithPrefix, ...]


@dataclass(frozen=True, slots=True)
class BoundEnd:
    """One end of a tunnel. `outer` is decided (its address towards the other end); `interface` where that is one of the
    node's. `protected` are prefixes (a network's all); empty: the outer address itself, or a client's virtual one.
    `inside` None: the node's policies take its packets. `virtual`: the addresses that a client is given. `at`: where the
    others reach it, if that is another address than its own."""

    node: NodeId
    role: str  # "peer", "gateway", "client"
    outer: Address
    interface: str
    protected: tuple[Prefix, ...]
    place: Place = field(compare=False, repr=False)
    inside: Inside | None = None
    virtual: tuple[Address, ...] = ()
    at: Address | None = None

    @property
    def reached(self) -> Address:
        """Where the others send to."""
        return self.at or self.outer


@dataclass(frozen=True, slots=True)
class BoundCertificate:
    """The certificate that an end proves itself with."""

    pki: PkiId
    identity: str | None  # a name that it has to have; None: none but the outer address


@dataclass(frozen=True, slots=True)
class BoundServer:
    """A service that an end asks, in a node that is no end: where it is, the secrets that it knows, the certificate that it
    shows."""

    node: NodeId
    service: PortService
    address: Address
    secrets: tuple[SharedSecret, ...]
    certificate: BoundCertificate | None


@dataclass(frozen=True, slots=True)
class BoundStart:
    when: str  # "at boot", "on traffic", "by hand"
    by: tuple[NodeId, ...]  # empty: the first end (the clients, in gateway/client form)


@dataclass(frozen=True, slots=True)
class BoundChild:
    """A part of a tunnel that comes up by itself. `left`/`right` follow the order of `BoundTunnel.ends` (gateway first).
    Empty with a pool: the virtual addresses. `only_from`: ports of the other end. Only the tunnel's kind reads `inside`."""

    name: str
    left: tuple[Prefix, ...]
    right: tuple[Prefix, ...]
    mode: Mode
    only: tuple[PortService, ...]
    start: BoundStart
    inside: object
    place: Place = field(compare=False, repr=False)
    only_from: tuple[PortService, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundTunnel:
    """A tunnel. Two ends of role "peer", or one gateway and any number of clients (the gateway first).

    `children` of the gateway/client form are per client: `right` is that client's protected networks; then
    `children_of[client]` holds them. For two peers `children_of` has one entry, under the second end's node.
    `certificates` are those of the ends that need one. `family` is that of the outer packets. `mtu`: of packets inside,
    where the source says it. `carries`: the network whose frames are carried, where the tunnel makes a segment. `servers`:
    services of other nodes that its ends ask. `listening`: the ports on which an end takes outer packets; nothing else of
    its node may have them, but for tunnels of the same kind. Only the kind reads `inside`.
    """

    id: TunnelId
    kind: str  # a name of `netdsl.index.TUNNELS`
    ends: tuple[BoundEnd, ...]
    certificates: Mapping[NodeId, BoundCertificate]
    children_of: Mapping[NodeId, tuple[BoundChild, ...]]
    pool: tuple[Prefix, ...]
    family: int
    inside: object
    place: Place = field(compare=False, repr=False)
    mtu: Placed[int] | None = None
    carries: NetworkId | None = None
    servers: tuple[BoundServer, ...] = ()
    relying: tuple[tuple[PkiId, NodeId], ...] = ()  # who verifies certificates beside those of `certificates`
    listening: Mapping[NodeId, tuple[PortService, ...]] = field(default_factory=dict)

    @property
    def nodes(self) -> tuple[NodeId, ...]:
        return tuple(end.node for end in self.ends)


@dataclass(frozen=True, slots=True)
class BoundPki:
    """`subject` as written, in order, with `$address` still in it as the text "$address"."""

    id: PkiId
    algorithm: str
    subject: tuple[tuple[str, str], ...]
    path_length: int | None
    has_intermediate: bool
    has_crl: bool
    validity_days: int
    place: Place | None = field(compare=False, repr=False)
    revoked: tuple[Placed[NodeId], ...] = ()
    responder: Responder | None = None


@dataclass(frozen=True, slots=True)
class Bindings:
    """Maps are in source order; ids are paths from the lab's root."""

    name: str
    title: str | None
    networks: Mapping[NetworkId, BoundNetwork]
    nodes: Mapping[NodeId, BoundNode]
    tunnels: Mapping[TunnelId, BoundTunnel]
    pkis: Mapping[PkiId, BoundPki]
    images: Mapping[ImageId, Image]
    expectations: tuple[Expectation, ...]
    settings: tuple[TargetSetting, ...]
    place: Place | None = field(default=None, compare=False, repr=False)
    """Where the lab begins: its first statement, or the start of an empty file."""
    services: Mapping[str, tuple[PortService, ...]] = field(default_factory=dict)  # those that the lab names

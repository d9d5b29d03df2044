"""A tunnel, seen from one end, whatever its kind: what filters, routes, the verifier, tests and pictures read.

What only the kind itself reads (proposals, identities, keys) is `inside`.
"""

from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum
from typing import assert_never

from netdsl.dataclass import SECRET, dataclass
from netdsl.ir.dhcp import Reservation
from netdsl.ir.ids import Address, AddressWithPrefix, NodeId, Prefix, TunnelId
from netdsl.ir.prefixes import holds
from netdsl.ir.service import PortService, Protocol
from netdsl.source import Place


class Start(StrEnum):
    """Who opens a child and when; NONE: this end only answers."""

    BOOT = "boot"
    TRAFFIC = "traffic"
    HAND = "hand"
    NONE = "none"

    @property
    def is_automatic(self) -> bool:
        """Whether this end opens the child without anybody's command."""
        match self:
            case Start.BOOT | Start.TRAFFIC:
                return True
            case Start.HAND | Start.NONE:
                return False
            case _:
                assert_never(self)


class Mode(StrEnum):
    """TRANSPORT: the packet keeps its own IP header."""

    TUNNEL = "tunnel"
    TRANSPORT = "transport"


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """A secret that both ends know; `value` None: made once and kept with the lab, under `name`.

    `method` is the kind's word for what it proves. `owners` are the identities it belongs to. `algorithm`: it is a private
    key, in PEM, of that algorithm of a PKI's; None: a text.
    """

    name: str  # unique in the lab, stable: the credential store's key, e.g. `sites` or `remote.carol`
    method: str
    owners: tuple[str, ...]
    value: str | None = field(default=None, repr=False, metadata=SECRET)
    algorithm: str | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """Outer packets of a tunnel. `ports`: what they are sent to; `is_symmetric`: they come from one of these as well.

    `is_inside`: they are never on a network, but come out of others, and the kernel delivers them once more. A packet of
    fewer bytes than `below` is surely carried in one, a larger one perhaps.
    """

    protocol: Protocol
    ports: tuple[int, ...] = ()
    is_symmetric: bool = False
    is_inside: bool = False
    below: int = 0


# --- which packets enter


@dataclass(frozen=True, slots=True)
class Selectors:
    """Policies of the node, asked after source NAT, take the packets that fit a child's prefixes.

    `stand_in`: the interface that carries them instead where the kernel has no such policies.
    """

    stand_in: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """An interface of the tunnel's own takes the packets that a route leads to it.

    `takes`: where several ends of a node share the device, what is for the other end of this one; of several that take a
    packet it goes to the one with the longest prefix. None: all of it.
    """

    name: str
    addresses: tuple[AddressWithPrefix, ...] = ()
    takes: tuple[Prefix, ...] | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """An interface of the node on a layer-2 network takes the frames for the other ends."""

    interface: str


Steering = Selectors | Device | Segment


@dataclass(frozen=True, slots=True)
class Child:
    """A part of a tunnel that comes up by itself: prefixes at this end and at the other.

    `only_local`, `only_remote`: what a packet has to fit with its ports at this end and at the other (none: the protocols
    and types of the other list; none in both: everything). `is_hiding`: who listens on the wire cannot read the content.
    `keeps_lengths`: outer packets are longer than what they carry by the same, but for padding; False where packets are
    compressed.
    """

    name: str  # unique within the tunnel; the tunnel's own last name for the only, implied child
    local: tuple[Prefix, ...]
    remote: tuple[Prefix, ...]
    start: Start
    is_hiding: bool
    mode: Mode = Mode.TUNNEL
    only_local: tuple[PortService, ...] = ()
    only_remote: tuple[PortService, ...] = ()
    keeps_lengths: bool = True
    is_initiator: bool = True  # False: opens the child only when the other end has not, for a while
    inside: object = None


@dataclass(frozen=True, slots=True)
class TunnelEnd:
    """A tunnel as its end `node` sees it: one connection to `peer`.

    `local` is None where the address is not fixed; `peer_addresses` is empty where the peer may come from anywhere.
    `virtual` are the addresses that the tunnel gives to this end, `pools` (a gateway's) what it gives to the peer;
    `reservations`: those of them that it has from a DHCP server.
    `backup_of`: this end opens nothing while one of these tunnels is up in its node. `answers_arp`: the node answers ARP
    for the addresses behind its tunnels.
    """

    tunnel: TunnelId
    kind: str  # a name of `netdsl.index.TUNNELS`
    connection: str  # unique in the node
    node: NodeId
    peer: NodeId | None  # None: one connection for several clients
    local: Address | None
    peer_addresses: tuple[Address, ...]
    steering: Steering
    carriers: tuple[Carrier, ...]
    children: tuple[Child, ...]
    inside: object
    pools: tuple[Prefix, ...] = ()
    virtual: tuple[Address, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    backup_of: tuple[TunnelId, ...] = ()
    answers_arp: bool = False
    secrets: tuple[SharedSecret, ...] = ()
    profile: tuple[str, ...] = ()  # algorithms and methods: tunnels of one kind that are made alike have the same
    ttl: int = 64  # of outer packets, as the end sends them
    overhead: int = 0  # bytes that an encapsulated packet grows by, at most
    mtu: int | None = None  # bytes: the largest packet inside, as the source says, else `room`
    room: int | None = None  # bytes: what the smallest link of the way to the peer leaves
    keepalive: int | None = None  # seconds: an end that sends nothing for so long sends a packet; None: it never does
    origin: Place | None = field(default=None, compare=False, repr=False)
    end_origin: Place | None = field(default=None, compare=False, repr=False)  # where the statement names this end
    mtu_origin: Place | None = field(default=None, compare=False, repr=False)  # where the source says `mtu`


def device_of(end: TunnelEnd) -> Device | None:
    """The device of an end that has one of its own."""
    return end.steering if isinstance(end.steering, Device) else None


def own_device(end: TunnelEnd) -> Device:
    """The device of an end of a kind whose ends all have one."""
    device = device_of(end)
    assert device is not None, "an end with a device"
    return device


def is_streamed(end: TunnelEnd) -> bool:
    """Whether all outer packets are of a TCP connection, which is cut anywhere: nothing inside is too large for the way."""
    return bool(end.carriers) and all(carrier.protocol is Protocol.TCP for carrier in end.carriers)


def taking(ends: Iterable[TunnelEnd], device: str, goal: Address) -> TunnelEnd | None:
    """Of the ends with a device of this name the one to whose other end it sends a packet for an address: the one with the
    longest prefix. None: none of them takes it."""
    found: list[tuple[int, int, TunnelEnd]] = []
    for number, end in enumerate(ends):
        own = device_of(end)
        if own is None or own.name != device:
            continue
        if own.takes is None:
            found.append((0, -number, end))
        found += [(one.prefixlen, -number, end) for one in own.takes or () if holds(one, goal)]
    return max(found, key=lambda one: one[:2])[2] if found else None


def own_devices(ends: Iterable[TunnelEnd]) -> list[Device]:
    """The devices of those ends that have one of their own."""
    return [end.steering for end in ends if isinstance(end.steering, Device)]

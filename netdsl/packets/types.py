"""Flows: the way of each packet hop by hop, what was decided, the verdict.

Public and stable: command-line verbs, tests in running labs and graders stand on these types. All are plain values.
"""

from collections.abc import Sequence
from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Flag
from netdsl.ir.ids import Address, NetworkId, NodeId, Prefix, TunnelId
from netdsl.ir.prefixes import in_any
from netdsl.ir.service import PortService, Protocol
from netdsl.packets.classes import PacketClass
from netdsl.source import Place


class Esp(StrEnum):
    """Whose ESP the nodes use. A node decides when it starts; a prediction is for one of them.

    The kernel's enforces policies (clear packets that should have come encrypted are dropped) and has traps; that of
    user space has a device `ipsec0` with routes, and neither.
    """

    KERNEL = "kernel"
    USER = "user"


class Outcome(StrEnum):
    ANSWERED = "answered"  # a process (or, for ICMP echo, the kernel) answered, and the answer came back
    REFUSED = "refused"  # nobody listens on that port; the refusal (RST, port unreachable) came back
    DROPPED = "dropped"
    REJECTED = "rejected"  # by a filter line `reject`
    NO_ROUTE = "no-route"
    UNREACHABLE = "unreachable"  # nobody on the segment has the address (or MAC), or a host was to forward
    LOOP = "loop"
    TOO_BIG = "too-big"
    NO_WAY_BACK = "no-way-back"  # the request arrives, the answer does not
    NOT_VERIFIED = "not-verified"  # it leaves the lab, or is nothing that is modelled


class Hook(StrEnum):
    """Where in a node something was decided."""

    OUTPUT = "output"
    PREROUTING = "prerouting"
    INPUT = "input"
    FORWARD = "forward"
    POSTROUTING = "postrouting"
    ROUTE = "route"
    SOURCE_CHECK = "source check"  # rp_filter, martians
    TUNNEL = "tunnel"
    NEIGHBOUR = "neighbour"
    LINK = "link"  # MTU, a link that is down
    SOCKET = "socket"


class Decision(StrEnum):
    ACCEPT = "accept"
    DROP = "drop"
    REJECT = "reject"
    DNAT = "dnat"
    SNAT = "snat"
    RESTORE = "restore"  # an answer is translated back
    ENCAPSULATE = "encapsulate"
    DECAPSULATE = "decapsulate"
    DELIVER = "deliver"
    REFUSE = "refuse"
    FAIL = "fail"  # no route, no neighbour, too big


@dataclass(frozen=True, slots=True)
class Packet:
    """Ports are 0 where the protocol has none. `inner`, `tunnel`: what an encapsulated packet carries, in which tunnel;
    `is_hiding`: it cannot be read; `shown`: what the encapsulation is called, where the protocol does not say it.

    `icmp_type`: a name of `netdsl.ir.icmp.MESSAGES`; of an error None: port unreachable.
    `size` is that of the IP packet in bytes. `is_error`: an ICMP error about a packet of this protocol, on its way back.
    `flags`: of a TCP packet. `is_stream`: it is a part of a connection that carries it, which is cut anywhere: its size is
    not known, and `size` the largest that it may have.
    `alike`: takes note of what is asked of the addresses; None: nothing does, or they are not those that it was sent with.
    """

    source: Address
    destination: Address
    protocol: Protocol
    source_port: int = 0
    destination_port: int = 0
    icmp_type: str | None = None
    size: int = 84
    is_error: bool = False
    inner: "Packet | None" = None
    tunnel: TunnelId | None = None
    is_hiding: bool = False
    shown: str = ""
    flags: frozenset[Flag] = frozenset()
    is_stream: bool = False
    alike: PacketClass | None = field(default=None, compare=False, repr=False)

    def is_from(self, prefixes: Sequence[Prefix]) -> bool:
        """Whether the source is in one of the prefixes, which are a part of the lab."""
        if self.alike is not None:
            return self.alike.is_from(self.alike.index.of_any(prefixes))
        return in_any(self.source, prefixes)

    def is_for(self, prefixes: Sequence[Prefix]) -> bool:
        """Whether the destination is in one of the prefixes, which are a part of the lab."""
        if self.alike is not None:
            return self.alike.is_for(self.alike.index.of_any(prefixes))
        return in_any(self.destination, prefixes)

    def is_from_one(self, addresses: Sequence[Address]) -> bool:
        """Whether the source is one of the addresses."""
        if self.alike is not None:
            return self.alike.is_from(self.alike.index.these(addresses))
        return self.source in addresses

    def is_for_one(self, addresses: Sequence[Address]) -> bool:
        """Whether the destination is one of the addresses."""
        if self.alike is not None:
            return self.alike.is_for(self.alike.index.these(addresses))
        return self.destination in addresses

    @property
    def header(self) -> str:
        """What the outermost header is called: `ESP in UDP`, `GRE`."""
        return self.shown or self.protocol.name.upper()

    @property
    def has_size(self) -> bool:
        """Whether its size is known: no stream carries it, and it carries no part of one."""
        return not self.is_stream and (self.inner is None or self.inner.has_size)

    @property
    def is_encrypted(self) -> bool:
        """Whether the innermost content cannot be read on the wire."""
        return self.is_hiding or (self.inner is not None and self.inner.is_encrypted)

    @property
    def tunnels(self) -> tuple[TunnelId, ...]:
        """The tunnels that carry it, the outermost first."""
        inner = () if self.inner is None else self.inner.tunnels
        return inner if self.tunnel is None else (self.tunnel, *inner)

    def __str__(self) -> str:
        def end(address: Address, port: int) -> str:
            shown = f"[{address}]" if address.version == 6 and port else str(address)
            return f"{shown}:{port}" if port else shown

        what = f"{self.protocol}/{self.icmp_type}" if self.icmp_type and not self.is_error else str(self.protocol)
        if self.is_error:
            what = f"icmp error ({what})"
        if self.shown:
            what = self.shown.lower()
        return f"{what} {end(self.source, self.source_port)} > {end(self.destination, self.destination_port)}"


@dataclass(frozen=True, slots=True)
class Step:
    """One decision in a node. `text` says it in words; `origin` is the statement that decided; `packet` what it is
    afterwards."""

    hook: Hook
    decision: Decision
    text: str
    packet: Packet
    origin: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Wire:
    """A packet on a network, as a listener there sees it. `is_encrypted`: what is inside cannot be read."""

    network: NetworkId
    packet: Packet
    is_encrypted: bool


@dataclass(frozen=True, slots=True)
class Hop:
    """One passage through a node. No `in_interface`: it was sent here; no `out_interface`: it ends here. `wires` are the
    networks crossed to the next node (several where switches join them)."""

    node: NodeId
    in_interface: str | None
    out_interface: str | None
    steps: tuple[Step, ...]
    wires: tuple[Wire, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a request and of its answer.

    `reason` is one sentence without full stop that names node, hook and statement. `origin` is that statement, `node`
    and `hook` where it was. `request`, `answer`: the ways (the second empty where nothing answers). `raw` names nodes on
    the way where commands, files or tunnels may change it all: then the prediction is not exact.
    """

    outcome: Outcome
    reason: str
    source: NodeId
    destination: Address
    service: PortService | None
    request: tuple[Hop, ...] = ()
    answer: tuple[Hop, ...] = ()
    node: NodeId | None = None
    hook: Hook | None = None
    origin: Place | None = field(default=None, compare=False, repr=False)
    answered_by: tuple[NodeId, str | None] | None = None  # the node that took it, and its service
    raw: tuple[NodeId, ...] = ()
    seen_from: Address | None = field(default=None, compare=False)  # whose request the node took, as it sees it

    @property
    def passes(self) -> bool:
        """The request arrives and the answer, or refusal, comes back."""
        return self.outcome in (Outcome.ANSWERED, Outcome.REFUSED)

    @property
    def arrives(self) -> bool:
        """The request gets into a node that has the address, whatever becomes of the answer."""
        return self.answered_by is not None

    @property
    def is_exact(self) -> bool:
        return not self.raw and self.outcome is not Outcome.NOT_VERIFIED

    @property
    def tunnels(self) -> tuple[TunnelId, ...]:
        """The tunnels that the request went through, in order; of those inside each other the outermost first."""
        found = (tunnel for hop in self.request for wire in hop.wires for tunnel in wire.packet.tunnels)
        return tuple(dict.fromkeys(found))

    @property
    def wires(self) -> tuple[Wire, ...]:
        """All networks crossed, there and back."""
        return tuple(wire for hop in (*self.request, *self.answer) for wire in hop.wires)

    @property
    def is_encrypted(self) -> bool:
        """Whether it was encrypted on at least one network."""
        return any(wire.is_encrypted for wire in self.wires)

"""Packet filter and address translation of one node, first match wins, addresses instead of names."""

from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, Prefix, TunnelId
from netdsl.ir.prefixes import mapped
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Carrier
from netdsl.source import Place


class Verdict(StrEnum):
    ACCEPT = "accept"
    DROP = "drop"
    REJECT = "reject"


class Chain(StrEnum):
    INPUT = "input"
    OUTPUT = "output"
    FORWARD = "forward"


class State(StrEnum):
    """What connection tracking says of a packet (`ct state`). An established packet belongs to a flow of which both
    directions were seen; a related one is an ICMP error about such a flow; an invalid one belongs to no flow and can begin
    none; an untracked one was left out of tracking."""

    NEW = "new"
    ESTABLISHED = "established"
    RELATED = "related"
    INVALID = "invalid"
    UNTRACKED = "untracked"


class Flag(StrEnum):
    """Of a TCP header, as nft calls them."""

    FIN = "fin"
    SYN = "syn"
    RST = "rst"
    PSH = "psh"
    ACK = "ack"
    URG = "urg"


@dataclass(frozen=True, slots=True)
class WhileTunnel:
    """The rule holds while the tunnel (or one child, `tunnel.child`) is up, or while it is down."""

    tunnel: TunnelId
    is_up: bool
    child: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """`10/s`: at most so many packets per second, minute or hour; what is above does not match."""

    count: int
    per: str  # "s", "min", "h"


@dataclass(frozen=True, slots=True)
class Match:
    """What a packet has to be; an empty tuple means any. Members of a tuple are alternatives.

    `through` names tunnels, `through_kinds` stands for every tunnel of these kinds that the node has: the packet came out
    of one of them or will go into one of them. `not_…` come from `except` (address translation only). `flags`, `not_flags`:
    a TCP packet has all of the former and none of the latter.
    """

    sources: tuple[Prefix, ...] = ()
    destinations: tuple[Prefix, ...] = ()
    services: tuple[PortService, ...] = ()
    in_interfaces: tuple[str, ...] = ()
    out_interfaces: tuple[str, ...] = ()
    through: tuple[TunnelId, ...] = ()
    through_kinds: tuple[str, ...] = ()  # names of `netdsl.index.TUNNELS`
    not_through: tuple[TunnelId, ...] = ()
    not_through_kinds: tuple[str, ...] = ()
    not_destinations: tuple[Prefix, ...] = ()
    not_sources: tuple[Prefix, ...] = ()
    states: tuple[State, ...] = ()
    flags: tuple[Flag, ...] = ()
    not_flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterRule:
    verdict: Verdict
    chain: Chain
    match: Match
    limit: Limit | None = None
    log: str | None = None  # the prefix of the log line
    state: WhileTunnel | None = None
    origin: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TunnelAccept:
    """`accept tunnel T`, at its place among the rules: the tunnel's outer packets (`carriers`), with its other ends only.

    `peers` are the other ends' outer addresses; empty means any address (a road warrior's gateway).
    """

    tunnel: TunnelId
    local: tuple[Address, ...]
    peers: tuple[Address, ...]
    carriers: tuple[Carrier, ...]
    origin: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Firewall:
    """All three chains have a policy. Loopback, replies and neighbour discovery are accepted first by the payload; where it
    is stateless no connection is tracked, and replies are packets like others."""

    policies: tuple[tuple[Chain, Verdict], ...]  # in the order input, output, forward
    rules: tuple[FilterRule | TunnelAccept, ...]
    origin: Place | None = field(default=None, compare=False, repr=False)
    policy_origins: tuple[tuple[Chain, Place], ...] = field(
        default=(), compare=False, repr=False
    )  # where one is written
    is_stateless: bool = False

    def policy(self, chain: Chain) -> tuple[Verdict, Place | None]:
        """What becomes of a packet that no rule of the chain decides, and the statement that says so."""
        verdict = next((verdict for name, verdict in self.policies if name is chain), Verdict.ACCEPT)
        return verdict, next((origin for name, origin in self.policy_origins if name is chain), self.origin)


@dataclass(frozen=True, slots=True)
class DestinationNat:
    """`prefix`: an address becomes the one of this prefix with the same host bits; `address` is its first then."""

    match: Match
    address: Address
    port: int | None  # None: the packet's own
    state: WhileTunnel | None = None
    origin: Place | None = field(default=None, compare=False, repr=False)
    target_origin: Place | None = field(default=None, compare=False, repr=False)
    prefix: Prefix | None = None

    def changed(self, address: Address) -> Address:
        """What a destination becomes."""
        return self.address if self.prefix is None else mapped(address, self.prefix)


@dataclass(frozen=True, slots=True)
class SourceNat:
    """`masquerade` too: one for each family, lowered to the address of the interface that the packet leaves by. None: that
    address is known in the running node only (`uplink`). `prefix`: as in `DestinationNat`."""

    match: Match
    address: Address | None
    state: WhileTunnel | None = None
    origin: Place | None = field(default=None, compare=False, repr=False)
    target_origin: Place | None = field(default=None, compare=False, repr=False)  # None: the line names no address
    prefix: Prefix | None = None

    def changed(self, address: Address) -> Address:
        """What a source becomes; where that is not known it stays."""
        if self.prefix is not None:
            return mapped(address, self.prefix)
        return address if self.address is None else self.address


@dataclass(frozen=True, slots=True)
class Nat:
    destination: tuple[DestinationNat, ...] = ()
    source: tuple[SourceNat, ...] = ()

"""The graph that is drawn: nodes, networks and tunnels with the texts to show. No positions, no format.

All texts are plain: a renderer quotes them for its format.
"""

from enum import StrEnum
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.node import NodeKind


class State(StrEnum):
    """The state that a tunnel reaches without an operator."""

    UP = "up"
    BY_HAND = "by hand"  # comes up on `netdsl`'s or an operator's command
    DOWN = "down"
    UNKNOWN = "up or down"  # it depends on the order in which tunnels come up

    @property
    def can_be_up(self) -> bool:
        match self:
            case State.UP | State.BY_HAND | State.UNKNOWN:
                return True
            case State.DOWN:
                return False
            case _:
                assert_never(self)

    @property
    def note(self) -> str:
        """The text after a tunnel's name."""
        return "" if self is State.UP else f" ({self})"


@dataclass(frozen=True, slots=True)
class Segment:
    """A network, or a link between two nodes. `notes`: properties that differ from the default (`mtu 1400`, `delay 10
    ms`)."""

    id: NetworkId
    prefixes: tuple[str, ...]
    is_link: bool
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The network's name; `link` for a link, which has no name in the source."""
        return "link" if self.is_link else str(self.id)


@dataclass(frozen=True, slots=True)
class Port:
    """An interface of a node on a network. `carries`: the tunnels whose packets cross it, in `headers`."""

    interface: str
    network: NetworkId
    addresses: tuple[str, ...]
    carries: tuple[TunnelId, ...] = ()
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """A node. `services`: texts as `http app tcp/8080`; `nat`: `dnat`, `snat` or both; `tunnels`: those that end
    here."""

    id: NodeId
    kind: NodeKind
    ports: tuple[Port, ...]
    loopbacks: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    has_uplink: bool = False
    has_firewall: bool = False
    nat: tuple[str, ...] = ()
    tunnels: tuple[TunnelId, ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Whether it is drawn within its network: one interface, no uplink, no tunnel, no switch."""
        is_end = not self.kind.bridges and not self.has_uplink and not self.tunnels
        return is_end and len(self.ports) == 1


@dataclass(frozen=True, slots=True)
class Joint:
    """A tunnel between two of its ends. `protects`: for each child the ranges on the sides of `one` and `other`, as
    texts; empty if it carries a network. `crosses`: the networks that its outer packets cross, in order, by the
    verifier; empty if it is down. `header`: what the outer packets are called; `reason`:
    why it is down, or not known to be up."""

    tunnel: TunnelId
    one: NodeId
    other: NodeId
    protects: tuple[tuple[str, str], ...]
    state: State
    crosses: tuple[NetworkId, ...] = ()
    is_encrypted: bool = True
    header: str = ""
    reason: str = ""

    @property
    def ranges(self) -> str:
        """The ranges of the first child in one line, and the number of further children."""
        if not self.protects:
            return ""
        one, other = self.protects[0]
        more = f" +{len(self.protects) - 1}" if len(self.protects) > 1 else ""
        return f"{one} \N{LEFT RIGHT ARROW} {other}{more}"


@dataclass(frozen=True, slots=True)
class Graph:
    """All of a lab, in the order of the source."""

    name: str
    title: str | None
    segments: tuple[Segment, ...]
    devices: tuple[Device, ...]
    joints: tuple[Joint, ...] = ()

    @property
    def heading(self) -> str:
        return f"{self.name}: {self.title}" if self.title else self.name

    def carried(self) -> dict[NetworkId, tuple[TunnelId, ...]]:
        """For each network the encrypting tunnels whose outer packets cross it."""
        found: dict[NetworkId, dict[TunnelId, None]] = {}
        for joint in self.joints:
            if joint.is_encrypted:
                for network in joint.crosses:
                    found.setdefault(network, {})[joint.tunnel] = None
        return {network: tuple(tunnels) for network, tunnels in found.items()}

    def header(self, tunnel: TunnelId) -> str:
        return next(joint.header for joint in self.joints if joint.tunnel == tunnel)

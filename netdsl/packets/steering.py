"""What leads packets into tunnels in a node: policies, and devices with the policies behind them."""

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.service import PortService, Protocol
from netdsl.ir.tunnel import Child, Mode, Selectors, TunnelEnd
from netdsl.packets.types import Packet


@dataclass(frozen=True, slots=True)
class Association:
    """Where an end sends outer packets to. `is_in_udp`: they have a form that passes address translation.
    `port`: to which one, where the other end's was translated. `may_split`: outer packets are cut into fragments where a
    link is too small."""

    peer: NodeId
    local: Address
    remote: Address
    is_in_udp: bool
    port: int | None = None
    may_split: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Which packets a child takes in a node. Without `association` it is a trap that nothing can answer."""

    end: TunnelEnd
    child: Child
    local: tuple[Prefix, ...]
    remote: tuple[Prefix, ...]
    association: Association | None

    @property
    def is_tunnel(self) -> bool:
        return self.child.mode is Mode.TUNNEL

    @property
    def is_selected(self) -> bool:
        """Whether the node's policies choose its packets, and not a route to a device."""
        return isinstance(self.end.steering, Selectors)

    def rank(self, source: Address, destination: Address) -> tuple[int, bool]:
        """Of two that take a packet the one with narrower selectors is asked first."""
        lengths = (
            max((p.prefixlen for p in prefixes if p.version == address.version and address in p), default=0)
            for prefixes, address in ((self.local, source), (self.remote, destination))
        )
        return sum(lengths), bool(self.child.only_local or self.child.only_remote)

    def takes_out(self, packet: Packet) -> bool:
        is_limited = self._is_only(packet, packet.source_port, packet.destination_port)
        return is_limited and packet.is_for(self.remote) and packet.is_from(self.local)

    def takes_in(self, packet: Packet) -> bool:
        is_limited = self._is_only(packet, packet.destination_port, packet.source_port)
        return is_limited and packet.is_for(self.local) and packet.is_from(self.remote)

    def _is_only(self, packet: Packet, here: int, there: int) -> bool:
        """Whether the child takes the protocol and the ports."""
        limits = [(service, here) for service in self.child.only_local]
        limits += [(service, there) for service in self.child.only_remote]
        return not limits or any(_is_of(service, packet, port) for service, port in limits)


def _is_of(service: PortService, packet: Packet, port: int) -> bool:
    if packet.is_error:
        return service.protocol is Protocol.ICMP
    if service.protocol is not packet.protocol:
        return False
    return service.first is None or service.first <= port <= (service.last or service.first)


@dataclass(frozen=True, slots=True)
class TunnelDevice:
    """An interface that leads into tunnels: a packet that a route leads to it goes where the best of `policies` says."""

    name: str
    policies: list[Policy]

    def takes(self, packet: Packet) -> Policy | None:
        return best_policy([policy for policy in self.policies if policy.takes_out(packet)], packet, is_out=True)


def best_policy(found: list[Policy], packet: Packet, *, is_out: bool) -> Policy | None:
    """Of the policies that take a packet the one that decides; `is_out`: its source is at this end."""
    if len(found) < 2:
        return found[0] if found else None
    ends = (packet.source, packet.destination) if is_out else (packet.destination, packet.source)
    if packet.alike is not None:
        for policy in found:
            own, other = (policy.local, policy.remote) if is_out else (policy.remote, policy.local)
            for prefix in own:
                packet.alike.is_from(packet.alike.index.of(prefix))
            for prefix in other:
                packet.alike.is_for(packet.alike.index.of(prefix))
    return max(found, key=lambda policy: policy.rank(*ends))

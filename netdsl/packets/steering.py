"""What leads packets into tunnels in a node: policies, and devices with the policies behind them."""

from collections.abc import Sequence
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.ir.icmp import is_kind_of
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

    def rank(self, packet: Packet, *, is_out: bool) -> tuple[int, bool, int]:
        """Of two that take a packet the one with narrower selectors is asked first: by the prefixes, then by the protocol,
        then by the ports of both ends (strongSwan: kernel_netlink_ipsec.c, get_priority)."""
        here, there = (packet.source, packet.source_port), (packet.destination, packet.destination_port)
        if not is_out:
            here, there = there, here
        lengths = (
            max((p.prefixlen for p in prefixes if p.version == address.version and address in p), default=0)
            for prefixes, (address, _) in ((self.local, here), (self.remote, there))
        )
        sides = ((self.child.only_local, here), (self.child.only_remote, there))
        bits = (
            max((_port_bits(one) for one in limits if _is_of(one, packet, port)), default=0)
            for limits, (_, port) in sides
        )
        return sum(lengths), any(limits for limits, _ in sides), sum(bits)

    def takes_out(self, packet: Packet) -> bool:
        is_limited = self._is_only(packet, packet.source_port, packet.destination_port)
        return is_limited and packet.is_for(self.remote) and packet.is_from(self.local)

    def takes_in(self, packet: Packet) -> bool:
        is_limited = self._is_only(packet, packet.destination_port, packet.source_port)
        return is_limited and packet.is_for(self.local) and packet.is_from(self.remote)

    def _is_only(self, packet: Packet, here: int, there: int) -> bool:
        """Whether the child takes the protocol, the type, and the ports at both ends."""
        sides = ((self.child.only_local, here), (self.child.only_remote, there))
        return all(not limits or any(_is_of(one, packet, port) for one in limits) for limits, port in sides)


def _is_of(service: PortService, packet: Packet, port: int) -> bool:
    if packet.is_error:
        is_icmp, kind = service.protocol is Protocol.ICMP, packet.icmp_type or "port-unreachable"
        return is_icmp and is_kind_of(kind, service.icmp_type)
    if service.protocol is not packet.protocol or not is_kind_of(packet.icmp_type, service.icmp_type):
        return False
    return service.first is None or service.first <= port <= (service.last or service.first)


def _port_bits(service: PortService) -> int:
    """How many bits of a port, or of a type and its code, a policy looks at."""
    if service.icmp_type is not None or service.first is None:
        return 0 if service.icmp_type is None else 16
    return 17 - ((service.last or service.first) - service.first + 1).bit_length()


@dataclass(frozen=True, slots=True)
class TunnelDevice:
    """An interface that leads into tunnels: a packet that a route leads to it goes where the best of `policies` says.

    `silent`: for which destinations a packet that none of them takes is lost without a word, None: for all. For others the
    device has an ICMP error, now and then.
    """

    name: str
    policies: list[Policy]
    silent: tuple[Prefix, ...] | None = None

    def is_silent(self, packet: Packet) -> bool:
        return self.silent is None or packet.is_for(self.silent)

    def takes(self, packet: Packet) -> Policy | None:
        return best_policy([policy for policy in self.policies if policy.takes_out(packet)], packet, is_out=True)


def best_policy(found: list[Policy], packet: Packet, *, is_out: bool) -> Policy | None:
    """Of the policies that take a packet the one that decides; `is_out`: its source is at this end."""
    if len(found) < 2:
        return found[0] if found else None
    if packet.alike is not None:
        for policy in found:
            own, other = (policy.local, policy.remote) if is_out else (policy.remote, policy.local)
            for prefix in own:
                packet.alike.is_from(packet.alike.index.of(prefix))
            for prefix in other:
                packet.alike.is_for(packet.alike.index.of(prefix))
    return max(found, key=lambda policy: policy.rank(packet, is_out=is_out))


EPHEMERAL = range(32768, 61000)
"""The ports that a client chooses from (net.ipv4.ip_local_port_range, Documentation/networking/ip-sysctl.rst)."""
CHOSEN_PORT = 40000
"""Of these, the one that packets have here; where another one would go another way, a walk says so."""


def port_edges(policies: Sequence[Policy]) -> tuple[int, ...]:
    """The ports that a client may choose at which a range of a policy begins, or has ended."""
    limits = [one for policy in policies for one in (*policy.child.only_local, *policy.child.only_remote)]
    edges = {edge for one in limits if one.first is not None for edge in (one.first, (one.last or one.first) + 1)}
    return tuple(sorted(edge for edge in edges if edge in EPHEMERAL and edge != EPHEMERAL.start))


def is_by_port(
    policies: Sequence[Policy], edges: Sequence[int], packet: Packet, *, is_answer: bool, is_out: bool
) -> bool:
    """Whether another of the policies would take the packet if the client had chosen another port. `edges`: of theirs."""
    chosen = packet.destination_port if is_answer else packet.source_port
    if not edges or chosen not in EPHEMERAL or packet.is_error:
        return False
    ports = (EPHEMERAL.start, *edges)
    tried = [
        replace(packet, destination_port=port) if is_answer else replace(packet, source_port=port) for port in ports
    ]
    return len({id(_deciding(policies, each, is_out=is_out)) for each in tried}) > 1


def _deciding(policies: Sequence[Policy], packet: Packet, *, is_out: bool) -> Policy | None:
    taking = [one for one in policies if (one.takes_out(packet) if is_out else one.takes_in(packet))]
    return best_policy(taking, packet, is_out=is_out)

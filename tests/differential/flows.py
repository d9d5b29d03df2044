"""What is asked in a lab: every node asks every address of every other one, and some that nobody has."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from netdsl.ir.ids import Address, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.prefixes import mapped
from netdsl.ir.service import PortService, Protocol, port
from netdsl.ir.tunnel import Device

ECHO: PortService | None = None
OPEN_OR_CLOSED = (
    ECHO,
    port(Protocol.TCP, 80),
    port(Protocol.TCP, 7),
    port(Protocol.TCP, 22),  # nobody serves it
    port(Protocol.TCP, 8080),  # only by dnat
    port(Protocol.UDP, 514),
)
OF_NOBODY = (ECHO, port(Protocol.TCP, 80))
NOWHERE = {4: ip_address("198.51.100.7"), 6: ip_address("fc00:dead::7")}


class Outcome(StrEnum):
    """What a probe saw (probe.py says how it tells them apart)."""

    ANSWERED = "answered"
    REFUSED = "refused"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Flow:
    """A request; `service` None is ICMP echo."""

    source: NodeId
    destination: Address
    service: PortService | None

    @property
    def probe(self) -> str:
        """Its line of the probe's input."""
        kind = "icmp" if self.service is None else str(self.service.protocol)
        return f"{kind} {self.destination} {0 if self.service is None else self.service.first}"

    def __str__(self) -> str:
        return f"{self.source} to {self.destination} {'icmp' if self.service is None else self.service}"


@dataclass(frozen=True, slots=True)
class Seen:
    """`detail`: the first line that a service said, or the error and who sent it; `-` for neither."""

    outcome: Outcome
    detail: str = "-"


def flows_of(lab: Lab) -> tuple[Flow, ...]:
    nodes = [node for node in lab.nodes if not node.kind.bridges]
    return tuple(flow for node in nodes for flow in _flows_from(node, nodes, lab))


def _flows_from(source: Node, nodes: list[Node], lab: Lab) -> Iterator[Flow]:
    addresses = dict.fromkeys(address for node in nodes if node is not source for address in addresses_of(node))
    families = sorted({address.version for address in addresses_of(source)})
    for address in addresses:
        if address.version in families:
            for service in OPEN_OR_CLOSED:
                yield Flow(source.id, address, service)
    for address in (*(NOWHERE[family] for family in families), *_vacant(lab), *_mapped(lab)):
        if address.version in families and address not in addresses:
            for service in OF_NOBODY:
                yield Flow(source.id, address, service)


def addresses_of(node: Node) -> Iterator[Address]:
    for interface in node.interfaces:
        for given in interface.addresses:
            yield given.ip
    for given in node.loopbacks:
        yield given.ip
    for end in node.tunnels:
        yield from end.virtual
        if isinstance(end.steering, Device):
            yield from (given.ip for given in end.steering.addresses)


def _mapped(lab: Lab) -> Iterator[Address]:
    """What `netmap` lines make of addresses."""
    own = [address for node in lab.nodes for address in addresses_of(node)]
    for node in lab.nodes:
        for rule in node.nat.destination:
            if rule.prefix is not None:
                prefix, (outside,) = rule.prefix, rule.match.destinations
                yield from (mapped(address, outside) for address in own if address in prefix)


def _vacant(lab: Lab) -> Iterator[Address]:
    """One that no node has, in the last network that has room."""
    roomy = [prefix for network in lab.networks for prefix in network.prefixes if prefix.num_addresses > 250]
    if roomy:
        yield roomy[-1][244]

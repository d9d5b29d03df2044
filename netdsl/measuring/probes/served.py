"""Measuring through a served port, if the lab's filters accept only that port: packets to it are redirected to
iperf3."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.service import Protocol, port
from netdsl.measuring.types import Path
from netdsl.packets.types import Esp, Packet
from netdsl.packets.world import World
from netdsl.runtime.driver import DriverError
from netdsl.runtime.meter import Tools
from netdsl.testing.pace import Pace
from netdsl.verify.predict import predict

TABLE = "netdsl-measure"
_PRIORITY = -110  # before the node's own dnat rules (-100)


def tcp_port(path: Path) -> int:
    """The TCP port of a path. Raises DriverError if it has none."""
    found = next((text for text in path.services if text.startswith("tcp/")), None)
    if found is None:
        raise DriverError(f"the lab lets no TCP connection from `{path.source}` to {path.address}")
    return int(found.removeprefix("tcp/"))


@dataclass(frozen=True, slots=True)
class Arrival:
    """Source address, destination address and port of a path's packets as they arrive at the destination, after NAT."""

    source: Address
    destination: Address
    port: int


def arrivals(lab: Lab, path: Path) -> tuple[Arrival, ...]:
    """The arrivals of a path's TCP port, with kernel and with user-space ESP. The last one has the address and port of
    the destination's service.

    Raises DriverError if no packet arrives.
    """
    found: dict[Arrival, None] = {}
    for esp in Esp:
        verdict = predict(
            World(lab, esp), NodeId(path.source), ip_address(path.address), port(Protocol.TCP, tcp_port(path))
        )
        if len(verdict.request) > 1 and verdict.request[-1].node == path.destination:
            arrived = [wire.packet for wire in verdict.request[-2].wires[-1:]]
            inside = [step.packet for step in verdict.request[-1].steps]
            found.update(dict.fromkeys(_tcp_arrivals([*arrived, *inside])))
    if not found:
        raise DriverError(f"nothing of `{path.source}` that calls {path.address} comes to `{path.destination}`")
    return tuple(found)


def _tcp_arrivals(packets: Iterable[Packet]) -> Iterator[Arrival]:
    for inside in packets:
        while inside.inner is not None:
            inside = inside.inner
        if inside.protocol is Protocol.TCP:
            yield Arrival(inside.source, inside.destination, inside.destination_port)


@contextmanager
def redirected(tools: Tools, found: tuple[Arrival, ...], own_port: int, pace: Pace, timeout: float) -> Iterator[None]:
    """A context in which packets to the served port are redirected to `own_port` of the same address.

    `tools`: the destination's. The rules are a table of their own, removed at the end. Raises DriverError.
    """
    family = "ip" if found[0].source.version == 4 else "ip6"
    _nft(tools, redirection(found, family, own_port), timeout)
    try:
        yield
    finally:
        with pace.undisturbed():
            _nft(tools, f"delete table {family} {TABLE}", timeout)


def redirection(found: tuple[Arrival, ...], family: str, own_port: int) -> str:
    """The nft command, in one line; it also removes the table that an aborted run has left."""
    goal = found[-1].destination
    to = f"[{goal}]:{own_port}" if goal.version == 6 else f"{goal}:{own_port}"
    rules = "".join(
        f" {family} saddr {arrival.source} {family} daddr {arrival.destination} tcp dport {arrival.port} dnat to {to};"
        for arrival in found
    )
    chain = f"chain prerouting {{ type nat hook prerouting priority {_PRIORITY}; policy accept;{rules} }}"
    return f"add table {family} {TABLE}; delete table {family} {TABLE}; table {family} {TABLE} {{ {chain}; }}"


def _nft(tools: Tools, text: str, timeout: float) -> None:
    answer = tools.ask(["nft", text], timeout=timeout)
    if answer.status:
        raise DriverError(
            "iperf3 cannot be reached: nft refuses", command="nft", status=answer.status, tail=answer.errors
        )

"""Where a lab lets one served port through alone, and tools have to be heard there."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

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
_PRIORITY = -110  # before the node's own translation (-100)


def tcp_port(path: Path) -> int:
    """The one that a path has. Raises DriverError where it has none."""
    found = next((text for text in path.services if text.startswith("tcp/")), None)
    if found is None:
        raise DriverError(f"the lab lets no TCP connection from `{path.source}` to {path.address}")
    return int(found.removeprefix("tcp/"))


@dataclass(frozen=True, slots=True)
class Arrival:
    """How packets of a path come to its destination: whose they seem to be, and for what."""

    source: Address
    destination: Address
    port: int


def arrivals(lab: Lab, path: Path) -> tuple[Arrival, ...]:
    """Of its TCP port, whoever's ESP the nodes use; the last one is what the destination's service is asked for.

    Raises DriverError where nothing comes there.
    """
    found: dict[Arrival, None] = {}
    for esp in Esp:
        verdict = predict(
            World(lab, esp), NodeId(path.source), ip_address(path.address), port(Protocol.TCP, tcp_port(path))
        )
        if len(verdict.request) > 1 and verdict.request[-1].node == path.destination:
            came = [wire.packet for wire in verdict.request[-2].wires[-1:]]
            inside = [step.packet for step in verdict.request[-1].steps]
            found.update(dict.fromkeys(_plain([*came, *inside])))
    if not found:
        raise DriverError(f"nothing of `{path.source}` that calls {path.address} comes to `{path.destination}`")
    return tuple(found)


def _plain(packets: Iterable[Packet]) -> Iterator[Arrival]:
    for inside in packets:
        while inside.inner is not None:
            inside = inside.inner
        if inside.protocol is Protocol.TCP:
            yield Arrival(inside.source, inside.destination, inside.destination_port)


@contextmanager
def led_to(tools: Tools, found: tuple[Arrival, ...], own_port: int, pace: Pace, timeout: float) -> Iterator[None]:
    """While the block runs, what arrives for the served port comes to `own_port` of the same address.

    `tools` are the destination's. A table of its own, which goes with the block. Raises DriverError.
    """
    family = "ip" if found[0].source.version == 4 else "ip6"
    _nft(tools, leading(found, family, own_port), timeout)
    try:
        yield
    finally:
        with pace.undisturbed():
            _nft(tools, f"delete table {family} {TABLE}", timeout)


def leading(found: tuple[Arrival, ...], family: str, own_port: int) -> str:
    """What nft is told: one command line, which also clears what a run that died has left."""
    goal = found[-1].destination
    to = f"[{goal}]:{own_port}" if goal.version == 6 else f"{goal}:{own_port}"
    rules = "".join(
        f" {family} saddr {one.source} {family} daddr {one.destination} tcp dport {one.port} dnat to {to};"
        for one in found
    )
    chain = f"chain prerouting {{ type nat hook prerouting priority {_PRIORITY}; policy accept;{rules} }}"
    return f"add table {family} {TABLE}; delete table {family} {TABLE}; table {family} {TABLE} {{ {chain}; }}"


def _nft(tools: Tools, text: str, timeout: float) -> None:
    answer = tools.ask(["nft", text], timeout=timeout)
    if answer.status:
        raise DriverError(
            "iperf3 cannot be reached: nft refuses", command="nft", status=answer.status, tail=answer.errors
        )

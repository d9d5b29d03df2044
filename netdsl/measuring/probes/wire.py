"""The bytes that a network sees of a packet: pings of several sizes, recorded where the path's outer packets are sent."""

import math
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address
from itertools import islice

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, host_name
from netdsl.lower.defaults import IP_HEADER
from netdsl.measuring.job import Job
from netdsl.measuring.paths import PING
from netdsl.measuring.probes.latency import read_pings
from netdsl.measuring.types import OnWire, Path
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.runtime.driver import DriverError, Recording
from netdsl.runtime.meter import Tools
from netdsl.testing.pace import Pace
from netdsl.testing.session import esp_of
from netdsl.testing.sight import frames
from netdsl.verify.predict import predict

_ECHO = 8  # bytes of an ICMP echo's header (RFC 792, RFC 4443)
_COUNT = 5  # pings of each size
_INTERVAL = 0.2  # seconds between two of them
_WAIT = 2.0  # seconds for each answer
_READS = 20  # of a recording, until the packets are in it
_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path's largest packets are sent: a node's interface to a network."""

    node: NodeId
    interface: str
    network: str


def on_wire(job: Job, path: Path, pace: Pace = Pace()) -> tuple[OnWire, ...]:  # noqa: B008 - frozen
    """The size of the packet outside for each payload of the plan that passes in one piece: that of most packets which are
    no smaller than the ping. Nothing where the lab's filters drop pings.

    Raises DriverError if pings are answered and the recording has none of them.
    """
    if PING not in path.services or not job.plan.payloads:
        return ()
    place = _place(job, path)
    if place is None:
        return ()
    found = []
    with (
        job.meter.tools(job.deployment, host_name(path.source)) as tools,
        job.driver.listen(job.deployment, host_name(place.node), place.interface) as recording,
    ):
        for payload in job.plan.payloads:
            inside = IP_HEADER[ip_address(path.address).version] + _ECHO + payload
            outside = _outside(_Pings(tools, path, payload, job.driver.slowness), inside, recording, pace)
            if outside is not None:
                found.append(OnWire(path.name, place.network, payload, inside, outside))
    return tuple(found)


def _place(job: Job, path: Path) -> Place | None:
    esp = esp_of(job.lab, job.driver, job.deployment) if any(node.tunnels for node in job.lab.nodes) else ""
    world = World(job.lab, Esp(esp) if esp else Esp.KERNEL)
    found: tuple[int, Place] | None = None
    for hop in predict(world, NodeId(path.source), ip_address(path.address)).request:
        for wire in hop.wires[:1]:
            if hop.out_interface is not None and (found is None or wire.packet.size > found[0]):
                found = wire.packet.size, Place(hop.node, hop.out_interface, wire.network)
    return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class _Pings:
    """Pings that must not be fragmented."""

    tools: Tools
    path: Path
    payload: int
    slowness: float

    def answered(self) -> int:
        """Send them. Returns the number of answers. Raises DriverError if ping says nothing that can be read."""
        wait = str(math.ceil(_WAIT * self.slowness))
        words = [
            "ping",
            "-n",
            "-i",
            f"{_INTERVAL:g}",
            "-c",
            str(_COUNT),
            "-s",
            str(self.payload),
            "-M",
            "do",
            "-W",
            wait,
        ]
        answer = self.tools.ask([*words, self.path.address], timeout=60 * self.slowness)
        try:
            times, _ = read_pings(answer.output)
        except ValueError as error:
            tail = answer.errors or answer.output
            raise DriverError("ping cannot be read", command="ping", status=answer.status, tail=tail) from error
        return len(times)


def _outside(pings: _Pings, inside: int, recording: Recording, pace: Pace) -> int | None:
    """None: none of the pings is answered, as they do not pass in one piece."""
    before = sum(1 for _ in frames(recording.read()))
    answered = pings.answered()
    if not answered:
        return None
    return _awaited(lambda: _lengths(recording, before, inside), answered, pace, pings.slowness)


def _lengths(recording: Recording, skipped: int, least: int) -> Counter[int]:
    return Counter(one.length for one in islice(frames(recording.read()), skipped, None) if one.length >= least)


def _awaited(read: Callable[[], Counter[int]], wanted: int, pace: Pace, slowness: float) -> int:
    """The most frequent length, once there are as many packets of it as answers: packets appear in a recording with a
    delay. Raises DriverError if there are not in the end."""
    for number in range(_READS):
        if number:
            pace.sleep(_PAUSE * slowness)
        lengths = read()
        if lengths:
            length, times = min(lengths.items(), key=lambda item: (-item[1], item[0]))
            if times >= wanted:
                return length
    raise DriverError("pings are answered, and the recording has no packets that carry them")

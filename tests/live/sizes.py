"""The bytes that a tunnel makes of packets of many sizes: as the verifier says, and as a capture has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import groupby
from pathlib import Path
from random import Random

from netdsl.ir.ids import NodeId, host_name
from netdsl.ir.lab import Lab as Meaning
from netdsl.runtime.meter import SPACES
from netdsl.testing.sight import frames
from netdsl.verify import Esp, World
from tests.kinds.asking import ping
from tests.live.lab import Lab

_HEADERS = 28  # of IPv4 and of an ICMP echo, in front of its data
_SEED = "sizes of pings"
_BLOCK = 16  # the largest block to which a kind pads
_PING = (
    "for s; do n=0; until ping -n -q -c 1 -W {wait} -M do -s $s {goal} >/dev/null; do n=$((n + 1));"
    ' [ $n -lt 5 ] || {{ echo "$s"; break; }}; done; done'
)


@dataclass(frozen=True, slots=True)
class Leg:
    """A node pings `goal`, an IPv4 address; the outer packets of `tunnel`, which `part` makes, are seen where `gateway`
    sends them, by `interface`."""

    tunnel: str
    part: str
    source: str
    goal: str
    gateway: str
    interface: str
    network: str


def all_sizes() -> Sequence[int]:
    """Bytes of data."""
    return range(1, 1401)


def some_sizes() -> Sequence[int]:
    """Of them the ends, each residue of each block at a small and at a large size, and others by chance."""
    rng = Random(_SEED)
    around = (rng.randrange(100, 300), rng.randrange(600, 800), rng.randrange(1000, 1300))
    blocks = {first + more for first in around for more in range(_BLOCK)}
    ends = {1, 2, 64, 653, 1370, *range(1385, 1401)}
    return sorted(ends | blocks | set(rng.sample(range(3, 1385), 20)))


def space_of(lab: Lab, leg: Leg) -> Esp:
    """Where the gateway makes its tunnels of this part, by its own word."""
    words = lab.say(host_name(NodeId(leg.gateway)), *SPACES).split()
    return Esp.KERNEL if f"{leg.part}:{Esp.KERNEL.value}" in words else Esp.USER


def predicted(meaning: Meaning, space: Esp, leg: Leg, sizes: Sequence[int]) -> dict[int, int]:
    """The bytes of the outer packet for those of the data, of all that pass in one piece."""
    world, found = World(meaning, space), {}
    for size in sizes:
        verdict = ping(world, leg.source, leg.goal, size + _HEADERS)
        if verdict.passes:
            wires = (wire for hop in verdict.request if hop.node == leg.gateway for wire in hop.wires)
            found[size] = next(wire.packet.size for wire in wires if wire.network == leg.network)
    return found


def sizes_are_as_predicted(meaning: Meaning, lab: Lab, leg: Leg, sizes: Sequence[int], folder: Path) -> int:
    """Each size has been sent, and answered, and was as long outside as the verifier says; the number of sizes.

    What is captured is compared in the order in which it was sent, so that no packet is taken for another one. A ping
    that is lost is sent again: packets of one length that follow one another count once. Raises AssertionError.
    """
    gateway = next(node for node in meaning.nodes if node.id == NodeId(leg.gateway))
    carriers = [carrier for end in gateway.tunnels if end.tunnel == leg.tunnel for carrier in end.carriers]
    wanted = predicted(meaning, space_of(lab, leg), leg, sizes)
    own = {address.ip for one in gateway.interfaces if one.name == leg.interface for address in one.addresses}
    script = _PING.format(wait=lab.machine.patience * 2, goal=leg.goal)

    def seen() -> list[int]:
        """Besides what `is_of` knows: a short message of one cipher can be as long as a keepalive of another one."""
        sent = (one for one in frames(recording.file.read_bytes()) if one.source in own)
        outer = (one.length for one in sent if one.is_of(carriers) or one.length in lengths)
        return [length for length, _ in groupby(outer)]

    lengths = set(wanted.values())
    order = [length for length, _ in groupby(wanted.values())]
    with lab.capture(host_name(NodeId(leg.gateway)), leg.interface, folder / "sizes.pcap") as recording:
        words = ("sh", "-c", script, "sh", *map(str, wanted))
        lost = lab.say(host_name(NodeId(leg.source)), *words, timeout=60 + len(wanted)).split()
        assert lost == [], "pings that should have been answered in one piece"
        lab.machine.wait_until(lambda: seen() == order, 10)
        found = seen()
        assert found == order, "\n".join(unified_diff([*map(str, order)], [*map(str, found)], "predicted", "captured"))
    return len(wanted)

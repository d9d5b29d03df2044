"""Bytes on the wire, and the first answer after a tunnel was down: what is asked where, and what is no figure."""

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from netdsl.measuring.paths import choose, worlds_of
from netdsl.measuring.probes.first import first_answer
from netdsl.measuring.probes.wire import on_wire
from netdsl.measuring.types import OnWire, Path
from netdsl.runtime.driver import Answer, Deployment, DriverError
from tests.compiling import lab_of
from tests.measuring.bench import NO_WAIT, Bench

LAB = lab_of("""lab two
network inet 198.51.100.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on inet .1 ; interface lan on left .1 }
router b { interface wan on inet .2 ; interface lan on right .1 }
host one { interface on left .10 ; default via a }
host two { interface on right .10 ; default via b }
wireguard t { between a protecting left and b protecting right ; addresses 10.99.0.0/24 }
expect { one reaches two }
""")
PATH, *_ = choose(LAB, worlds_of(LAB))
ANSWERED = "64 bytes from 10.2.0.10: icmp_seq=1 ttl=62 time=0.5 ms\n\n1 packets transmitted, 1 received\n"
SILENT = "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n"
PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def packet(length: int) -> bytes:
    """A record with an Ethernet frame: an IPv4 packet of UDP with so many bytes."""
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, length, 0, 0, 64, 17, 0,
        IPv4Address("198.51.100.1").packed, IPv4Address("198.51.100.2").packed,
    )  # fmt: skip
    raw = bytes(12) + b"\x08\x00" + header + bytes(length - 20)
    return struct.pack("<IIII", 0, 0, len(raw), len(raw)) + raw


class Wire(Bench):
    """A recording that gets what `seen` says after each ping."""

    def __init__(
        self, answer: Callable[[str, Sequence[str]], Answer], seen: Sequence[int], payloads: tuple[int, ...]
    ) -> None:
        super().__init__(self._asked, LAB, payloads=payloads)
        self.said, self.seen, self.pcap = answer, seen, PCAP + packet(500)
        self.listened: list[tuple[str, str]] = []

    def _asked(self, node: str, words: Sequence[str]) -> Answer:
        answer = self.said(node, words)
        if words[0] == "ping" and "received, 100%" not in answer.output:
            self.pcap += b"".join(map(packet, self.seen))
        return answer

    def ask(self, deployment: Deployment, node: str, command: Sequence[str], *, timeout: float) -> Answer:
        self.asked.append((node, list(command)))
        return Answer(0, "", "")

    @contextmanager
    def listen(self, deployment: Deployment, node: str, interface: str) -> Iterator["Wire"]:
        self.listened.append((node, interface))
        yield self

    def read(self) -> bytes:
        return self.pcap


def answering(_: str, __: Sequence[str]) -> Answer:
    return Answer(0, ANSWERED, "")


def test_the_size_outside_is_read_where_the_outer_packets_are_sent() -> None:
    bench = Wire(answering, (156, 156, 70, 300), (64,))
    assert on_wire(bench.job, PATH, NO_WAIT) == (OnWire(PATH.name, "inet", 64, 92, 156),)
    assert bench.listened == [("a", "wan")]
    (words,) = [words for _, words in bench.asked if words[0] == "ping"]
    assert words[words.index("-s") + 1] == "64"
    assert words[words.index("-M") + 1] == "do"
    assert bench.open == 0


def test_what_was_recorded_before_is_no_packet_of_these() -> None:
    bench = Wire(answering, (156,), (64, 100))
    bench.pcap += packet(160) * 9
    assert [one.outside for one in on_wire(bench.job, PATH, NO_WAIT)] == [156, 156]


def test_a_size_that_does_not_pass_in_one_piece_has_no_figure() -> None:
    bench = Wire(lambda _, words: Answer(0, SILENT if "1400" in words else ANSWERED, ""), (156,), (64, 1400))
    assert [one.payload for one in on_wire(bench.job, PATH, NO_WAIT)] == [64]


def test_answers_that_the_recording_lacks_are_an_error() -> None:
    with pytest.raises(DriverError, match="the recording has no packets that carry them"):
        on_wire(Wire(answering, (70,), (64,)).job, PATH, NO_WAIT)


@pytest.mark.parametrize(
    "path", [replace(PATH, services=("tcp/80",)), replace(PATH, tunnels=())], ids=["no ping", "clear"]
)
def test_without_pings_or_tunnels_there_is_no_first_answer(path: Path) -> None:
    bench = Wire(answering, (), (64,))
    assert first_answer(bench.job, path, NO_WAIT) is None
    assert bench.asked == []


def test_tunnels_are_down_before_and_up_after() -> None:
    said = iter([SILENT, SILENT, ANSWERED])
    bench = Wire(lambda _, __: Answer(0, next(said), ""), (), ())
    found = first_answer(bench.job, PATH, NO_WAIT)
    assert found is not None
    assert found.seconds > 0
    words = [(node, words[2:]) for node, words in bench.asked if words[0] == "sh"]
    assert words[:2] == [("a", ["down", "t"]), ("b", ["down", "t"])]
    assert sorted(words[2:]) == [("a", ["up", "t"]), ("b", ["up", "t"])]


def test_an_answer_while_the_tunnel_is_down_is_no_control() -> None:
    bench = Wire(answering, (), ())
    with pytest.raises(DriverError, match="answers while t is down"):
        first_answer(bench.job, PATH, NO_WAIT)
    assert sorted(words[2:] for _, words in bench.asked if words[:1] == ["sh"])[2:] == [["up", "t"], ["up", "t"]]

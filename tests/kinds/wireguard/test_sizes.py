"""The bytes of outer packets, as they are captured and as the verifier has them: the headers, the tag, the padding."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from netdsl.verify import Outcome, World
from tests.kinds.asking import lab, outer, ping
from tests.kinds.conftest import Pair
from tests.kinds.wireguard.test_node import IS_UP, begun, comes
from tests.payload.node import Node

SITES = """
network isp 192.0.2.0/24, fd00:5::/64
network left 10.1.0.0/24, fd00:1::/64
network right 10.2.0.0/24, fd00:2::/64
router a { interface wan on isp .1, ::1 ; interface lan on left .1, ::1 }
router b { interface wan on isp .2, ::2 ; interface lan on right .1, ::1 }
wireguard t { between a protecting left and b protecting right ; over %s ; addresses 10.9.0.0/30, fd00:9::/126 ; %s }
expect { t is up }
"""
SMALLEST = {"10.2.0.1": 28, "fd00:2::1": 48}
"""Bytes of an echo request without data."""

SIZES = (28, 29, 31, 32, 33, 47, 48, 49, 63, 64, 65, 128, 653, 1370, 1391, 1392, 1393, 1399, 1400, 1401, 1419, 1420)
DATA = {
    "ipv4": "ip and udp[8] = 4 and udp[4:2] > 40",
    "ipv6": "ip6 and ip6[6] = 17 and ip6[48] = 4 and ip6[4:2] > 40",
}
"""Data messages with content: type 4, and more than a keepalive has."""
HEADERS = {"ipv4": 20 + 8, "ipv6": 40 + 8}


class Capture:
    """What tcpdump has written: a line for each packet."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read = 0

    def of_echo(self, node: Node, goal: str, content: int, headers: int) -> set[int]:
        """Of one echo request that is answered: each is one packet, and those of former ones have been read."""
        for _ in range(5):
            words = ("ping", "-n", "-c", "1", "-W", "10", "-M", "do", "-s", str(content), goal)
            is_answered = node.inside(*words).returncode == 0
            found = self._sizes(headers)
            if is_answered:
                return found
        raise AssertionError(f"{goal} does not answer")

    def _sizes(self, headers: int) -> set[int]:
        """Of the packets since the last call, without the header of the link; waits for one."""
        deadline = monotonic() + 30
        while True:
            lines = self._log.read_text().splitlines()
            found = {headers + int(line.rpartition("length ")[2]) for line in lines[self._read :] if "UDP" in line}
            if found:
                self._read = len(lines)
                return found
            assert monotonic() < deadline, "nothing was captured"
            sleep(0.01)


@contextmanager
def capturing(node: Node, log: Path, what: str) -> Iterator[Capture]:
    said = log.with_suffix(".said")
    with log.open("w") as lines, said.open("w") as errors:
        words = node.command(["tcpdump", "-n", "-l", "--immediate-mode", "-i", "wan", "-Q", "out", what])
        process = subprocess.Popen(words, stdout=lines, stderr=errors)
    try:
        deadline = monotonic() + 30
        while "listening on" not in said.read_text():
            assert process.poll() is None, said.read_text()
            assert monotonic() < deadline, said.read_text()
            sleep(0.01)
        yield Capture(log)
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(("family", "line"), [("ipv4", ""), ("ipv6", ""), ("ipv4", "mtu 1397")])
def test_outer_packets_have_the_bytes_that_are_predicted(pair: Pair, tmp_path: Path, family: str, line: str) -> None:
    text = SITES % (family, line)
    nodes, world = begun(pair, text), World(lab(text))
    assert all(comes(node, IS_UP) for node in nodes)
    captured, predicted = {}, {}
    with capturing(nodes[0], tmp_path / "capture", DATA[family]) as capture:
        for goal, smallest in SMALLEST.items():
            for size in SIZES:
                verdict = ping(world, "a", goal, size)
                if size < smallest or verdict.outcome is Outcome.TOO_BIG:
                    continue
                predicted[goal, size] = {outer(verdict, "isp")[0][3]}
                captured[goal, size] = capture.of_echo(nodes[0], goal, size - smallest, HEADERS[family])
    assert captured == predicted
    assert len(captured) >= 28

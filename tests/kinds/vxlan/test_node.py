"""VXLAN in two nodes: the kernel's device, its list of other ends, and what `down` and `up` change."""

import pytest

from tests.kinds.asking import lab
from tests.kinds.conftest import Pair
from tests.payload.node import Node

OFFICES = """
network isp 192.0.2.0/24
network o 10.5.0.0/24, fd00:5::/64
host a { interface wan on isp .1 ; interface on o .1, ::1 }
host b { interface wan on isp .2 ; interface on o .2, ::2 }
tunnel t vxlan { between a and b ; over ipv4 ; carries o ; vni 42 }
"""
FLOOD = "00:00:00:00:00:00 dst 192.0.2.2 self permanent"


@pytest.fixture
def started(pair: Pair) -> tuple[Node, Node]:
    one, other = pair(lab(OFFICES))
    assert (one.start(), other.start()) == ("", "")
    return one, other


def entries(node: Node) -> list[str]:
    return [" ".join(line.split()) for line in node.inside("bridge", "fdb", "show", "dev", "o").stdout.splitlines()]


def pings(node: Node, address: str) -> bool:
    return node.inside("ping", "-n", "-c", "1", "-W", "2", address).returncode == 0


def test_the_device_is_the_interface_on_the_network(started: tuple[Node, Node]) -> None:
    one, _ = started
    shown = one.inside("ip", "-d", "link", "show", "o").stdout
    assert "mtu 1450" in shown
    assert "vxlan id 42 local 192.0.2.1" in shown
    assert "dstport 4789" in shown
    assert "10.5.0.1/24" in one.inside("ip", "-brief", "address", "show", "o").stdout


def test_what_has_no_known_place_goes_to_the_other_end(started: tuple[Node, Node]) -> None:
    one, _ = started
    assert FLOOD in entries(one)
    assert pings(one, "10.5.0.2")
    assert pings(one, "fd00:5::2")
    assert len(entries(one)) == 2
    assert all("dst 192.0.2.2 self permanent" in entry for entry in entries(one))


def test_a_node_says_that_it_is_ready_and_its_tunnel_up(started: tuple[Node, Node]) -> None:
    one, _ = started
    assert one.verb("ready").returncode == 0
    assert "tunnel\tt\tt\tup\tboot\tkernel\n" in one.verb("status").stdout


def test_down_takes_the_other_end_out_of_the_list_and_up_brings_it_back(started: tuple[Node, Node]) -> None:
    one, _ = started
    assert pings(one, "10.5.0.2")
    assert one.verb("down", "t").returncode == 0
    assert entries(one) == []
    assert "tunnel\tt\tt\tdown\tboot\tkernel\n" in one.verb("status").stdout
    assert not pings(one, "10.5.0.2")
    assert one.verb("up", "t").returncode == 0
    assert FLOOD in entries(one)
    assert pings(one, "10.5.0.2")

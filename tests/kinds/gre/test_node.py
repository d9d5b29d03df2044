"""GRE in a node: this machine's kernel has no such device, so socat carries the packets (in the kernel: tests/live)."""

import os
import signal

import pytest

from tests.kinds.asking import lab
from tests.kinds.conftest import Pair
from tests.payload.node import Node

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24, fd00:2::/64
router a { interface wan on isp .1 ; interface lan on left .1 }
router b { interface wan on isp .2 ; interface lan on right .1, ::1 }
tunnel t gre { between a protecting left and b protecting right ; over ipv4 ; addresses 10.9.0.0/30 ; %s }
"""


def tunnel(node: Node) -> list[str]:
    """Of `status`: child, state, start, kernel or user."""
    lines = (line.split("\t") for line in node.verb("status").stdout.splitlines())
    return next(line[2:] for line in lines if line[0] == "tunnel")


def comes(node: Node, condition: str) -> bool:
    """Whether a shell condition comes to hold."""
    script = f"until {condition}; do sleep 0.02; done"
    return node.inside("timeout", "15", "sh", "-c", script).returncode == 0


def pings(node: Node, address: str) -> bool:
    return node.inside("ping", "-n", "-c", "1", "-W", "2", address).returncode == 0


IS_UP = '[ -e "$NETDSL_STATE/tunnel/t/up" ]'


@pytest.fixture
def started(pair: Pair) -> tuple[Node, Node]:
    one, other = pair(lab(SITES % ""))
    assert (one.start(), other.start()) == ("", "")
    return one, other


def test_both_ends_are_ready_and_packets_of_both_families_pass(started: tuple[Node, Node]) -> None:
    one, _ = started
    assert one.verb("ready").returncode == 0
    assert tunnel(one) in (["t", "up", "boot", "user"], ["t", "up", "boot", "kernel"])
    assert all(pings(one, address) for address in ("10.9.0.2", "10.2.0.1"))
    assert "mtu 1476" in one.inside("ip", "link", "show", "t").stdout
    assert "10.2.0.0/24 dev t" in one.inside("ip", "route").stdout
    assert "fd00:2::/64 dev t" in one.inside("ip", "-6", "route").stdout


def test_a_daemon_that_was_killed_comes_back_with_device_and_routes(started: tuple[Node, Node]) -> None:
    one, _ = started
    if tunnel(one)[-1] == "kernel":
        pytest.skip("this kernel has GRE")
    pid = int((one.state / "daemon/t").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert comes(
        one, f'[ -e "$NETDSL_STATE/daemon/t" ] && read -r pid _ <"$NETDSL_STATE/daemon/t" && [ "$pid" != {pid} ]'
    )
    assert comes(one, IS_UP)
    assert pings(one, "10.2.0.1")
    assert one.verb("ready").returncode == 0


def test_down_takes_the_device_away_and_up_brings_it_back(started: tuple[Node, Node]) -> None:
    one, other = started
    assert one.verb("down", "t").returncode == 0
    assert comes(one, "! [ -e /sys/class/net/t ]")
    assert tunnel(one)[1] == "down"
    assert not pings(other, "10.1.0.1")
    assert "dev t" not in one.inside("ip", "route").stdout
    assert one.verb("up", "t").returncode == 0
    assert comes(one, IS_UP)
    assert pings(other, "10.1.0.1")


HOPS = """
network isp 192.0.2.0/24
network left 10.1.0.0/24, fd00:1::/64
network right 10.2.0.0/24, fd00:2::/64
router a { interface wan on isp .1 ; interface lan on left .1, ::1 ; route right via t.b }
router b { interface wan on isp .2 ; interface lan on right .1, ::1 ; route left via 10.9.0.1, fd00:9::1 }
tunnel t gre { between a.wan and b.wan ; addresses 10.9.0.0/30, fd00:9::/64 }
"""


def test_routes_by_next_hops_inside_come_and_go_with_the_device(pair: Pair) -> None:
    one, other = pair(lab(HOPS))
    assert (one.start(), other.start()) == ("", "")
    assert all(pings(one, address) for address in ("10.2.0.1", "fd00:2::1"))
    assert one.verb("down", "t").returncode == 0
    assert comes(one, "! [ -e /sys/class/net/t ]")
    assert not [line for line in _routes(one) if "dev t" in line]
    assert one.verb("up", "t").returncode == 0
    assert comes(one, IS_UP)
    assert {line.strip() for line in _routes(one)} >= {"10.2.0.0/24 via 10.9.0.2 dev t"}
    assert all(pings(one, address) for address in ("10.2.0.1", "fd00:2::1"))


def _routes(node: Node) -> list[str]:
    return [line for family in ("-4", "-6") for line in node.inside("ip", family, "route").stdout.splitlines()]


UPLINK = """
network isp 192.0.2.0/24
router a { interface wan on isp .1 ; uplink nat ; default via t.b }
router b { interface wan on isp .2 }
tunnel t gre { between a and b ; addresses 10.9.0.0/30, fd00:9::/64 }
"""


def test_a_default_route_into_a_tunnel_stands_for_the_uplinks_while_the_tunnel_is_up(pair: Pair) -> None:
    one, other = pair(lab(UPLINK))
    one.inside("ip", "address", "add", "203.0.113.2/24", "dev", "to-uplink")
    one.inside("ip", "link", "set", "to-uplink", "up")
    one.inside("ip", "route", "add", "default", "via", "203.0.113.1", "dev", "to-uplink")
    assert (one.start(), other.start()) == ("", "")
    assert _defaults(one) == ["via 10.9.0.2 dev t", "via fd00:9::2 dev t"]
    assert one.verb("down", "t").returncode == 0
    assert comes(one, "! [ -e /sys/class/net/t ]")
    assert _defaults(one) == ["via 203.0.113.1 dev uplink"]
    assert one.verb("up", "t").returncode == 0
    assert comes(one, IS_UP)
    assert _defaults(one) == ["via 10.9.0.2 dev t", "via fd00:9::2 dev t"]


def _defaults(node: Node) -> list[str]:
    lines = (node.inside("ip", family, "route", "show", "default").stdout.splitlines() for family in ("-4", "-6"))
    return [" ".join(line.split()[1:5]) for found in lines for line in found]


CHANGED = """
table ip changed {
	chain sent {
		type filter hook postrouting priority 300;
		meta l4proto 47 ip saddr set 192.0.2.3
	}
}
"""


def test_packets_of_another_address_are_not_the_tunnels(started: tuple[Node, Node]) -> None:
    one, other = started
    assert pings(one, "10.2.0.1")
    assert other.inside("nft", "-f", "-", text=CHANGED).returncode == 0
    assert not pings(one, "10.2.0.1")


def test_a_key_that_neither_kernel_nor_user_space_has_ends_the_node_with_the_reason(pair: Pair) -> None:
    one, _ = pair(lab(SITES % "key 7"))
    said = one.start()
    if said == "":
        pytest.skip("this kernel has GRE")
    assert "tunnel t: this kernel has no such device, and GRE in user space has no key" in said
    assert "this kernel has no such device" in one.verb("ready").stdout

"""Devices whose outer packets cannot be sent: they stay, and packets are lost, in the kernel as in user space."""

import pytest

from tests.kinds.asking import lab
from tests.kinds.conftest import Pair
from tests.payload.node import Node

SITES = """
network isp 192.0.2.0/24, fd00:5::/64
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .1, ::1 ; interface lan on left .1 }
router b { interface wan on isp .2, ::2 ; interface lan on right .1 }
tunnel t %s { between a protecting left and b protecting right ; over %s ; addresses 10.9.0.0/30 }
"""
KINDS = pytest.mark.parametrize(("kind", "family"), [("gre", "ipv4"), ("gre", "ipv6"), ("ipip", "ipv4")])
OUTER = {"gre": "47", "ipip": "4"}
"""IP protocols."""
DROPPED = "table inet changed { chain sent { type filter hook output priority 0; meta l4proto %s drop; }; }"
IS_UP = '[ -e "$NETDSL_STATE/tunnel/t/up" ]'
EMPTY = "from socket import *; import sys; socket(type=SOCK_RAW, proto=int(sys.argv[1])).sendto(b'', ('192.0.2.1', 0))"
WITHOUT_A_WAY = """address add 192.0.2.1/32 dev wan
address add fd00:5::1/128 dev wan nodad
address add 10.1.0.1/24 dev lan
"""


def pings(node: Node, address: str) -> bool:
    return node.inside("ping", "-n", "-c", "1", "-W", "2", address).returncode == 0


def comes(node: Node, condition: str) -> bool:
    """Whether a shell condition comes to hold."""
    return node.inside("timeout", "15", "sh", "-c", f"until {condition}; do sleep 0.02; done").returncode == 0


def daemon(node: Node) -> str:
    """socat's process; "" of a device in the kernel."""
    file = node.state / "daemon/t"
    return file.read_text().split()[0] if file.exists() else ""


def received(node: Node) -> int:
    """Packets that came out of the tunnel."""
    return int(node.inside("cat", "/sys/class/net/t/statistics/rx_packets").stdout)


@KINDS
def test_a_device_without_a_way_to_the_other_end_is_ready_and_carries_once_there_is_one(
    pair: Pair, kind: str, family: str
) -> None:
    one, other = pair(lab(SITES % (kind, family)))
    one.data(addresses__batch=WITHOUT_A_WAY)
    assert (one.start(), other.start()) == ("", "")
    before = daemon(one)
    assert one.verb("ready").returncode == 0
    assert not pings(one, "10.2.0.1")
    assert pings(one, "10.1.0.1")
    assert "10.2.0.0/24 dev t" in one.inside("ip", "route").stdout
    assert "LOWER_UP" in one.inside("ip", "link", "show", "t").stdout
    prefix = "192.0.2.0/24" if family == "ipv4" else "fd00:5::/64"
    assert one.inside("ip", "route", "add", prefix, "dev", "wan").returncode == 0
    assert pings(one, "10.2.0.1")
    assert daemon(one) == before
    assert one.verb("ready").returncode == 0


@KINDS
def test_a_device_whose_packets_a_filter_drops_stays_and_takes_those_of_the_other_end(
    pair: Pair, kind: str, family: str
) -> None:
    one, other = pair(lab(SITES % (kind, family)))
    assert one.inside("nft", "-f", "-", text=DROPPED % OUTER[kind]).returncode == 0
    assert (one.start(), other.start()) == ("", "")
    before, count = daemon(one), received(one)
    assert one.verb("ready").returncode == 0
    assert not pings(one, "10.2.0.1")
    assert not pings(other, "10.1.0.1")
    assert received(one) > count
    assert one.inside("nft", "delete", "table", "inet", "changed").returncode == 0
    assert pings(one, "10.2.0.1")
    assert daemon(one) == before


@pytest.mark.parametrize("kind", ["gre", "ipip"])
def test_an_outer_packet_without_content_does_not_leave_a_device_that_reads_no_more(pair: Pair, kind: str) -> None:
    one, other = pair(lab(SITES % (kind, "ipv4")))
    assert (one.start(), other.start()) == ("", "")
    before = daemon(one)
    assert other.inside("python3", "-c", EMPTY, OUTER[kind]).returncode == 0
    assert comes(one, f'[ "$(cut -d" " -f1 "$NETDSL_STATE/daemon/t" 2>/dev/null)" != "{before or "-"}" ] && {IS_UP}')
    assert pings(one, "10.2.0.1")


def test_a_device_that_a_command_deletes_comes_back_and_its_first_process_ends(pair: Pair) -> None:
    one, other = pair(lab(SITES % ("gre", "ipv4")))
    assert (one.start(), other.start()) == ("", "")
    before = daemon(one)
    assert one.inside("ip", "link", "delete", "dev", "t").returncode == 0
    assert comes(one, "ip route show dev t 2>/dev/null | grep -q 10.2.0.0/24")
    assert pings(one, "10.2.0.1")
    assert before == "" or comes(one, f"! kill -0 {before} 2>/dev/null")


def test_a_socket_that_cannot_be_made_ends_the_node_with_the_reason(pair: Pair) -> None:
    one, _ = pair(lab(SITES % ("gre", "ipv4")))
    one.data(addresses__batch="address add 10.1.0.1/24 dev lan\n")
    said = one.start()
    if said == "":
        pytest.skip("the kernel has GRE, and its device waits for an address")
    assert "Cannot assign requested address" in said
    assert "netdsl: not ready: tunnel t: socat makes no device" in said

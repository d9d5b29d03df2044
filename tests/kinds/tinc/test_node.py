"""tinc in a node, with the real daemon."""

import os
import signal

import pytest

from netdsl.ir.lab import Lab
from netdsl.verify import World
from tests.kinds.asking import end, lab, outer, ping
from tests.kinds.conftest import Pair
from tests.kinds.tinc.keys import give_keys
from tests.payload.node import Node
from tests.verify.asking import checked

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24, fd00:2::/64
router a { interface wan on isp .1 ; interface lan on left .1 }
router b { interface wan on isp .2 ; interface lan on right .1, ::1 }
tinc t {
  between a protecting left and b protecting right
  over ipv4
  addresses 10.9.0.0/30, fd00:9::/126
  %s
}
"""
IS_UP = '[ -e "$NETDSL_STATE/tunnel/t/up" ]'


def comes(node: Node, condition: str, seconds: int = 20) -> bool:
    """Whether a shell condition comes to hold."""
    script = f"until {condition}; do sleep 0.02; done"
    return node.inside("timeout", str(seconds), "sh", "-c", script).returncode == 0


def pings(node: Node, address: str, *options: str) -> bool:
    """Whether an answer comes: a lost packet is followed by others."""
    return node.inside("ping", "-n", "-c", "1", "-w", "5", *options, address).returncode == 0


def tunnel(node: Node) -> list[str]:
    """Of `status`: child, state, start, kernel or user."""
    lines = (line.split("\t") for line in node.verb("status").stdout.splitlines())
    return next(line[2:] for line in lines if line[0] == "tunnel")


def begun(pair: Pair, found: Lab) -> tuple[Node, Node]:
    nodes = pair(found)
    for name, node in zip("ab", nodes, strict=True):
        give_keys(found, name, node)
        assert node.start() == ""
    return nodes


@pytest.fixture
def started(pair: Pair) -> tuple[Node, Node]:
    return begun(pair, lab(SITES % ""))


def test_both_ends_come_up_by_themselves_and_packets_of_both_families_pass(started: tuple[Node, Node]) -> None:
    one, other = started
    assert all(comes(node, IS_UP) for node in started)
    assert one.verb("ready").returncode == 0
    assert tunnel(one) == ["t", "up", "boot", "user"]
    assert all(pings(one, address) for address in ("10.9.0.2", "fd00:9::2", "10.2.0.1", "fd00:2::1"))
    assert pings(other, "10.1.0.1")
    assert "mtu 1437" in one.inside("ip", "link", "show", "t").stdout
    assert pings(one, "10.9.0.2", "-M", "do", "-s", str(1437 - 28))
    assert not pings(one, "10.9.0.2", "-M", "do", "-s", str(1438 - 28))
    files = sorted(file for file in (one.state / "credentials/tinc/t").iterdir() if file.name.startswith("rsa"))
    assert [(file.name, file.stat().st_mode & 0o777) for file in files] == [("rsa_key.priv", 0o600)]
    pid = (one.state / "daemon/tinc-t").read_text().split()[0]
    status = one.inside("cat", f"/proc/{pid}/status").stdout
    assert [line.split()[1] for line in status.splitlines() if line.startswith("CapEff")] == ["0" * 16]


SIZES = (28, 60, 61, 77, 500, 1400, 1437)


@pytest.mark.parametrize("line", ["", "cipher des-ede3-cbc ; digest sha512 ; mac 64", "cipher none ; digest none"])
def test_outer_packets_have_the_predicted_bytes(pair: Pair, line: str) -> None:
    """Counted by the filter of the node that they come to."""
    found = checked(SITES % line).lab
    assert found is not None
    nodes = begun(pair, found)
    one, other = nodes
    assert all(comes(node, IS_UP) for node in nodes)
    assert pings(one, "10.9.0.2")
    world, sizes = World(found), [size for size in SIZES if size <= (end(found, "a", "t").room or 0)]
    expected = [outer(ping(world, "a", "10.9.0.2", size), "isp")[0][3] for size in sizes]
    lines = "\n".join(f"iifname wan udp dport 655 ip length {size} counter" for size in dict.fromkeys(expected))
    rules = f"table ip seen {{\nchain c {{\ntype filter hook prerouting priority -300\n{lines}\n}}\n}}\n"
    assert other.inside("nft", "-f", "-", text=rules).returncode == 0
    assert all(pings(one, "10.9.0.2", "-s", str(size - 28)) for size in sizes)
    counted = [
        line for line in other.inside("nft", "list", "table", "ip", "seen").stdout.splitlines() if "counter" in line
    ]
    assert len(counted) == len(set(expected))
    assert [line.strip() for line in counted if "packets 0 " in line] == []


def test_a_daemon_that_was_killed_comes_back_and_down_keeps_it_apart(started: tuple[Node, Node]) -> None:
    one, other = started
    assert all(comes(node, IS_UP) for node in started)
    file = one.state / "daemon/tinc-t"
    pid = int(file.read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert comes(one, f'read -r pid _ <"{file}" && [ "$pid" != {pid} ]')
    assert comes(one, "ping -n -c 1 -W 1 10.2.0.1 >&2")
    assert comes(other, "ping -n -c 1 -W 1 10.1.0.1 >&2")
    assert all(comes(node, IS_UP) for node in started)

    assert one.verb("down", "t").returncode == 0
    assert tunnel(one)[1] == "down"
    assert comes(other, f"! {IS_UP}")
    assert not pings(other, "10.1.0.1")
    assert comes(one, "ping -n -c 1 -W 1 10.2.0.1 | grep -q 'From 10.2.0.1 .*Net Un'")  # the daemon's own answer
    assert "10.2.0.0/24 dev t" in one.inside("ip", "route").stdout
    assert one.verb("up", "t").returncode == 0
    assert all(comes(node, IS_UP) for node in started)
    assert comes(other, "ping -n -c 1 -W 1 10.1.0.1 >&2")

"""WireGuard in a node: this machine's kernel has no such device, so wireguard-go carries the packets."""

import os
import signal

import pytest

from tests.kinds.asking import lab
from tests.kinds.conftest import Pair
from tests.kinds.wireguard.keys import give_keys
from tests.payload.node import Node

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24, fd00:2::/64
router a { interface wan on isp .1 ; interface lan on left .1 }
router b { interface wan on isp .2 ; interface lan on right .1, ::1 }
wireguard t {
  between a protecting left and b protecting right
  over ipv4
  addresses 10.9.0.0/30, fd00:9::/126
  memory 24MiB
  psk yes
}
"""
IS_UP = '[ -e "$NETDSL_STATE/tunnel/t/up" ]'
IS_DOWN = '! [ -e "$NETDSL_STATE/tunnel/t/up" ]'


def comes(node: Node, condition: str, seconds: int = 15) -> bool:
    """Whether a shell condition comes to hold."""
    script = f"until {condition}; do sleep 0.02; done"
    return node.inside("timeout", str(seconds), "sh", "-c", script).returncode == 0


def pings(node: Node, address: str, *options: str, seconds: int = 5) -> bool:
    """Whether an answer comes: a lost packet, and a first one that waits for a handshake, are followed by others."""
    return node.inside("ping", "-n", "-c", "1", "-w", str(seconds), *options, address).returncode == 0


def is_silent(node: Node, address: str, *options: str) -> bool:
    """Where the same has passed, or does afterwards."""
    return not pings(node, address, *options, seconds=2)


def tunnel(node: Node) -> list[str]:
    """Of `status`: child, state, start, kernel or user."""
    lines = (line.split("\t") for line in node.verb("status").stdout.splitlines())
    return next(line[2:] for line in lines if line[0] == "tunnel")


def space(node: Node) -> str:
    return tunnel(node)[-1]


def begun(pair: Pair, text: str) -> tuple[Node, Node]:
    found = lab(text)
    nodes = pair(found)
    for name, node in zip("ab", nodes, strict=True):
        give_keys(found, name, node)
        assert node.start() == ""
    return nodes


@pytest.fixture
def started(pair: Pair) -> tuple[Node, Node]:
    return begun(pair, SITES)


def test_both_ends_come_up_by_themselves_and_packets_of_both_families_pass(started: tuple[Node, Node]) -> None:
    one, other = started
    assert all(comes(node, IS_UP) for node in started)
    assert one.verb("ready").returncode == 0
    assert tunnel(one)[:3] == ["t", "up", "boot"]
    assert all(pings(one, address) for address in ("10.9.0.2", "fd00:9::2", "10.2.0.1", "fd00:2::1"))
    assert pings(other, "10.1.0.1")
    assert "mtu 1440" in one.inside("ip", "link", "show", "t").stdout


def test_a_packet_of_the_devices_mtu_passes_and_a_larger_one_does_not(started: tuple[Node, Node]) -> None:
    one, _ = started
    assert all(comes(node, IS_UP) for node in started)
    assert pings(one, "10.9.0.2", "-M", "do", "-s", str(1440 - 28))
    assert is_silent(one, "10.9.0.2", "-M", "do", "-s", str(1441 - 28))


def test_a_daemon_that_was_killed_comes_back_and_the_tunnel_with_it(started: tuple[Node, Node]) -> None:
    one, other = started
    assert all(comes(node, IS_UP) for node in started)
    if space(one) == "kernel":
        pytest.skip("this kernel has WireGuard")
    file = one.state / "daemon/wireguard-t"
    pid = int(file.read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert comes(one, f'read -r pid _ <"{file}" && [ "$pid" != {pid} ]')
    assert comes(one, "ping -n -c 1 -W 1 10.2.0.1 >&2")
    assert comes(other, "ping -n -c 1 -W 1 10.1.0.1 >&2")


def test_down_leaves_the_device_that_leads_nowhere_and_up_brings_the_peer_back(started: tuple[Node, Node]) -> None:
    one, other = started
    assert all(comes(node, IS_UP) for node in started)
    assert one.verb("down", "t").returncode == 0
    assert tunnel(one)[1] == "down"
    assert is_silent(other, "10.1.0.1")
    assert is_silent(one, "10.2.0.1")
    assert "10.2.0.0/24 dev t" in one.inside("ip", "route").stdout
    assert one.verb("up", "t").returncode == 0
    assert comes(one, IS_UP)
    assert pings(other, "10.1.0.1")


FOREIGN = "10.7.0.1"


def test_a_packet_with_a_source_that_is_not_behind_the_peer_is_dropped(started: tuple[Node, Node]) -> None:
    one, _ = started
    assert all(comes(node, IS_UP) for node in started)
    one.inside("ip", "address", "add", f"{FOREIGN}/32", "dev", "lo")
    assert pings(one, "10.2.0.1", "-I", "10.1.0.1")
    assert is_silent(one, "10.2.0.1", "-I", FOREIGN)


SECRET = ("PrivateKey", "PresharedKey")  # of `t.conf`, of `t.peer`


def test_keys_are_files_of_the_owner_alone_and_in_no_status(started: tuple[Node, Node]) -> None:
    one, _ = started
    assert all(comes(node, IS_UP) for node in started)
    files = sorted((one.state / "credentials/wireguard").iterdir())
    assert [(file.name, file.stat().st_mode & 0o777) for file in files] == [("t.conf", 0o600), ("t.peer", 0o600)]
    secrets = [
        file.read_text().split(f"{name} = ")[1].splitlines()[0] for file, name in zip(files, SECRET, strict=True)
    ]
    written = [file for file in one.state.rglob("*") if file.is_file() and file not in files]
    assert one.state / "wireguard/t.peers" in written
    shown = [one.verb("status").stdout, one.inside("ps", "-eo", "args").stdout, *(file.read_text() for file in written)]
    assert [text for text in shown if any(secret in text for secret in secrets)] == []

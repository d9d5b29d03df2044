"""OpenVPN in a node, by Debian's daemon."""

import os
import re
import signal
from pathlib import Path

import pytest

from netdsl.kinds.openvpn.ir import cipher_of
from netdsl.kinds.openvpn.sight import is_control
from netdsl.testing.sight import frames
from tests.kinds.asking import end
from tests.kinds.conftest import Pair
from tests.kinds.openvpn.keys import give_keys
from tests.payload.node import Node
from tests.verify.asking import lab as broken

NETWORKS = """
network isp 192.0.2.0/24, fd00:5::/64
network left 10.1.0.0/24
network right 10.2.0.0/24, fd00:2::/64
router a { interface wan on isp .1, ::1 ; interface lan on left .1 }
router b { interface wan on isp .2, ::2 ; interface lan on right .1, ::1 }
"""
SITES = """
openvpn t {
  between a protecting left and b protecting right
  over ipv4
  addresses 10.9.0.0/30, fd00:9::/126
  keepalive 1s
}
"""
HUB = SITES.replace("between a protecting left and b", "gateway a protecting left\n  client b").replace("ipv4", "ipv6")
IS_UP = '[ -e "$NETDSL_STATE/tunnel/t/up" ]'
IS_DOWN = '! [ -e "$NETDSL_STATE/tunnel/t/up" ]'


def comes(node: Node, condition: str, seconds: int = 30) -> bool:
    """Whether a shell condition comes to hold."""
    script = f"until {condition}; do sleep 0.02; done"
    return node.inside("timeout", str(seconds), "sh", "-c", script).returncode == 0


def pings(node: Node, address: str, *options: str) -> bool:
    """Whether an answer comes: lost packets are followed by others."""
    return node.inside("ping", "-n", "-c", "1", "-w", "5", *options, address).returncode == 0


def tunnel(node: Node) -> list[str]:
    """Of `status`: child, state, start, kernel or user."""
    lines = (line.split("\t") for line in node.verb("status").stdout.splitlines())
    return next(line[2:] for line in lines if line[0] == "tunnel")


def begun(pair: Pair, text: str, folder: Path) -> tuple[Node, Node]:
    found = broken(NETWORKS + text)
    one, other = pair(found)
    give_keys(found, folder / "store", a=one, b=other)
    assert one.start() == ""
    assert other.start() == ""
    return one, other


TCP = "  listen tcp/1194\n}"
CBC = "  cipher aes-256-cbc\n  digest %s\n}"


@pytest.fixture(
    params=[SITES, HUB, *(pytest.param(one.replace("}", TCP), marks=pytest.mark.full) for one in (SITES, HUB))],
    ids=["between", "gateway", "between-tcp", "gateway-tcp"],
)
def started(pair: Pair, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Node, Node]:
    nodes = begun(pair, request.param, tmp_path)
    assert all(comes(node, IS_UP) for node in nodes), "\n".join(node.log() for node in nodes)
    return nodes


def test_both_ends_come_up_by_themselves_and_packets_of_both_families_pass(started: tuple[Node, Node]) -> None:
    one, other = started
    assert other.verb("ready").returncode == 0
    assert tunnel(one) == ["t", "up", "boot", "user"]
    assert all(pings(one, address) for address in ("10.9.0.2", "fd00:9::2", "10.2.0.1", "fd00:2::1"))
    assert pings(other, "10.1.0.1")


@pytest.mark.parametrize(
    "text",
    [SITES, HUB, *(SITES.replace("}", CBC % digest) for digest in ("sha1", "sha256"))],
    ids=["between", "gateway", "cbc-sha1", "cbc-sha256"],
)
def test_what_is_on_the_wire_has_the_size_that_was_predicted_to_the_byte(pair: Pair, tmp_path: Path, text: str) -> None:
    """Up to the MTU of the device; IPv6 has its length without its header."""
    one, other = begun(pair, text, tmp_path)
    assert all(comes(node, IS_UP) for node in (one, other))
    cipher = cipher_of(end(broken(NETWORKS + text), "a", "t"))
    mtu = int(one.inside("cat", "/sys/class/net/t/mtu").stdout)
    sizes = (28, 29, 84, *range(500, 517), 1300, mtu - 1, mtu)
    sent = "; ".join(f"ping -n -c 1 -w 5 -M do -s {size - 28} 10.9.0.2 >&2 || exit 1" for size in sizes)
    recorded = one.inside("sh", "-c", f'{_RECORD} {sent}; kill "$!"; wait "$!"; tcpdump -n -r "$NETDSL_STATE/pcap"')
    lengths = {int(found) for found in re.findall(r"length (\d+)", recorded.stdout)}
    assert {cipher.sealed(size) for size in sizes} <= lengths
    assert lengths <= {cipher.sealed(size) for size in (16, *sizes)}
    assert max(lengths) <= 1500 - {SITES: 28, HUB: 48}.get(text, 28)
    assert not pings(one, "10.9.0.2", "-M", "do", "-s", str(mtu + 1 - 28))


@pytest.mark.parametrize("text", [SITES, HUB], ids=["between", "gateway"])
def test_a_packet_alone_in_a_stream_has_the_size_that_was_predicted_to_the_byte(
    pair: Pair, tmp_path: Path, text: str
) -> None:
    """With the headers of IP and TCP, and its timestamps. What is larger than a segment passes, too, in several."""
    text = text.replace("}", TCP.replace("}", "  mtu 3000\n}"))
    one, other = begun(pair, text, tmp_path)
    assert all(comes(node, IS_UP) for node in (one, other))
    found = end(broken(NETWORKS + text), "a", "t")
    sizes = (28, 29, 84, *range(500, 517), 1300)
    sent = "; ".join(f"ping -n -c 1 -w 5 -M do -s {size - 28} 10.9.0.2 >&2 || exit 1" for size in (*sizes, 1500, 3000))
    record = _RECORD.replace("udp", "tcp")
    one.inside("sh", "-c", f'{record} {sent}; kill "$!"; wait "$!"')
    seen = [frame for frame in frames((one.state / "pcap").read_bytes()) if not is_control(6, frame.content)]
    fixed = found.overhead - cipher_of(found).most
    assert {cipher_of(found).sealed(size) + fixed for size in sizes} <= {frame.length for frame in seen}
    assert not pings(one, "10.9.0.2", "-M", "do", "-s", str(3001 - 28))


_RECORD = """tcpdump -Z root --immediate-mode -U -n -i wan -w "$NETDSL_STATE/pcap" udp port 1194 2>"$NETDSL_STATE/tcpdump" &
until grep -q listening "$NETDSL_STATE/tcpdump"; do sleep 0.02; done;"""


@pytest.mark.parametrize("which", [pytest.param(0, marks=pytest.mark.full), 1])
def test_a_daemon_that_was_killed_comes_back_and_the_tunnel_with_it(started: tuple[Node, Node], which: int) -> None:
    one, other = started
    file = started[which].state / "daemon/openvpn-t"
    pid = int(file.read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert comes(started[which], f'read -r pid _ <"{file}" && [ "$pid" != {pid} ]')
    assert comes(one, "ping -n -c 1 -W 1 10.2.0.1 >&2")
    assert comes(other, "ping -n -c 1 -W 1 fd00:9::1 >&2")
    assert all(comes(node, IS_UP) for node in started)


@pytest.mark.parametrize("which", [pytest.param(0, marks=pytest.mark.full), 1])
def test_down_leaves_the_device_that_leads_nowhere_and_up_brings_it_back(
    started: tuple[Node, Node], which: int
) -> None:
    one, other = started
    node = started[which]
    assert node.verb("down", "t").returncode == 0
    assert tunnel(node)[1] == "down"
    assert comes(started[1 - which], IS_DOWN)
    assert not pings(one, "10.2.0.1")
    assert tunnel(node)[1] == "down"
    assert "10.2.0.0/24 dev t" in one.inside("ip", "route").stdout
    assert node.verb("up", "t").returncode == 0
    assert all(comes(each, IS_UP) for each in started)
    assert pings(other, "10.1.0.1")


FOREIGN = "10.7.0.1"


def test_a_server_drops_a_packet_with_a_source_that_is_not_the_clients(pair: Pair, tmp_path: Path) -> None:
    one, other = begun(pair, HUB, tmp_path)
    assert all(comes(node, IS_UP) for node in (one, other))
    other.inside("ip", "address", "add", f"{FOREIGN}/32", "dev", "lo")
    one.inside("ip", "route", "add", f"{FOREIGN}/32", "dev", "t")
    assert pings(other, "10.1.0.1", "-I", "10.2.0.1")
    assert not pings(other, "10.1.0.1", "-I", FOREIGN)
    assert not pings(one, FOREIGN)


def test_keys_are_files_of_the_owner_alone_and_in_no_status_or_log(started: tuple[Node, Node]) -> None:
    one, _ = started
    folder = one.state / "openvpn/t"
    secrets = [folder / "key.pem", folder / "tls-crypt.key"]
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    said = one.verb("status").stdout + one.log()
    assert not [line for file in secrets for line in file.read_text().splitlines()[1:-1] if line in said]
    assert "openvpn\tt\t" in one.verb("status").stdout

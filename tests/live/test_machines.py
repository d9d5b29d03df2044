"""What only virtual machines have: the way in that Vagrant needs, bridges on the host, boots and provisioning.

Each negative has its control beside it: the same probe once the wall around `mgmt` is taken out of those machines.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from ipaddress import IPv4Interface, IPv4Network, ip_interface
from pathlib import Path

import pytest

from tests.live import hypervisor
from tests.live.inside import Inside, read_inside, same_keys
from tests.live.story import Running
from tests.live.studies import SMALL_STUDIES
from tests.live.vagrant import VagrantLab

pytestmark = [pytest.mark.live, pytest.mark.vm]

ICMP = 1
WALL = (("inet", "netdsl_mgmt"), ("arp", "netdsl_mgmt"))
ONCE = pytest.mark.parametrize("virtual", SMALL_STUDIES[:1], indirect=True, ids=lambda study: study.name)


@pytest.fixture
def lab(virtual: Running) -> VagrantLab:
    assert isinstance(virtual.lab, VagrantLab)
    return virtual.lab


def management_of(lab: VagrantLab, node: str) -> IPv4Interface:
    """The one address of a node's `mgmt`."""
    (link,) = json.loads(lab.say(node, "ip", "-j", "address", "show", "dev", "mgmt"))
    (address,) = link["addr_info"]
    return IPv4Interface(f"{address['local']}/{address['prefixlen']}")


@contextmanager
def without(lab: VagrantLab, tables: dict[str, tuple[tuple[str, str], ...]]) -> Iterator[None]:
    """Nodes without these tables; their inside made anew afterwards, which brings them back."""
    try:
        for node, gone in tables.items():
            for family, table in gone:
                lab.say(node, "nft", "delete", "table", family, table)
        yield
    finally:
        for node in tables:
            lab.restart(node)


# --- the host


@ONCE
def test_the_host_has_no_address_on_a_network_of_the_lab(virtual: Running, lab: VagrantLab) -> None:
    names = hypervisor.say(lab.machine, "net-list", "--name").split()
    segments = [name for name in names if name.startswith(f"{lab.project}.")]
    assert len(segments) == virtual.study.size[1]
    for segment in segments:
        bridge = hypervisor.bridge_of(lab.machine, segment)
        assert lab.machine.say("ip", "-o", "address", "show", "dev", bridge) == ""
    assert lab.host_address()  # it has one on the management network's


# --- the interface mgmt


@ONCE
def test_mgmt_lies_outside_of_the_lab_and_leads_nowhere(lab: VagrantLab) -> None:
    ranges: set[IPv4Network] = set()
    prefixes = set()
    for node in lab.nodes():
        ranges.add(management_of(lab, node).network)
        for link in json.loads(lab.say(node, "ip", "-j", "address", "show")):
            held = (f"{one['local']}/{one['prefixlen']}" for one in link["addr_info"] if one["scope"] == "global")
            prefixes |= {ip_interface(address).network for address in held if link["ifname"] != "mgmt"}
        routes = lab.say(node, "sh", "-c", "ip -4 route show table all; ip -6 route show table all")
        over = [line for line in routes.splitlines() if " dev mgmt" in line]
        assert not [line for line in over if line.startswith(("default", "unreachable"))]
        assert not [line for line in over if " via " in line]
        assert "uplink" not in lab.say(node, "ip", "-brief", "link")
    (management,) = ranges
    assert len(prefixes) >= 4
    assert [prefix for prefix in prefixes if isinstance(prefix, IPv4Network) and prefix.overlaps(management)] == []


@ONCE
def test_a_gateway_that_drops_everything_is_reached_by_vagrant(virtual: Running, lab: VagrantLab) -> None:
    for gateway in virtual.study.gateways:
        assert "policy drop" in lab.say(gateway, "nft", "list", "chain", "inet", "netdsl", "input")
    assert lab.vagrant("ssh", virtual.study.gateways[0], "--command", "hostname").strip() == virtual.study.gateways[0]


@ONCE
def test_machines_do_not_meet_over_mgmt(lab: VagrantLab) -> None:
    """Neither each other nor the host, by no protocol."""
    client, server = management_of(lab, "client"), management_of(lab, "server")
    host = lab.host_address()

    def reached() -> tuple[bool, ...]:
        connect = lab.run("client", "timeout", "20", "busybox", "nc", "-w", "10", str(server.ip), "22", timeout=60)
        return (
            *(address in lab.pings("client", address) for address in (str(server.ip), host)),
            "SSH" in connect.stdout,
        )

    assert client.network == server.network
    assert reached() == (False, False, False)
    with without(lab, {"client": WALL, "server": WALL}):
        assert reached() == (True, True, True)
    assert reached() == (False, False, False)


@ONCE
def test_no_management_address_answers_on_a_network_of_the_lab(lab: VagrantLab) -> None:
    gateway = str(management_of(lab, "a-gw").ip)

    def answers() -> bool:
        return lab.run("client", "ping", "-n", "-c", "2", "-W", "8", "-I", "lan", gateway, timeout=60).returncode == 0

    assert not answers()
    with without(lab, {"client": WALL}):
        assert not answers()  # the other's wall alone
    with without(lab, {"client": WALL, "a-gw": WALL}):
        assert answers()


@ONCE
def test_no_gateway_carries_anything_to_mgmt(lab: VagrantLab, tmp_path: Path) -> None:
    """From the client to the server's address there, by way of the gateway: seen on its `mgmt`, where it would come out."""
    server = str(management_of(lab, "server").ip)

    def carried(name: str) -> bool:
        with lab.capture("a-gw", "mgmt", tmp_path / name) as seen:
            lab.run("client", "ping", "-n", "-c", "3", "-i", "0.5", "-W", "1", "-I", "lan", server, timeout=60)
            passed = lab.machine.wait_until(
                lambda: any(packet.destination == server and packet.protocol == ICMP for packet in seen.packets()), 1
            )
        return passed is not None

    with without(lab, {"client": WALL}):
        lab.say("client", "ip", "route", "add", server, "via", "10.1.0.1", "dev", "lan")
        assert not carried("walled.pcap")
        with without(lab, {"a-gw": (*WALL, ("inet", "netdsl"))}):
            assert carried("bare.pcap")


@ONCE
def test_nothing_comes_into_the_lab_from_mgmt(lab: VagrantLab, tmp_path: Path) -> None:
    """From the router to the client, by way of the gateway's management address: seen on the client's network."""
    gateway, router = str(management_of(lab, "a-gw").ip), str(management_of(lab, "internet").ip)

    def carried(name: str) -> bool:
        with lab.capture("a-gw", "lan", tmp_path / name) as seen:
            lab.run("internet", "ping", "-n", "-c", "3", "-i", "0.5", "-W", "1", "10.1.0.2", timeout=60)
            passed = lab.machine.wait_until(lambda: any(packet.source == router for packet in seen.packets()), 1)
        return passed is not None

    with without(lab, {"internet": WALL}):
        lab.say("internet", "ip", "route", "add", "10.1.0.2/32", "via", gateway, "dev", "mgmt")
        assert not carried("walled.pcap")
        with without(lab, {"a-gw": (*WALL, ("inet", "netdsl"))}):
            assert carried("bare.pcap")


@pytest.mark.parametrize("virtual", SMALL_STUDIES, indirect=True, ids=lambda study: study.name)
def test_the_port_of_ssh_is_closed_on_the_labs_interfaces(virtual: Running, lab: VagrantLab) -> None:
    """As in a container, where nobody listens: refused at once, not silently dropped."""
    gateway = virtual.study.gateways[1]
    address = "10.1.0.2" if virtual.study.name == "two-sites" else "fc00:4300:b::2"

    def says() -> str:
        words = ("timeout", "60", "busybox", "nc", "-w", "20", address, "22")
        return "".join((done := lab.run(gateway, *words, timeout=90)).stdout + done.stderr)

    lab.say(gateway, "nft", "insert", "rule", "inet", "netdsl", "output", "tcp", "dport", "22", "accept")
    try:
        assert "refused" in says()
        with without(lab, {"server": WALL}):
            assert "SSH-2.0" in says()
    finally:
        lab.restart(gateway)


# --- what is inside


@ONCE
def test_interfaces_are_found_by_their_mac_address(lab: VagrantLab) -> None:
    for node in lab.nodes():
        records = (lab.folder / "payload/nodes" / node / "interfaces.tsv").read_text().splitlines()
        for mac, name, _ in (line.split("\t") for line in records):
            assert lab.say(node, "cat", f"/sys/class/net/{name}/address").strip() == mac


@ONCE
def test_every_file_of_the_payload_is_there_byte_for_byte(virtual: Running, lab: VagrantLab) -> None:
    for node in lab.nodes():
        wanted = {
            **_sums(lab.folder / "payload/lab", "lab"),
            **_sums(lab.folder / "payload/nodes" / node, "node"),
            **_sums(virtual.credentials / "nodes" / node, "credentials"),
        }
        said = lab.say(node, "sh", "-c", "cd /netdsl && find . -type f -exec sha256sum {} +")
        found = {
            path.removeprefix("./"): digest for digest, path in (line.split("  ", 1) for line in said.splitlines())
        }
        assert found == wanted
        others = lab.say(node, "sh", "-c", "find /netdsl/credentials ! -type d -perm /077 2>/dev/null || true")
        assert others == ""  # keys that somebody else may read


def _sums(folder: Path, place: str) -> dict[str, str]:
    """Digests by path; none where there is no such folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {f"{place}/{path.relative_to(folder)}": sha256(path.read_bytes()).hexdigest() for path in files}


def _read(lab: VagrantLab, node: str) -> Inside:
    return read_inside(lab, node, ("nftables",))


def _boot(lab: VagrantLab, node: str) -> str:
    return lab.say(node, "cat", "/proc/sys/kernel/random/boot_id")


def _comes_back(lab: VagrantLab, node: str) -> Callable[[], bool]:
    return lambda: lab.is_ready(node)


@ONCE
def test_provisioning_twice_changes_nothing(virtual: Running, lab: VagrantLab) -> None:
    gateway = virtual.study.gateways[0]
    before, boot = _read(lab, gateway), _boot(lab, gateway)
    lab.vagrant("provision", gateway)  # as `up` has done it before
    assert lab.machine.wait_until(_comes_back(lab, gateway), 20) is not None, lab.logs()
    client, url, answer = virtual.study.applications[0]
    assert lab.answers_within(20, client, url, answer) is not None
    one, two = same_keys(before, _read(lab, gateway))
    assert one.differences(two) == []
    assert _boot(lab, gateway) == boot


@ONCE
def test_a_machine_that_is_reloaded_comes_back_as_it_was(virtual: Running, lab: VagrantLab) -> None:
    node, secret = "client", secrets.token_hex(4)
    before, boot = _read(lab, node), _boot(lab, node)
    lab.say(node, "sh", "-c", f"ip address add 192.0.2.7/32 dev lan; echo {secret} >/run/mark")
    lab.vagrant("reload", node)
    lab.disconnect(node)
    assert lab.machine.wait_until(_comes_back(lab, node), 20) is not None, lab.logs()
    assert _boot(lab, node) != boot
    one, two = same_keys(before, _read(lab, node))
    assert one.differences(two) == []
    client, url, answer = virtual.study.applications[0]
    assert lab.answers_within(20, client, url, answer) is not None

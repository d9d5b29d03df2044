"""Nodes without an engine: they are made of all that the compiled project says of them."""

from pathlib import Path

import pytest

from tests.compiling import compiled_text
from tests.differential.observing import brought_up
from tests.differential.regressions import regression
from tests.differential.service import project_in
from tests.differential.spaces import InSpaces

FOLDER = Path("/somewhere/compose")
PAIR = """lab pair
network wan 10.9.2.0/24
network lan 10.9.1.0/24 { driver bridge }
router one { interface wan on wan .1 ; interface lan on lan .1 ; sysctl net.ipv4.ip_default_ttl = 9 }
host two { interface lan on lan .2 }
"""


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled_text(PAIR, tmp_path_factory.mktemp("credentials") / "store").text("compose.yaml")


def test_each_network_and_interface_is_the_engines(compose: str) -> None:
    project = project_in(compose, FOLDER)
    assert [(wire.key, wire.driver) for wire in project.wires] == [("wan", "macvlan"), ("lan", "bridge")]
    wan, lan = (wire.subnet for wire in project.wires)
    one, two = project.services
    assert [(plug.name, plug.wire, plug.address) for plug in one.plugs] == [
        ("eth0", "lan", f"{lan[2]}/{lan.prefixlen}"),
        ("eth1", "wan", f"{wan[2]}/{wan.prefixlen}"),
    ]
    assert [(plug.name, plug.address) for plug in two.plugs] == [("eth0", f"{lan[3]}/{lan.prefixlen}")]
    assert len({plug.mac for service in project.services for plug in service.plugs}) == 3


def test_a_node_has_what_its_service_says(compose: str) -> None:
    one = project_in(compose, FOLDER).services[0]
    assert one.command == ("/bin/sh", "/netdsl/lab/node.sh", "start")
    assert one.capabilities == ("NET_ADMIN",)
    assert ("net.ipv4.ip_default_ttl", "9") in one.sysctls
    assert one.mounts == (
        (FOLDER / "payload/lab", "/netdsl/lab"),
        (FOLDER / "payload/nodes/one", "/netdsl/node"),
        (FOLDER / "payload/lab/hosts", "/etc/hosts"),
        (FOLDER / "payload/lab/resolv.conf", "/etc/resolv.conf"),
    )
    assert one.is_read_only
    assert [path for path, _ in one.tmpfs] == ["/run", "/tmp"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    hostname: two", "    hostname: two\n    privileged: true", "service two: what privileged says"),
        ("cap_drop: [ALL]", "cap_drop: [NET_RAW]", r"cap_drop is \['NET_RAW'\]"),
        ("driver: macvlan", "driver: ipvlan", "the driver ipvlan"),
        ("    internal: true", "    internal: true\n    attachable: true", "network wan: what attachable says"),
        ('source: "./payload/nodes/two"', 'source: "${ELSEWHERE}/two"', "the variable at"),
        ("        mac_address:", "        priority: 7\n        mac_address:", "what priority says"),
    ],
)
def test_what_is_not_taken_over_is_an_error(compose: str, old: str, new: str, said: str) -> None:
    assert old in compose
    with pytest.raises(AssertionError, match=said):
        project_in(compose.replace(old, new), FOLDER)


def test_a_doubled_dollar_is_one(compose: str) -> None:
    text = compose.replace("./payload/nodes/two", "./a$$b/${NETDSL_CREDENTIALS:-../credentials}")
    assert project_in(text, FOLDER).services[1].mounts[1][0] == Path("/somewhere/compose/a$b/../credentials").resolve()


@pytest.mark.live
def test_a_node_of_namespaces_is_confined_as_a_container_is(tmp_path: Path) -> None:
    with brought_up(regression(163), tmp_path, "fuzz-spaces", InSpaces) as (_, running):
        read = "cat /proc/1/status; ls /dev; cat /etc/hostname /proc/sys/kernel/hostname; ls -d /proc/[0-9]*"
        said = running.run("pc-a", "sh", "-c", read).stdout
        process = Path("/proc", running.first_process("pc-a"))
        assert "CapBnd:\t0000000000001000\n" in said  # NET_ADMIN
        assert "CapPrm:\t0000000000001000\n" in said
        assert "NoNewPrivs:\t1\n" in said
        written = [running.run("pc-a", "sh", "-c", f"echo 0 >{path}") for path in _READ_ONLY]
        assert [("Read-only" in done.stderr) for done in written] == [True] * len(_READ_ONLY)
        assert running.run("pc-a", "ls", str(tmp_path)).returncode != 0
        assert process.exists()
    assert not process.exists()


_READ_ONLY = ("/proc/sys/net/ipv4/ip_forward", "/netdsl/lab/x", "/netdsl/node/x", "/sys/class/net/eth/mtu")

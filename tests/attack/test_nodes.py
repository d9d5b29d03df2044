"""What a source puts into a node: it stays there, and takes nothing of the node's own over."""

import re
from pathlib import Path

import pytest

from tests.compiling import Outcome, compiled_text
from tests.outputs import compose
from tests.payload.node import ROOT, Node
from tests.payload.test_services import fetched, lines_of, serving

_OF_THE_SCRIPT = (
    "NODE", "LAB", "STATE", "CREDENTIALS", "TAB", "IFS", "PATH", "ENV", "BASH_ENV", "SHELLOPTS", "PS4", "HOME",
    "PWD", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "OPENSSL_CONF", "PERL5OPT", "parts", "kind", "name", "port", "part",
    "pid", "number", "argument", "assignment", "program", "folder", "POSIXLY_CORRECT", "_",
)  # fmt: skip


def test_the_environment_of_a_lab_reaches_commands_and_services_and_never_the_script(
    node: Node, tmp_path: Path
) -> None:
    serving(node, "http server.app tcp 30000 busybox", "tcp log.t tcp 514 socat")
    node.data(
        env="".join(f"{name}=/nonexistent\n" for name in _OF_THE_SCRIPT),
        run___1=f"sh\n-c\necho $NODE $number $PATH >{tmp_path}/said\n",
    )
    assert node.start() == ""
    assert fetched(node, "127.0.0.1:30000") == "server.app\n"
    assert node.inside("socat", "-t1", "-", "TCP4:127.0.0.1:514", text="hello\n").stdout == "log.t\nhello\n"
    assert lines_of(tmp_path / "said", 1) == ["/nonexistent /nonexistent /nonexistent"]
    assert _environment(node, node.state / "daemon/tcp-30000")["NODE"] == "/nonexistent"
    assert "/nonexistent" not in _environment(node, node.state / "pid").values()


def _environment(node: Node, noted: Path) -> dict[str, str]:
    """Of the process whose number a file of the node's state begins with."""
    pid = noted.read_text().split()[0]
    found = node.inside("tr", "\\0", "\n", text=Path(f"/proc/{pid}/environ").read_text()).stdout
    return dict(line.split("=", 1) for line in found.splitlines())


def test_commands_and_services_have_the_rights_of_their_source_alone(node: Node, tmp_path: Path) -> None:
    """Also through a library of the lab, which is loaded after the others are gone, and a program with more rights."""
    serving(node, "http server.app tcp 30000 busybox")
    node.data(
        capabilities="cap_net_raw,cap_setuid\n",
        env="LD_PRELOAD=/nonexistent\n",
        run___1=f"sh\n-c\ncd {tmp_path}; grep CapEff /proc/self/status >said; ip link add x type dummy || echo no >>said\n",
    )
    assert node.start() == ""
    assert lines_of(tmp_path / "said", 2) == [f"CapEff:\t{1 << 13 | 1 << 7:016x}", "no"]
    assert _status(node, node.state / "daemon/tcp-30000")["CapEff"] == f"{1 << 13 | 1 << 7:016x}"
    assert _status(node, node.state / "daemon/tcp-30000")["NoNewPrivs"] == "1"


@pytest.mark.parametrize("target", ["compose", "vagrant"])
def test_no_process_of_a_node_can_replace_a_program_where_its_author_brings_none(target: str, tmp_path: Path) -> None:
    """Which the script and the health check would then run with its own rights."""
    services = "serve http ; serve https ; serve tcp a tcp/7 ; serve udp b udp/7 ; serve dns { zone x.example { } }"
    lab = f"""
        lab x
        network lan 10.0.0.0/24
        host plain {{ interface on lan ; {services} ; env LD_PRELOAD = "/tmp/x" ; capability NET_RAW }}
        host runs {{ interface on lan ; run "true" }}
        host other {{ interface on lan ; image tools }}
        image tools {{ packages nmap }}
    """
    outcome = compiled_text(lab, tmp_path, target=target)
    assert outcome.files is not None, outcome.rendered()
    assert {node: _is_read_only(outcome, node, target) for node in ("plain", "runs", "other")} == {
        "plain": True,
        "runs": False,
        "other": False,
    }


def _is_read_only(outcome: Outcome, node: str, target: str) -> object:
    if target == "vagrant":
        return "ProtectSystem=strict\n" in outcome.text(f"machine/nodes/{node}/rights.conf")
    return compose(outcome.text("compose.yaml").encode())["services"][node]["read_only"]


def test_a_service_cannot_replace_a_program_and_the_script_needs_none_of_its_places(node: Node) -> None:
    serving(node, "http server.app tcp 30000 busybox")
    assert node.start() == ""
    for place in ("/bin/sh", "/usr/sbin", "/etc"):
        assert node.verb("exec", "test", "-w", place).returncode == 1
    assert node.verb("exec", "test", "-w", str(node.state)).returncode == 0
    assert node.verb("ready").returncode == 0


def test_each_part_that_serves_gives_up_the_rights_of_the_script() -> None:
    scripts = {path.parent.name: path.read_text() for path in ROOT.glob("backends/*/part.sh")}
    services = {name: text for name, text in scripts.items() if f"\n{name}_serve()" in text}
    assert set(services) == {"busybox", "dnsmasq", "freeradius", "nsd", "openssl", "socat", "unbound"}
    assert [name for name, text in services.items() if "become " not in text or re.search(r"\bexec\b", text)] == []


def test_a_server_of_addresses_has_the_one_right_without_which_it_ends_and_nothing_of_the_lab(node: Node) -> None:
    """dnsmasq: NET_ADMIN. Packets of strangers reach it."""
    serving(node, "dhcp giver.dhcp udp 67 dnsmasq")
    node.file("dnsmasq/67.conf", "dhcp-range=10.1.0.0,static,255.255.0.0\n")
    node.data(capabilities="cap_net_raw\n", env="LD_PRELOAD=/nonexistent\n")
    assert node.start() == ""
    noted = node.state / "daemon/udp-67"
    assert _status(node, noted)["CapEff"] == f"{1 << 12:016x}"
    assert _status(node, noted)["NoNewPrivs"] == "1"
    assert "LD_PRELOAD" not in _environment(node, noted)


def test_a_command_in_a_node_has_the_rights_of_the_node_s_own_processes(node: Node) -> None:
    node.data(capabilities="cap_net_raw\n", env="NODE=/nonexistent\n")
    assert node.start() == ""
    assert f"CapEff:\t{1 << 13:016x}\n" in node.verb("exec", "cat", "/proc/self/status").stdout
    assert node.verb("exec", "sh", "-c", "exit 7").returncode == 7
    assert node.verb("exec", "ip", "link", "add", "x", "type", "dummy").returncode != 0
    assert node.verb("exec", "nonexistent").returncode == 127


def test_a_right_that_the_script_gives_up_reaches_commands_that_are_given_it(node: Node, tmp_path: Path) -> None:
    node.data(capabilities="cap_dac_override\n", run___1=f"sh\n-c\ngrep CapEff /proc/self/status >{tmp_path}/said\n")
    assert node.start() == ""
    assert lines_of(tmp_path / "said", 1) == [f"CapEff:\t{1 << 1:016x}"]


def _status(node: Node, noted: Path) -> dict[str, str]:
    lines = Path(f"/proc/{noted.read_text().split()[0]}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)

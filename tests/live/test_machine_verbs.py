"""netdsl's verbs on virtual machines, and the way out of a lab: one lab from its source to its end.

What plays the outside is a network namespace on the uplink's bridge: nothing here leaves this machine.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from tests.live import hypervisor
from tests.live.capture import frames
from tests.live.host import Host
from tests.live.hypervisor import VIRSH, say
from tests.live.machine import HERE, PROGRAM, Machine, netdsl
from tests.live.small import WAY_OUT
from tests.live.vagrant import VagrantLab

pytestmark = [pytest.mark.live, pytest.mark.vm]

ALONE = WAY_OUT.partition("host pc")[0]
SOURCE = f"{WAY_OUT}network spare 10.9.4.0/24\n".replace(
    "default via edge", "default via edge ; interface spare on spare .2 ; serve http"
)


@pytest.fixture(scope="module")
def before(hypervisor: Machine, run_name: str) -> Host:
    return _look(hypervisor, run_name)


def _look(machine: Machine, run_name: str) -> Host:
    return hypervisor.look_at_hypervisor(machine, f"{run_name}-open")


@pytest.fixture(scope="module")
def lab(
    hypervisor: Machine, before: Host, tmp_path_factory: pytest.TempPathFactory, run_name: str
) -> Iterator[VagrantLab]:
    """Brought up by `netdsl up`."""
    folder = tmp_path_factory.mktemp("open")
    (folder / "lab.net").write_text(SOURCE)
    lab = VagrantLab(folder / "o", f"{run_name}-open", hypervisor)
    try:
        done = _call(lab, "up", "lab.net", "--project", lab.project, "--credentials", "credentials")
        assert done.returncode == 0, done.stderr
        assert [line.split()[:3] for line in done.stdout.splitlines()] == [
            ["NODE", "STATE", "HEALTH"],
            ["edge", "running", "ready"],
            ["pc", "running", "ready"],
        ]
        lab.connect()
        yield lab
    finally:
        lab.take_away()


def _call(lab: VagrantLab, verb: str, *words: str) -> subprocess.CompletedProcess[str]:
    where = ("-t", "vagrant", "-o", str(lab.folder))
    return lab.machine.run(PROGRAM, verb, *where, *words, folder=lab.folder.parent, timeout=120)


@contextmanager
def outside(lab: VagrantLab, folder: Path) -> Iterator[tuple[Path, str]]:
    """Somebody beyond the uplink: its log, and its address there. A free one, at the end of the range."""
    bridge = hypervisor.bridge_of(lab.machine, f"netdsl.{lab.project}.outside")
    words = HERE.say("ip", "-o", "-4", "address", "show", "dev", bridge).split()
    host = IPv4Interface(words[words.index("inet") + 1])
    address, name, device = str(host.network[-2]), f"{lab.project}-outside", f"nd{lab.project[1:7]}"
    (folder / "www").mkdir()
    (folder / "www/index.html").write_text("the outside\n")
    HERE.say("ip", "netns", "add", name)
    try:
        HERE.say("ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", name)
        HERE.say("ip", "link", "set", "dev", device, "master", bridge, "up")
        inside = ("ip", "-n", name)
        HERE.say(*inside, "address", "add", f"{address}/{host.network.prefixlen}", "dev", "eth0")
        HERE.say(*inside, "link", "set", "dev", "eth0", "up")
        serve = (
            "ip",
            "netns",
            "exec",
            name,
            "python3",
            "-u",
            "-m",
            "http.server",
            "80",
            "--directory",
            str(folder / "www"),
        )
        with (folder / "log").open("w") as log, subprocess.Popen(serve, stdout=log, stderr=log) as server:
            try:
                yield folder / "log", address
            finally:
                server.terminate()
    finally:
        HERE.run("ip", "link", "delete", "dev", device)
        HERE.say("ip", "netns", "delete", name)


def test_the_verbs_know_the_lab(lab: VagrantLab) -> None:
    status = _call(lab, "status", "pc")
    assert status.returncode == 0, status.stderr
    assert "service http pc.http tcp/80" in " ".join(status.stdout.split())
    nodes = json.loads(_call(lab, "status", "--format", "json").stdout)
    assert [(node["node"], node["health"]) for node in nodes] == [("edge", "ready"), ("pc", "ready")]
    again = _call(lab, "up")  # everything is there
    assert again.returncode == 0, again.stderr


def test_commands_run_in_machines_with_their_words_and_status_kept(lab: VagrantLab) -> None:
    done = _call(lab, "exec", "edge", "busybox", "wget", "-q", "-O", "-", "http://pc/")
    assert (done.returncode, done.stdout) == (0, "pc.http\n")
    assert _call(lab, "exec", "pc", "printf", "%s|", "a b", "$HOME;'\"", "*").stdout == "a b|$HOME;'\"|*|"
    assert _call(lab, "exec", "pc", "sh", "-c", "exit 7").returncode == 7
    assert "Read-only file system" in _call(lab, "exec", "pc", "touch", "/bin/new").stderr
    assert _call(lab, "exec", "pc", "sh", "-c", "echo x >/tmp/x && cat /tmp/x").stdout == "x\n"
    nobody = _call(lab, "exec", "three", "true")
    assert nobody.returncode == 3
    assert "three" in nobody.stderr
    assert "netdsl: configured" in _call(lab, "logs", "pc").stdout


def test_a_capture_of_a_machine_is_written_as_pcap(lab: VagrantLab, tmp_path: Path) -> None:
    file = tmp_path / "pc.pcap"
    words = (PROGRAM, "capture", "-t", "vagrant", "-o", str(lab.folder), "pc.lan", "-w", str(file), "-c", "3")
    with subprocess.Popen(words, stderr=subprocess.PIPE, cwd=lab.folder.parent) as process:
        try:
            ended = lab.machine.wait_until(
                lambda: bool(lab.fetch("edge", "http://pc/")) and process.poll() is not None, 30
            )
            assert ended is not None
        finally:
            process.terminate()
    assert process.returncode == 0
    assert len(list(frames(file.read_bytes()))) == 3


def test_what_is_behind_the_uplink_reaches_the_outside_with_the_uplinks_address(
    lab: VagrantLab, tmp_path: Path
) -> None:
    """And not over `mgmt`, which an open lab has as well."""
    with outside(lab, tmp_path) as (log, address):
        assert lab.answers_within(20, "pc", f"http://{address}/", "the outside") is not None
        words = lab.say("edge", "ip", "-o", "-4", "address", "show", "dev", "uplink").split()
        uplink = words[words.index("inet") + 1].partition("/")[0]
        assert uplink in log.read_text()
        assert "10.9.2.2" not in log.read_text()
        assert lab.pings("pc", "10.9.2.1", lab.host_address()) == ("10.9.2.1",)
        assert lab.pings("edge", "10.9.2.2", address, lab.host_address()) == ("10.9.2.2", address)
        for node in ("edge", "pc"):
            assert "dev mgmt" not in lab.say(node, "ip", "route", "show", "default")


def test_a_node_is_changed_as_it_runs_or_started_again_where_that_cannot_be(lab: VagrantLab) -> None:
    words = ("lab.net", "--project", lab.project, "--credentials", "credentials")
    changed = SOURCE.replace("serve http", "serve http ; serve http more tcp/81")
    begun = _begun(lab)
    (lab.folder.parent / "lab.net").write_text(changed)
    foretold = _call(lab, "up", *words, "--dry-run")
    assert "change the node pc, as it runs: services" in foretold.stdout.splitlines(), foretold.stderr
    done = _call(lab, "up", *words)
    assert done.returncode == 0, done.stderr
    assert "pc: changed as it runs: services" in done.stderr.splitlines()
    assert _begun(lab) == begun
    assert lab.fetch("edge", "http://pc:81/") == "pc.more"

    (lab.folder.parent / "lab.net").write_text(changed.replace("serve http ;", 'serve http ; run "true" ;'))
    foretold = _call(lab, "up", *words, "--dry-run")
    assert "make anew the node pc: its commands, in the machine that runs" in foretold.stdout.splitlines()
    done = _call(lab, "up", *words)
    assert done.returncode == 0, done.stderr
    assert {node for node, number in _begun(lab).items() if number != begun[node]} == {"pc"}


def _begun(lab: VagrantLab) -> dict[str, str]:
    """The number of the first process of each node."""
    words = ("systemctl", "show", "--property", "MainPID", "--value", "netdsl.service")
    return {node: lab.run(node, *words).stdout.strip() for node in lab.nodes()}


def test_up_takes_away_the_machine_and_the_network_that_the_lab_has_no_more(lab: VagrantLab) -> None:
    (lab.folder.parent / "lab.net").write_text(ALONE)
    gone = ("the node pc", f"the network {lab.project}.spare")
    old = lab.nodes()
    lab.disconnect("pc")
    words = ("lab.net", "--project", lab.project, "--credentials", "credentials")
    foretold = _call(lab, "up", *words, "--dry-run")
    assert foretold.returncode == 0, foretold.stderr
    assert [f"remove {thing}, which the lab has no more" in foretold.stdout for thing in gone] == [True, True]
    assert (lab.nodes(), f"{lab.project}.spare" in _networks(lab.machine)) == (old, True)

    up = _call(lab, "up", *words)
    assert up.returncode == 0, up.stderr
    assert f"removed {gone[0]}, which the lab has no more" in up.stderr
    assert lab.nodes() == {"edge": old["edge"]}
    assert f"{lab.project}_pc" not in say(lab.machine, "list", "--all", "--name").split()
    assert {f"{lab.project}.spare", f"{lab.project}.lan"} & _networks(lab.machine) == {f"{lab.project}.lan"}


def _networks(machine: Machine) -> set[str]:
    return set(say(machine, "net-list", "--all", "--name").split())


def test_down_leaves_nothing(lab: VagrantLab, before: Host, run_name: str) -> None:
    for node in lab.nodes():
        lab.disconnect(node)
    down = _call(lab, "down")
    assert down.returncode == 0, down.stderr
    assert lab.nodes() == {}
    left = lab.machine.wait_until(lambda: _look(lab.machine, run_name).added_since(before) == [], 10, pause=1)
    assert left is not None, _look(lab.machine, run_name).added_since(before)
    assert _call(lab, "down").returncode == 0
    status = _call(lab, "status")
    assert (status.returncode, "absent" in status.stdout) == (1, True)


_DOMAIN = """<domain type='qemu'><name>{name}</name>{title}<description>Source: /nonexistent/o/Vagrantfile</description>
<memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>"""
_NETWORK = "<network><name>{name}</name>{domain}</network>"


def test_down_finds_a_lab_whose_folder_is_gone_by_its_marks_and_nothing_else(
    hypervisor: Machine, tmp_path: Path, run_name: str
) -> None:
    """The machines are defined only: none boots."""
    project, titled, marked = f"{run_name}-gone", "<title>netdsl lost</title>", "<domain name='netdsl'/>"
    ours, others = f"{project}_a", {f"{project}2_a": titled, f"{run_name}_a": titled, f"x{project}_a": ""}
    segments = {f"{project}.lan": marked, f"{project}.other": "", f"{project}2.lan": marked}
    defined: list[tuple[str, str]] = []
    try:
        for name, title in {ours: titled, **others}.items():
            _define(hypervisor, tmp_path, "define", _DOMAIN.format(name=name, title=title))
            defined.append(("undefine", name))
        for name, domain in segments.items():
            _define(hypervisor, tmp_path, "net-define", _NETWORK.format(name=name, domain=domain))
            defined.append(("net-undefine", name))
        several = hypervisor.run(PROGRAM, "down", "-t", "vagrant", "lost", folder=tmp_path)
        assert (several.returncode, "--project NAME says which" in several.stderr) == (2, True)
        down = hypervisor.run(PROGRAM, "down", "-t", "vagrant", project, folder=tmp_path)
        assert down.returncode == 0, down.stderr
        assert "removed the node a" in down.stderr
        assert set(say(hypervisor, "list", "--all", "--name").split()) & {ours, *others} == others.keys()
        assert _networks(hypervisor) & segments.keys() == segments.keys() - {f"{project}.lan"}
    finally:
        for verb, name in defined:
            hypervisor.run(*VIRSH, verb, name)


def _define(machine: Machine, folder: Path, verb: str, text: str) -> None:
    (folder / "xml").write_text(text)
    say(machine, verb, str(folder / "xml"))


def test_without_libvirt_up_says_what_to_do(hypervisor: Machine, tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(SOURCE)
    assert (
        netdsl("compile", "lab.net", "-t", "vagrant", "-o", "o", "--credentials", "c", folder=tmp_path).returncode == 0
    )
    nobody = "LIBVIRT_DEFAULT_URI=qemu+unix:///system?socket=/nonexistent"
    done = hypervisor.run("env", nobody, PROGRAM, "up", "-t", "vagrant", "-o", "o", folder=tmp_path)
    assert done.returncode == 3
    assert "netdsl doctor" in done.stderr

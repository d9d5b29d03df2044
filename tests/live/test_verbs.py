"""`netdsl up`, `status`, `exec`, `logs`, `capture`, `down`: one lab from its source to its end, and what goes wrong."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from netdsl.backends.compose.driver import ComposeDriver
from netdsl.runtime.driver import DriverError
from tests.live.capture import frames
from tests.live.compose import ComposeLab
from tests.live.conftest import Starter
from tests.live.host import Host
from tests.live.machine import HERE, PROGRAM, netdsl
from tests.live.small import PAIR

pytestmark = pytest.mark.live


def _call(lab: ComposeLab, *words: str) -> subprocess.CompletedProcess[str]:
    return netdsl(*words, folder=lab.folder.parent)


def test_a_lab_is_used_by_the_verbs_from_up_to_down(deploy: Starter, look: Callable[[str], Host]) -> None:
    lab = deploy(PAIR, "verbs")
    before = look(lab.project)
    where = ("-o", str(lab.folder))
    for _ in range(2):  # the second finds everything there
        up = _call(lab, "up", "lab.net", "--project", lab.project, *where)
        assert up.returncode == 0, up.stderr
        assert [line.split() for line in up.stdout.splitlines()] == [
            ["NODE", "STATE", "HEALTH", "TUNNELS", "DAEMONS", "REASON"],
            ["one", "running", "ready", "-", "1/1", "running"],
            ["two", "running", "ready", "-", "-"],
        ]

    status = _call(lab, "status", *where, "one")
    assert status.returncode == 0
    assert "service http one.http tcp/80" in " ".join(status.stdout.split())
    watched = subprocess.Popen([PROGRAM, "status", "--watch", *where], stdout=subprocess.PIPE, text=True)
    with watched:
        assert watched.stdout is not None
        assert [watched.stdout.readline().split()[0] for _ in range(3)] == ["NODE", "one", "two"]
        watched.send_signal(signal.SIGINT)
        assert watched.wait(60) == 0
    nodes = json.loads(_call(lab, "status", *where, "--format", "json").stdout)
    assert [(node["node"], node["health"]) for node in nodes] == [("one", "ready"), ("two", "ready")]

    done = _call(lab, "exec", *where, "two", "busybox", "wget", "-q", "-O", "-", "http://10.9.1.1/")
    assert (done.returncode, done.stdout) == (0, "one.http\n")
    assert _call(lab, "exec", *where, "two", "sh", "-c", "exit 7").returncode == 7
    for admin in ((), ("--admin",)):
        replaced = _call(lab, "exec", *admin, *where, "two", "touch", "/bin/new")
        assert "Read-only file system" in replaced.stderr
    assert "netdsl: configured" in _call(lab, "logs", *where, "one").stdout

    down = _call(lab, "down", *where)
    assert down.returncode == 0, down.stderr
    assert lab.nodes() == {}
    left = HERE.wait_until(lambda: look(lab.project).added_since(before) == [], 10, pause=1)
    assert left is not None, look(lab.project).added_since(before)
    assert _call(lab, "down", *where).returncode == 0
    assert _call(lab, "status", *where).returncode == 1


def test_a_capture_is_written_as_pcap(deploy: Starter) -> None:
    lab = deploy(PAIR, "captured")
    lab.up()
    file = lab.folder.parent / "two.pcap"
    words = ("capture", "-o", str(lab.folder), "two.lan", "-w", str(file), "-c", "3")
    with subprocess.Popen([PROGRAM, *words], stderr=subprocess.PIPE) as process:
        try:
            ended = HERE.wait_until(
                lambda: bool(lab.fetch("two", "http://10.9.1.1/")) and process.poll() is not None, 30
            )
            assert ended is not None
        finally:
            process.terminate()
    assert process.returncode == 0
    assert len(list(frames(file.read_bytes()))) == 3


def _beside(lab: ComposeLab, state: str = "running") -> list[str]:
    mine = (f"label=com.docker.compose.project={lab.project}", "label=com.docker.compose.service=netdsl.beside")
    filters = [word for one in (*mine, f"status={state}") for word in ("--filter", one)]
    return HERE.say("docker", "ps", "--quiet", *filters).split()


def test_what_runs_beside_a_node_ends_with_it_and_with_a_killed_netdsl(deploy: Starter) -> None:
    """A node cannot be started again as long as a container is in its former network."""
    lab = deploy(PAIR, "ended")
    lab.up()
    words = (PROGRAM, "capture", "-o", str(lab.folder), "two.lan")
    driver = ComposeDriver()
    with (
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as capture,
        driver.probe(lab.deployment, "two") as probe,
        driver.listen(lab.deployment, "two", "lan") as recording,
        driver.probe(lab.deployment, "one") as other,
    ):
        assert HERE.wait_until(lambda: len(_beside(lab)) == 4, 60) is not None
        lab.kill("two")
        _, errors = capture.communicate(timeout=60)
        assert (capture.returncode, "error: the node `two` has ended\n" in errors) == (3, True), errors
        assert HERE.wait_until(lambda: len(_beside(lab)) == 1, 60) is not None
        with pytest.raises(DriverError, match="the node `two` has ended"):
            probe.ask(("true",), timeout=5)
        assert HERE.wait_until(lambda: bool(recording.fault), 60) is not None
        with pytest.raises(DriverError, match="the node `two` has ended"):
            recording.read()
        assert other.ask(("true",), timeout=30).status == 0
        lab.start("two")
    assert _beside(lab) == []
    assert HERE.wait_until(lambda: bool(lab.fetch("two", "http://10.9.1.1/")), 30) is not None

    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        assert HERE.wait_until(lambda: len(_beside(lab)) == 1, 60) is not None
        killed.kill()
    assert HERE.wait_until(lambda: _beside(lab) == [], 60) is not None


def test_what_is_not_there_is_named(deploy: Starter, tmp_path: Path) -> None:
    lab = deploy(PAIR, "errors")
    lab.up()
    where = ("-o", str(lab.folder))
    nobody = _call(lab, "exec", *where, "three", "true")
    assert nobody.returncode == 3
    assert "no node `three`" in nobody.stderr
    assert "one, two" in nobody.stderr
    assert _call(lab, "logs", *where, "three").returncode == 3
    assert _call(lab, "capture", *where, "three.lan").returncode == 3
    assert _call(lab, "capture", *where, "lan").returncode == 2
    unknown = _call(lab, "capture", *where, "two.nosuch")
    assert (unknown.returncode, "help: its interfaces are lo, lan;" in unknown.stderr) == (3, True), unknown.stderr
    nothing = netdsl("down", "nowhere", folder=tmp_path)
    assert nothing.returncode == 2
    assert "no compiled lab" in nothing.stderr
    assert netdsl("up", "nowhere.net", folder=tmp_path).returncode == 2
    HERE.say("docker", "stop", lab.container("one"))
    stopped = _call(lab, "status", *where)
    assert stopped.returncode == 1
    assert "exited" in stopped.stdout
    assert "netdsl: configured" in stopped.stdout
    asked = _call(lab, "status", *where, "three")
    assert (asked.returncode, "has no node `three`" in asked.stderr) == (2, True)
    assert "running: two" in _call(lab, "exec", *where, "one", "true").stderr
    lab.down()
    gone = _call(lab, "exec", *where, "one", "true")
    assert (gone.returncode, f"help: netdsl up -o {lab.folder}" in gone.stderr) == (3, True)


def _has_parents(lab: ComposeLab) -> bool:
    return (lab.folder / ".env").exists()


def _has_containers(lab: ComposeLab) -> bool:
    return bool(lab.nodes())


@pytest.mark.parametrize("reached", [_has_parents, _has_containers], ids=["making-parents", "starting-nodes"])
def test_up_interrupted_leaves_what_down_takes_away(
    deploy: Starter, look: Callable[[str], Host], reached: Callable[[ComposeLab], bool]
) -> None:
    lab = deploy(PAIR, "interrupted")
    lab.prepare()
    before = look(lab.project)
    words = (PROGRAM, "up", "-o", str(lab.folder))
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0) as process:
        try:
            assert HERE.wait_until(lambda: reached(lab) or process.poll() is not None, 60, pause=0.02) is not None
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all that runs in it
            _, errors = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert f"`netdsl down -o {lab.folder}` takes" in errors
    assert _call(lab, "down", "-o", str(lab.folder)).returncode == 0
    left = HERE.wait_until(lambda: look(lab.project).added_since(before) == [], 10, pause=1)
    assert left is not None, look(lab.project).added_since(before)


def test_without_an_engine_the_verbs_say_what_to_do(deploy: Starter) -> None:
    lab = deploy(PAIR, "no-engine")
    done = HERE.run(
        "env", "DOCKER_HOST=unix:///nonexistent.sock", PROGRAM, "up", "-o", str(lab.folder), folder=lab.folder.parent
    )
    assert done.returncode == 3
    assert "Docker Engine does not answer" in done.stderr
    assert "help: start it (as root: systemctl start docker)" in done.stderr


def test_a_foreign_network_of_its_name_is_named_with_the_remedy(deploy: Starter) -> None:
    lab = deploy(PAIR, "foreign")
    name = f"{lab.project}_lan"
    HERE.say("docker", "network", "create", "--internal", name)
    try:
        done = _call(lab, "up", "-o", str(lab.folder))
        assert done.returncode == 3
        assert f"error: there is a network `{name}` already, and it is not this lab's\n" in done.stderr
        assert f"help: docker network rm {name}; or give" in done.stderr
        assert done.stderr.count("incorrect label") == 1, done.stderr
    finally:
        HERE.say("docker", "network", "rm", name)


def test_a_foreign_container_in_a_network_that_has_to_go_is_named_with_the_remedy(deploy: Starter) -> None:
    lab = deploy(PAIR, "guest")
    lab.up()
    network, guest = f"{lab.project}_lan", f"{lab.project}-guest"
    words = ("--network", network, "--entrypoint", "sleep", lab.image("one"), "600")
    HERE.say("docker", "run", "--detach", "--rm", "--init", "--name", guest, *words)
    try:
        done = _call(lab, "down", "-o", str(lab.folder))
        assert done.returncode == 3, done.stderr
        assert (
            f"error: the network `{network}` has to go, and the container `{guest}` in it is not the lab's\n"
            in done.stderr
        )
        assert f"help: docker network disconnect {network} {guest}\n" in done.stderr
        HERE.say("docker", "network", "disconnect", network, guest)
        assert _call(lab, "down", "-o", str(lab.folder)).returncode == 0
        assert lab.own_networks() == 0
    finally:
        HERE.say("docker", "rm", "--force", guest)


def test_of_an_image_that_cannot_be_built_the_failing_step_is_shown(deploy: Starter) -> None:
    image = 'image odd { run "seq 400; echo because; exit 3" }\n'
    lab = deploy(PAIR.replace("host two {", "host two { image odd ;") + image, "unbuilt")
    done = _call(lab, "up", "-o", str(lab.folder))
    assert done.returncode == 3
    assert "error: an image could not be built: [" in done.stderr
    assert "  | because\n" in done.stderr
    assert "  | 390\n" not in done.stderr
    assert len(done.stderr.splitlines()) < 40, done.stderr


def test_a_node_that_is_not_well_is_said_by_up_status_and_test(deploy: Starter) -> None:
    dead = 'run "echo before >&2; exec tcpdump -n -i nosuch" ; '
    lab = deploy(PAIR.replace("host two {", "host two { " + dead) + "expect { two reaches one tcp/80 }\n", "unwell")
    where = ("-o", str(lab.folder))
    up = _call(lab, "up", "lab.net", "--project", lab.project, *where)
    assert up.returncode == 3
    assert "error: the lab runs, but `two` is not well\n" in up.stderr
    status = _call(lab, "status", *where)
    for done in (up.stdout, status.stdout):
        assert "run 1 has ended with status 1: echo before >&2; exec tcpdump -n -i nosuch" in done
        first, *_, last = (line for line in done.splitlines() if line.startswith("  |"))
        assert (first, last) == ("  | before", "  | netdsl: run 1 has ended with status 1")
    assert status.returncode == 1

    kill = "read -r pid rest </run/netdsl/daemon/tcp-80; kill -9 $pid"
    assert _call(lab, "exec", "--admin", *where, "one", "sh", "-c", kill).returncode == 0
    found = json.loads(_call(lab, "status", *where, "--format", "json").stdout)
    assert [node["health"] for node in found] == ["not ready", "not ready"]
    assert found[0]["reason"] == "service http one.http tcp/80 has ended with status 137"
    assert found[0]["last"] == ["netdsl: service http one.http tcp/80 has ended with status 137"]
    tested = _call(lab, "test", "lab.net", *where)
    assert tested.returncode == 1
    assert "warning: `one` is not well: service http one.http tcp/80 has ended with status 137" in tested.stderr
    assert "warning: `two` is not well: run 1 has ended with status 1" in tested.stderr


def test_memory_at_its_limit_and_a_full_folder_are_said(deploy: Starter) -> None:
    lab = deploy(PAIR.replace("host one {", "host one { memory 64MiB ;"), "full")
    where = ("-o", str(lab.folder))
    assert _call(lab, "up", *where).returncode == 0
    fill = "head -c 70000000 /dev/zero >/tmp/x; true"
    _call(lab, "exec", *where, "two", "sh", "-c", fill)
    assert "disk: no space is left in /tmp" in _call(lab, "status", *where, "two").stdout
    _call(lab, "exec", *where, "one", "sh", "-c", "tail /dev/zero")  # which takes all the memory that it gets
    said = _call(lab, "status", *where, "one")
    assert (said.returncode, "memory: 1 processes were killed for want of it (64 MiB)" in said.stdout) == (1, True)


def test_what_a_newcomer_types_first_succeeds(tmp_path: Path) -> None:
    """As README has it."""
    name = f"first-steps-{os.getpid()}"
    assert netdsl("init", name, folder=tmp_path).returncode == 0
    try:
        up = netdsl("up", f"{name}/lab.net", folder=tmp_path)
        assert up.returncode == 0, up.stderr
        assert "  1/1 up" in up.stdout
        for _ in range(2):
            ping = netdsl("exec", "-l", name, "alice", "ping", "-c", "1", "bob", folder=tmp_path)
            assert ping.returncode == 0, ping.stdout + ping.stderr
    finally:
        netdsl("down", name, folder=tmp_path)

"""The story in namespaces, by `lab.sh`; then netdsl's verbs, and what only namespaces have."""

import os
import pty
import signal
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path
from select import select

import pytest

from tests.live.machine import HERE, PROGRAM, netdsl
from tests.live.namespaces import RUN, NamespacesLab, compile_spaces, spaces_of
from tests.live.small import PAIR, TWO_ENDS
from tests.live.story import *  # noqa: F403
from tests.live.story import Running, start
from tests.live.studies import CASE_STUDIES

pytestmark = pytest.mark.live

_LOOKS = ("sh", "-c", "grep -lz '^600$' /proc/[0-9]*/cmdline")
_BREAKS = (
    "nft 'add table inet other; add chain inet other input { type filter hook input priority 0; };"
    " add rule inet other input tcp dport 8080 drop'"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, run_name: str) -> Iterator[Running]:
    study = CASE_STUDIES[0]
    name = f"{run_name}-spaces"
    lab = compile_spaces(study.source, tmp_path_factory.mktemp(name), name, "--closed")
    try:
        yield start(study, "namespaces", lab, lab.folder.parent / "credentials")
    finally:
        lab.take_away()


@pytest.fixture
def pair(tmp_path: Path, run_name: str) -> Iterator[NamespacesLab]:
    """Compiled from `lab.net` beside it; not up."""
    (tmp_path / "lab.net").write_text(TWO_ENDS)
    lab = compile_spaces(tmp_path / "lab.net", tmp_path, f"{run_name}-pair")
    lab.prepare()
    try:
        yield lab
    finally:
        lab.take_away()


def _call(lab: NamespacesLab, *words: str) -> subprocess.CompletedProcess[str]:
    return netdsl(words[0], "-t", "namespaces", *words[1:], folder=lab.folder.parent)


def test_a_lab_is_used_by_the_verbs_from_up_to_down(pair: NamespacesLab) -> None:
    before = pair.look()
    where = ("-o", str(pair.folder))
    for _ in range(2):  # the second finds everything there
        up = _call(pair, "up", "lab.net", "--project", pair.project, *where)
        assert up.returncode == 0, up.stderr
        assert [line.split()[:3] for line in up.stdout.splitlines()] == [
            ["NODE", "STATE", "HEALTH"],
            ["left", "running", "ready"],
            ["right", "running", "ready"],
        ]
    first = pair.nodes()
    status = _call(pair, "status", *where, "right")
    assert status.returncode == 0
    assert "service http right.app tcp/8080" in " ".join(status.stdout.split())
    done = _call(pair, "exec", *where, "left", "busybox", "wget", "-q", "-O", "-", "http://172.16.16.2:8080/")
    assert (done.returncode, done.stdout) == (0, "right.app\n")
    assert _call(pair, "exec", *where, "left", "sh", "-c", "exit 7").returncode == 7
    assert "netdsl: configured" in _call(pair, "logs", *where, "right").stdout
    nobody = _call(pair, "exec", *where, "nobody", "true")
    assert nobody.returncode == 3
    assert "running: left, right" in nobody.stderr
    assert pair.nodes() == first
    pair.kill("right")
    exited = _call(pair, "status", *where)
    assert exited.returncode == 1
    assert "exited" in exited.stdout
    assert "tunnel vpn is up" in exited.stdout  # the last that it has said
    assert _call(pair, "up", *where).returncode == 0
    assert {name for name, text in pair.nodes().items() if text != first[name]} == {"right"}
    down = _call(pair, "down", *where)
    assert down.returncode == 0, down.stderr
    assert pair.look().added_since(before) == []
    assert _call(pair, "down", *where).returncode == 0
    assert _call(pair, "status", *where).returncode == 1
    gone = _call(pair, "exec", *where, "left", "true")
    assert (gone.returncode, "help: start it" in gone.stderr) == (3, True)


def test_expectations_are_tested_and_a_capture_is_written(pair: NamespacesLab) -> None:
    source = pair.folder.parent / "lab.net"
    source.write_text(TWO_ENDS + "expect { left reaches right.wan tcp/8080 }\n")
    where = ("-o", str(pair.folder))
    assert _call(pair, "up", "lab.net", "--project", pair.project, *where).returncode == 0
    tested = _call(pair, "test", "lab.net", "--project", pair.project, *where)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    pair.say("right", "sh", "-c", _BREAKS)
    broken = _call(pair, "test", "lab.net", "--project", pair.project, *where)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    pair.say("right", "nft", "delete", "table", "inet", "other")
    file = source.with_name("left.pcap")
    words = (PROGRAM, "capture", "-t", "namespaces", *where, "left.wan", "-w", str(file), "-c", "3")
    with subprocess.Popen(words, stderr=subprocess.PIPE) as process:
        try:
            ended = HERE.wait_until(lambda: bool(pair.pings("left", "172.16.16.2")) and process.poll() is not None, 30)
            assert ended is not None
        finally:
            process.terminate()
    assert file.read_bytes()[:4] == b"\xd4\xc3\xb2\xa1"


def test_a_capture_ends_with_its_node(pair: NamespacesLab) -> None:
    """As long as a process is in a node's network its interfaces answer."""
    pair.up()
    words = (PROGRAM, "capture", "-t", "namespaces", "-o", str(pair.folder), "right.wan")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        while "listening on" not in first:
            first = process.stderr.readline()
            assert first
        assert pair.pings("left", "172.16.16.2") == ("172.16.16.2",)
        pair.kill("right")
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, "error: the node `right` has ended\n" in errors) == (3, True), errors
    assert pair.pings("left", "172.16.16.2") == ()
    pair.start("right")
    assert pair.pings("left", "172.16.16.2") == ("172.16.16.2",)


def test_a_shell_has_a_terminal_of_its_own(pair: NamespacesLab) -> None:
    """Its size, and keys for what runs in it; never the user's, into which a node could type."""
    pair.up()
    process, terminal = pty.fork()
    if process == 0:
        os.execv(PROGRAM, [PROGRAM, "shell", "-t", "namespaces", "-o", str(pair.folder), "left"])
    try:
        termios.tcsetwinsize(terminal, (33, 101))
        said = _until(terminal, b"# ")
        os.write(terminal, b"stty size; echo m$((40+2))k; sleep 600\n")
        said += _until(terminal, b"m42k")
        assert b"33 101" in said
        sleeping = HERE.wait_until(lambda: pair.run("left", *_LOOKS).returncode == 0, 20)
        assert sleeping is not None
        os.write(terminal, b"\x03")
        os.write(terminal, b"echo a$((40+3))r; exit 5\n")
        _until(terminal, b"a43r")
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 5
    finally:
        os.close(terminal)


def _until(terminal: int, mark: bytes) -> bytes:
    """What is said until this is."""
    said = b""
    while mark not in said:
        assert select([terminal], [], [], 60)[0], said
        said += os.read(terminal, 4096)
    return said


def test_a_node_has_no_more_than_it_needs(pair: NamespacesLab) -> None:
    """As root, and by `exec` with the node's own rights: what a container may not, it may not either."""
    pair.up()
    held = pair.say("left", "sed", "-n", "s/^Cap[PEB][a-z]*:\\t//p; s/^NoNewPrivs:\\t//p", "/proc/self/status").split()
    assert set(held[:3]) == {"0000000000001402"}  # DAC_OVERRIDE, NET_BIND_SERVICE, NET_ADMIN
    assert held[3] == "1"
    for words in (
        ("mount", "-t", "tmpfs", "none", "/tmp"),
        ("mknod", "/tmp/disk", "b", "8", "0"),
        ("touch", "/bin/new"),
        ("touch", "/netdsl/lab/new"),
        ("sh", "-c", "echo b >/proc/sysrq-trigger"),
        ("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"),
        ("chroot", "/"),
        ("hostname", "other"),
    ):
        assert pair.run("left", *words).returncode != 0, words
    assert pair.say("left", "hostname").strip() == "left"
    assert pair.say("left", "sh", "-c", "echo /proc/[0-9]*").split()[0] == "/proc/1"
    assert len(pair.say("left", "sh", "-c", "ls /proc | grep -c '^[0-9]'").split()) == 1
    assert spaces_of(pair.process("left")) not in ("", spaces_of("self"))
    assert f"{RUN}/" not in pair.say("left", "cat", "/proc/self/mountinfo").replace(f"{RUN}/{pair.project}", "")


def test_up_ends_with_the_first_node_that_ends(pair: NamespacesLab) -> None:
    """Others may wait for it as long as `up` would."""
    with (pair.folder / "payload/nodes/left/addresses.batch").open("a") as file:
        file.write("garbage\n")
    done = HERE.run(pair.script, "up", "3600", timeout=150)
    assert done.returncode == 3, done.stdout
    assert "left: has ended:" in done.stderr
    assert "not ready: addresses.batch cannot be applied" in done.stderr


def test_a_node_that_is_taken_out_goes_and_the_others_stay(pair: NamespacesLab) -> None:
    where = ("-o", str(pair.folder))
    source = pair.folder.parent / "lab.net"
    source.write_text(TWO_ENDS + "host third { interface on site-a ; default via left.lan }\n")
    assert _call(pair, "up", "lab.net", "--project", pair.project, *where).returncode == 0
    before = pair.nodes()
    source.write_text(TWO_ENDS + "network more 10.9.2.0/24\nhost fourth { interface on more }\n")
    tried = _call(pair, "up", "lab.net", "--project", pair.project, *where, "--dry-run")
    assert "the node third, which the lab has no more" in tried.stdout + tried.stderr
    assert pair.nodes() == before
    assert _call(pair, "up", "lab.net", "--project", pair.project, *where).returncode == 0
    assert set(pair.nodes()) == {"left", "right", "fourth"}
    assert {pair.nodes()[name] == before[name] for name in ("left", "right")} == {True}
    assert spaces_of(before["third"].split()[0]) == ""


def test_a_node_that_is_another_one_has_nothing_of_the_former_and_a_killed_one_finds_its_files(
    pair: NamespacesLab,
) -> None:
    source = pair.folder.parent / "lab.net"
    (source.parent / "motd").write_text("welcome\n")
    third = 'host third {\n  interface on site-a\n  default via left.lan\n  file /etc/motd from "motd"\n}\n'
    where = ("-o", str(pair.folder), "--project", pair.project)
    source.write_text(TWO_ENDS + third)
    assert _call(pair, "up", "lab.net", *where).returncode == 0
    pair.say("third", "sh", "-c", "echo kept >/srv/kept")
    pair.kill("third")
    assert _call(pair, "up", "lab.net", *where).returncode == 0
    assert pair.say("third", "cat", "/srv/kept", "/etc/motd") == "kept\nwelcome\n"
    # Files are changed as the node runs; another kernel setting needs a start.
    another = third.replace("file /etc/motd", "sysctl net.ipv4.conf.all.arp_filter = 1\n  file /etc/other")
    source.write_text(TWO_ENDS + another)
    assert _call(pair, "up", "lab.net", *where).returncode == 0
    assert pair.run("third", "test", "-e", "/srv/kept").returncode == 1
    assert "welcome" not in pair.say("third", "cat", "/etc/motd")
    assert pair.say("third", "cat", "/etc/other") == "welcome\n"


def test_down_finds_a_lab_whose_folder_is_gone_by_its_name(pair: NamespacesLab, tmp_path: Path) -> None:
    before = pair.look()
    pair.up()
    elsewhere = pair.folder.rename(tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    down = netdsl("down", pair.project, "-t", "namespaces", folder=tmp_path / "empty")
    elsewhere.rename(pair.folder)
    assert down.returncode == 0, down.stderr
    assert pair.look().added_since(before) == []


def test_another_lab_of_the_name_is_left_alone(pair: NamespacesLab, tmp_path: Path) -> None:
    pair.up()
    before = pair.nodes()
    other = compile_spaces(tmp_path / "lab.net", tmp_path / "other", pair.project)
    for verb in ("up", "down"):
        refused = _call(other, verb, "-o", str(other.folder))
        assert refused.returncode == 3
        assert f"is another one, of {pair.folder}" in " ".join(refused.stderr.split())
    assert pair.nodes() == before


@pytest.mark.parametrize("made", ["room", "nodes/left"])
def test_up_killed_leaves_what_down_takes_away(pair: NamespacesLab, made: str) -> None:
    before = pair.look()
    words = (PROGRAM, "up", "-t", "namespaces", "-o", str(pair.folder))
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0) as process:
        try:
            reached = HERE.wait_until(lambda: (pair.state / made).exists() or process.poll() is not None, 30, 0.002)
            assert reached is not None
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert _call(pair, "down", "-o", str(pair.folder)).returncode == 0
    assert pair.look().added_since(before) == []
    pair.up()
    assert pair.pings("left", "172.16.16.2") == ("172.16.16.2",)


def test_a_node_has_no_more_than_its_limits(tmp_path: Path, run_name: str) -> None:
    """Of memory, processors and processes; `status` says when memory is at its limit, as of containers."""
    (tmp_path / "lab.net").write_text(PAIR.replace("host two {", "host two { memory 48MiB ; cpu 0.5 ;"))
    options = ("--set", "processes=40")
    lab = compile_spaces(tmp_path / "lab.net", tmp_path, f"{run_name}-limits", *options)
    try:
        lab.up()
        seen = {node: _limits_of(lab, node) for node in ("one", "two")}
        assert seen == {"one": (512 << 20, 2.0, 40), "two": (48 << 20, 0.5, 40)}
        # the file goes at once: what asks a node that is full would be killed as well
        much = "dd if=/dev/zero of=/tmp/much bs=4M count=15; ended=$?; rm /tmp/much; exit $ended"
        assert lab.run("two", "sh", "-c", much).returncode != 0
        status = _call(lab, "status", "-o", str(lab.folder))
        assert status.returncode == 1
        assert "memory: " in status.stdout
        assert "48 MiB" in " ".join(status.stdout.split())
        many = "i=0; while [ $i -lt 60 ]; do sleep 20 & i=$((i+1)); done"
        assert lab.run("two", "sh", "-c", many, timeout=60).returncode != 0
        assert lab.is_ready("one")
    finally:
        lab.take_away()


def _limits_of(lab: NamespacesLab, node: str) -> tuple[int, float, int]:
    """As the node's own control group says, in either version."""
    text = lab.say(
        node, "sh", "-c", "cd /sys/fs/cgroup && cat memory.max cpu.max pids.max 2>/dev/null || cat " + _OLDER
    )
    memory, quota, period, processes = map(int, text.split())
    return memory, quota / period, processes


_OLDER = "memory/memory.limit_in_bytes cpu*/cpu.cfs_quota_us cpu*/cpu.cfs_period_us pids/pids.max 2>/dev/null"

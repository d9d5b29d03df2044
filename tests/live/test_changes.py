"""`up` changes what runs: a node as it runs where its script can, and nothing else; what fails leaves it as it was."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

import pytest

from tests.live.compose import ComposeLab, compile_lab
from tests.live.connection import Running, connection, is_carried, starts_of
from tests.live.machine import HERE, PROGRAM, netdsl
from tests.live.namespaces import NamespacesLab, compile_spaces, spaces_of

pytestmark = pytest.mark.live

_LAB = """lab changes
network a-lan 10.9.1.0/24
network b-lan 10.9.2.0/24
network c-lan 10.9.3.0/24
network wan 10.9.9.0/24
pki keys { algorithm ecdsa-p256 }
router a {
  interface wan on wan .1
  interface lan on a-lan .254
  route b-lan via b
  route c-lan via c
  firewall {
    policy accept
    drop forward tcp/7000 from a-lan
  }
}
router b { interface wan on wan .2 ; interface lan on b-lan .254 ; default via a }
router c { interface wan on wan .3 ; interface lan on c-lan .254 ; default via a }
host pc { interface on a-lan .1 ; default via a ; file /srv/page from "page.txt" }
host www { interface on b-lan .1 ; default via b ; serve http tcp/80 ; serve https safe tcp/443 }
host far { interface on c-lan .1 ; default via c }
ipsec kept { between a.wan protecting a-lan and b.wan protecting b-lan ; auth certificate from keys ; start at boot }
ipsec other { between a.wan protecting a-lan and c.wan protecting c-lan ; auth certificate from keys ; start at boot }
"""


@pytest.fixture(params=["compose", "namespaces"])
def lab(request: pytest.FixtureRequest, tmp_path: Path, run_name: str) -> Iterator[Running]:
    """Compiled, not up."""
    (tmp_path / "lab.net").write_text(_LAB)
    (tmp_path / "page.txt").write_text("one\n")
    compiled: Running
    if request.param == "compose":
        request.getfixturevalue("engine")
        compiled = compile_lab(tmp_path / "lab.net", tmp_path, f"{run_name}-changes", "--closed")
    else:
        compiled = compile_spaces(tmp_path / "lab.net", tmp_path, f"{run_name}-changes", "--closed")
    compiled.prepare()
    try:
        yield compiled
    finally:
        compiled.take_away()


def _where(lab: Running) -> tuple[str, ...]:
    target = "compose" if isinstance(lab, ComposeLab) else "namespaces"
    return ("-t", target, "-o", str(lab.folder), "--project", lab.project, "--closed")


def _up(lab: Running, source: str, *words: str) -> "subprocess.CompletedProcess[str]":
    folder = lab.folder.parent
    (folder / "lab.net").write_text(source)
    return netdsl("up", "lab.net", *_where(lab), *words, folder=folder)


def _compile(lab: Running, source: str) -> "subprocess.CompletedProcess[str]":
    folder = lab.folder.parent
    (folder / "lab.net").write_text(source)
    return netdsl("compile", "lab.net", *_where(lab), folder=folder)


def _spis(lab: Running, child: str) -> list[str]:
    """Of a child's SAs, in and out."""
    text = lab.run("a", "swanctl", "--list-sas").stdout
    found = re.search(rf"^  {child}: #.*?(?=^  \w|^\w|\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"(?:in|out)\s+([0-9a-f]{8})", found[0]) if found else []


_CERTIFICATE = "/run/netdsl/credentials/serve/netdsl-services.pem"


def _read(lab: Running, node: str, path: str) -> str:
    done = lab.run(node, "cat", path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_changed_is_changed_as_it_runs_and_connections_and_tunnels_of_others_stay(lab: Running) -> None:
    first = _up(lab, _LAB)
    assert first.returncode == 0, first.stderr
    begun, kept, other = starts_of(lab), _spis(lab, "kept"), _spis(lab, "other")
    assert len(kept) == len(other) == 2
    changed = (
        _LAB.replace("tcp/7000", "tcp/7001")
        .replace("host far { interface on c-lan .1 ;", "host far { interface on c-lan .7 ;")
        .replace("serve http tcp/80", "serve http tcp/80 ; serve http more tcp/81")
        .replace("host www { interface on b-lan .1", "host www { interface on b-lan .1, .5")  # its certificate has it
        .replace("and c.wan protecting c-lan ;", "and c.wan protecting c-lan ; esp aes128gcm16-ecp256 ;")
    )
    (lab.folder.parent / "page.txt").write_text("two\n")
    foretold = _up(lab, changed, "--dry-run")
    assert foretold.returncode == 0, foretold.stderr
    said = [line for line in foretold.stdout.splitlines() if "node" in line and "/" not in line]
    assert sorted(said) == [
        "change the node a, as it runs: hosts file, packet filter, tunnels",
        "change the node b, as it runs: hosts file",
        "change the node c, as it runs: hosts file, tunnels",
        "change the node far, as it runs: addresses, hosts file",
        "change the node pc, as it runs: files, hosts file",
        "change the node www, as it runs: addresses, hosts file, services",
    ]
    certificate, plain = _read(lab, "www", _CERTIFICATE), _read(lab, "www", "/run/netdsl/daemon/tcp-80")
    run = changed.replace("host far {", 'host far { run "true" ;')
    foretold = _up(lab, run, "--dry-run")
    assert "make anew the node far: its commands" in foretold.stdout.splitlines()
    with connection(lab, "pc", "www", "10.9.2.1") as ends:
        assert is_carried(ends, "before")
        done = _up(lab, changed)
        assert done.returncode == 0, done.stderr
        assert is_carried(ends, "after")
    assert "a: changed as it runs:" in done.stderr
    assert starts_of(lab) == begun
    assert _spis(lab, "kept") == kept
    assert lab.fetch("pc", "http://www:81/") == "www.more"
    assert _read(lab, "pc", "/srv/page") == "two\n"
    assert _read(lab, "www", _CERTIFICATE) != certificate
    assert _read(lab, "www", "/run/netdsl/daemon/tcp-80") == plain
    assert lab.pings("pc", "far") == ("far",)
    assert "10.9.3.7" in lab.run("pc", "cat", "/etc/hosts").stdout
    assert "tcp dport 7001 drop" in lab.run("a", "nft", "list", "table", "inet", "netdsl").stdout
    assert "AES_GCM_16-128" in lab.run("a", "swanctl", "--list-sas").stdout
    assert set(_spis(lab, "other")).isdisjoint(other)
    if isinstance(lab, ComposeLab):
        assert lab.complaints() == []

    lab.kill("far")  # what comes back has the new data
    back = _up(lab, changed)
    assert back.returncode == 0, back.stderr
    assert lab.pings("pc", "far") == ("far",)
    again = _up(lab, _LAB)  # its label says what was there at first
    assert again.returncode == 0, again.stderr
    assert {name: one for name, one in starts_of(lab).items() if name != "far"} == {
        name: one for name, one in begun.items() if name != "far"
    }
    assert lab.pings("pc", "10.9.3.1", "10.9.3.7") == ("10.9.3.1",)


def test_a_change_that_is_refused_leaves_the_node_as_it_was(lab: Running) -> None:
    """A port that another program has taken: the service cannot have it."""
    assert _up(lab, _LAB).returncode == 0
    begun = starts_of(lab)
    rules = lab.run("a", "nft", "list", "table", "inet", "netdsl").stdout
    route = lab.run("b", "ip", "route").stdout
    taken = lab.run("www", "sh", "-c", "busybox httpd -p 82 -h /tmp; echo $?")  # the port is taken
    assert taken.stdout.strip() == "0"
    changed = _LAB.replace("serve http tcp/80", "serve http tcp/80 ; serve http more tcp/82").replace(
        "host www { interface on b-lan .1", "host www { interface on b-lan .9"
    )
    failed = _up(lab, changed)
    assert failed.returncode == 3
    assert "1 of " in failed.stderr
    assert "nodes could not be changed, and run as before" in failed.stderr
    assert "www: service www.more: tcp/82 is taken" in failed.stderr
    assert starts_of(lab) == begun
    assert lab.run("a", "nft", "list", "table", "inet", "netdsl").stdout == rules
    assert lab.run("b", "ip", "route").stdout == route
    assert "10.9.2.1/24" in lab.run("www", "ip", "-brief", "address").stdout
    assert "10.9.2.9" not in lab.run("www", "ip", "-brief", "address").stdout
    assert lab.fetch("pc", "http://10.9.2.1/") == "www.http"


_KILL = "for one in /proc/[0-9]*; do ! tr '\\0' ' ' <$one/cmdline | grep -q 'httpd -p [8]2' || kill ${one#/proc/}; done"


def test_credentials_of_a_change_that_is_undone_are_the_former_ones(lab: Running) -> None:
    """charon has a secret in its memory alone: had it taken the new ones, no one could give it the former ones back."""
    served = _LAB.replace("router a {", "router a {\n  serve http tcp/81")  # a first service needs a start
    assert _up(lab, served).returncode == 0
    assert lab.run("a", "sh", "-c", "busybox httpd -p 82 -h /tmp").returncode == 0
    keys = _keys(lab)
    changed = served.replace("ecdsa-p256", "ecdsa-p384").replace("router a {", "router a {\n  serve http more tcp/82")
    failed = _up(lab, changed)
    assert failed.returncode == 3, failed.stdout + failed.stderr
    assert "a: service a.more: tcp/82 is taken" in failed.stderr
    assert _keys(lab) == keys
    assert _secrets(lab) == ""
    assert lab.run("a", "sh", "-c", _KILL).returncode == 0
    done = _up(lab, changed)
    assert done.returncode == 0, done.stderr
    assert all("384" in key for key in _keys(lab))
    assert _secrets(lab) == ""
    assert lab.fetch("pc", "http://www/") == "www.http"


def _keys(lab: Running) -> list[str]:
    """The private keys that `a`'s charon has, with their certificates."""
    return re.findall(r"pubkey: +(.*has private key)", lab.run("a", "swanctl", "--list-certs", "--type", "x509").stdout)


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_an_up_that_is_interrupted_in_a_change_leaves_no_secret_and_the_next_one_changes_the_lab(
    lab: Running, number: signal.Signals
) -> None:
    changed = _LAB.replace("auth certificate from keys", "auth psk", 1)
    changed = changed.replace("ecdsa-p256", "ecdsa-p384").replace("tcp/7000", "tcp/7001")
    assert _up(lab, _LAB).returncode == 0
    begun = starts_of(lab)
    (lab.folder.parent / "lab.net").write_text(changed)
    main = _main(lab, "a")
    os.kill(main, signal.SIGSTOP)  # what it is to take is there, and not taken
    try:
        words = (PROGRAM, "up", "lab.net", *_where(lab))
        with subprocess.Popen(
            words,
            cwd=lab.folder.parent,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                laid = HERE.wait_until(lambda: _has(lab, "/run/netdsl/data/whole") or process.poll() is not None, 60)
                assert laid is not None
                assert process.poll() is None, process.communicate()[0]
            finally:
                os.killpg(process.pid, number)
            said = process.communicate(timeout=90)[0]
    finally:
        os.kill(main, signal.SIGCONT)
    done = _up(lab, changed)
    assert done.returncode == 0, done.stderr
    assert starts_of(lab) == begun, done.stderr
    assert all("384" in key for key in _keys(lab))
    assert "tcp dport 7001 drop" in lab.run("a", "nft", "list", "table", "inet", "netdsl").stdout
    assert lab.fetch("pc", "http://10.9.2.1/") == "www.http"
    assert _secrets(lab) == ""
    assert not _has(lab, "/run/netdsl/data/next")
    logs = netdsl("logs", *_where(lab)[:6], folder=lab.folder.parent)
    assert _told(lab, f"{said}{done.stdout}{done.stderr}{logs.stdout}{logs.stderr}{lab.logs()}") == []


def _main(lab: Running, node: str) -> int:
    """The number of its script's main process on this machine."""
    first = lab.process(node) if isinstance(lab, NamespacesLab) else _first(lab.container(node))
    inside = lab.run(node, "cat", "/run/netdsl/pid").stdout.strip()
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            found = re.search(r"^NSpid:.*\t(\d+)$", status.read_text(), re.MULTILINE)
            if found and found[1] == inside and spaces_of(status.parent.name) == spaces_of(first):
                return int(status.parent.name)
    raise AssertionError(f"{node} has no process {inside}")


def _first(container: str) -> int:
    return int(HERE.say("docker", "inspect", "--format", "{{.State.Pid}}", container))


def _has(lab: Running, path: str) -> bool:
    return lab.run("a", "test", "-e", path).returncode == 0


def _told(lab: Running, text: str) -> list[str]:
    """Files with a secret of the lab's that the text has."""
    files = [path for path in lab.folder.parent.rglob("*") if path.is_file() and path.stat().st_mode & 0o77 == 0]
    keys = {str(path): path.read_text() for path in files if "credentials" in path.parts}
    assert any("PRIVATE KEY" in key for key in keys.values())
    assert any("secret =" in key for key in keys.values())
    lines = {(path, line) for path, key in keys.items() for line in key.splitlines() if len(line) > 20}
    return [path for path, line in lines if line.strip() in text]


def _secrets(lab: Running) -> str:
    """Files with a private key, or a shared one, that the node has written."""
    return lab.run("a", "grep", "-rlE", "PRIVATE KEY|secret =", "/run/netdsl", "/tmp").stdout


_EDITS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("tcp/7000", "tcp/7001", {}),
    ("host pc { interface on a-lan .1", "host pc { interface on a-lan .1, .2", {}),
    ("route c-lan via c", "route c-lan via c ; route 10.9.1.0/24 via b", {"a": "a route for a network of its own"}),
    (
        "host pc { interface on a-lan .1",
        "host pc { interface on a-lan .1, fe80::7",
        {"pc": "a link-local address of `a-lan`"},
    ),
    ("host far {", 'host far { run "true" ;', {"far": "its commands"}),
)


@pytest.mark.full
@pytest.mark.parametrize("way", ["there", "back"])
def test_what_is_foretold_is_done(lab: Running, way: str) -> None:
    sources = [_LAB.replace(before, after) for before, after, _ in _EDITS]
    for source, (before, _, anew) in zip(sources, _EDITS, strict=True):
        assert source != _LAB, before
        first, second = (_LAB, source) if way == "there" else (source, _LAB)
        assert _up(lab, first).returncode == 0
        foretold = _up(lab, second, "--dry-run").stdout.splitlines()
        begun = starts_of(lab)
        done = _up(lab, second)
        assert done.returncode == 0, done.stderr
        assert {f"make anew the node {name}: {why}" for name, why in anew.items()} <= set(foretold)
        changed = {line.split()[3].rstrip(",:") for line in foretold if line.startswith("change the node ")}
        assert changed == {line.partition(":")[0] for line in done.stderr.splitlines() if "changed as it runs" in line}
        assert {name for name, one in starts_of(lab).items() if one != begun[name]} == set(anew)


def test_a_node_that_changed_without_its_client_is_left_alone(lab: Running) -> None:
    """As after a netdsl that was killed in the middle: the node has gone on alone."""
    assert _up(lab, _LAB).returncode == 0
    begun = starts_of(lab)
    changed = _LAB.replace("tcp/7000", "tcp/7001")
    assert _compile(lab, changed).returncode == 0
    assert lab.run("a", "sh", "/netdsl/lab/node.sh", "change").returncode == 0
    done = _up(lab, changed)
    assert done.returncode == 0, done.stderr
    assert starts_of(lab) == begun
    assert "tcp dport 7001 drop" in lab.run("a", "nft", "list", "table", "inet", "netdsl").stdout


def test_a_node_whose_folder_was_removed_and_made_again_is_made_anew(lab: Running) -> None:
    """What it has mounted is the folder that is gone; and its container's label is that of the lab which it is to be."""
    assert _up(lab, _LAB).returncode == 0
    assert _up(lab, _LAB.replace("far { interface on c-lan .1", "far { interface on c-lan .7")).returncode == 0
    far = next(line for line in _LAB.splitlines() if line.startswith("host far"))
    assert _compile(lab, _LAB.replace(far, "")).returncode == 0
    begun = starts_of(lab)
    done = _up(lab, _LAB)
    assert done.returncode == 0, done.stderr
    assert "far: is made anew: what it can read is not what was compiled" in done.stderr
    assert {name for name, one in starts_of(lab).items() if one != begun[name]} == {"far"}
    assert lab.pings("pc", "10.9.3.1", "10.9.3.7") == ("10.9.3.1",)


def test_each_save_is_applied_to_the_lab_that_runs(lab: Running) -> None:
    folder = lab.folder.parent
    assert _up(lab, _LAB).returncode == 0
    begun = starts_of(lab)
    words = (PROGRAM, "watch", "lab.net", "--up", *_where(lab))
    watch = subprocess.Popen(
        words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert watch.stdout is not None
    try:
        assert any("waiting for a save" in line for line in watch.stdout)
        (folder / "lab.net").write_text(f"{_LAB}expect {{ pc cannot reach www tcp/80 }}\n")
        assert any("not applied: it has an error" in line for line in watch.stdout)
        (folder / "lab.net").write_text(_LAB.replace("tcp/7000", "tcp/80"))
        said = list(takewhile(lambda line: "applied to the lab that runs" not in line, watch.stdout))
        assert any("no longer open: tcp/80" in line for line in said)
        assert lab.fetch("pc", "http://10.9.2.1/") is None
        assert starts_of(lab) == begun
    finally:
        watch.kill()
        watch.wait()

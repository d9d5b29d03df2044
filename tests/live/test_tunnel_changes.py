"""Tunnels with keys of their own are changed as their nodes run: a peer of the same device keeps its connections."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.compose import ComposeLab, compile_lab
from tests.live.connection import Running, connection, is_carried, starts_of
from tests.live.machine import netdsl
from tests.live.namespaces import compile_spaces

pytestmark = pytest.mark.live

_LAB = """lab tunnels
network wan 10.9.9.0/24
network hq 10.9.1.0/24
network one 10.9.2.0/24
network two 10.9.3.0/24
router hub { interface wan on wan .1 ; interface lan on hq .1 }
router a { interface wan on wan .2 ; interface lan on one .1 }
router b { interface wan on wan .3 ; interface lan on two .1 }
router c { interface wan on wan .4 }
wireguard wg {
  addresses 10.8.0.0/24
  gateway hub protecting hq
  client a protecting one
  client b protecting two
}
"""


@pytest.fixture(params=["compose", "namespaces"])
def lab(request: pytest.FixtureRequest, tmp_path: Path, run_name: str) -> Iterator[Running]:
    """Compiled, not up."""
    (tmp_path / "lab.net").write_text(_LAB)
    compiled: Running
    if request.param == "compose":
        request.getfixturevalue("engine")
        compiled = compile_lab(tmp_path / "lab.net", tmp_path, f"{run_name}-tunnel-changes", "--closed")
    else:
        compiled = compile_spaces(tmp_path / "lab.net", tmp_path, f"{run_name}-tunnel-changes", "--closed")
    compiled.prepare()
    try:
        yield compiled
    finally:
        compiled.take_away()


def _up(lab: Running, source: str, *words: str) -> "subprocess.CompletedProcess[str]":
    folder = lab.folder.parent
    (folder / "lab.net").write_text(source)
    target = "compose" if isinstance(lab, ComposeLab) else "namespaces"
    where = ("-t", target, "-o", str(lab.folder), "--project", lab.project, "--credentials", "credentials", "--closed")
    done = netdsl("up", "lab.net", *where, *words, folder=folder)
    assert done.returncode == 0, done.stderr
    return done


def _forget_key(lab: Running, node: str) -> None:
    """Of the lab's store: `up` makes another one."""
    store = lab.folder.parent / "credentials"
    found = [path for path in store.rglob("*") if path.is_file() and re.search(rf"wg.*\b{node}\b", str(path))]
    assert found, sorted(map(str, store.rglob("*")))
    for path in found:
        path.unlink()


def _public(lab: Running, node: str) -> str:
    return lab.say(node, "wg", "show", "wg", "public-key").strip()


def test_wireguard_is_changed_as_it_runs(lab: Running) -> None:
    _up(lab, _LAB)
    began, key = starts_of(lab), _public(lab, "b")
    changed = (
        _LAB.replace("client b protecting two", "client b protecting two { keepalive 25s }\n  client c\n  mtu 1400")
        .replace("interface wan on wan .3", "interface wan on wan .33 { mtu 1480 }")
        .replace("gateway hub protecting hq", "gateway hub protecting hq { listen udp/7000 }")
    )  # fmt: skip
    said = [line for line in _up(lab, changed, "--dry-run").stdout.splitlines() if "node" in line and "/" not in line]
    assert sorted(said) == [
        "change the node a, as it runs: devices of tunnels, hosts file, tunnels",
        "change the node b, as it runs: MTU, addresses, devices of tunnels, hosts file, tunnels",
        "change the node hub, as it runs: devices of tunnels, hosts file, tunnels",
        "make anew the node c: its daemons",
    ]
    with connection(lab, "a", "hub", "10.9.1.1") as ends:
        assert is_carried(ends, "before")
        _up(lab, changed)
        assert is_carried(ends, "after")
        assert lab.pings("hub", "10.9.3.1", "10.8.0.4") == ("10.9.3.1", "10.8.0.4")
        assert lab.say("b", "cat", "/sys/class/net/wan/mtu", "/sys/class/net/wg/mtu").split() == ["1480", "1400"]
        _forget_key(lab, "b")
        _up(lab, changed)
        assert _public(lab, "b") != key
        assert lab.pings("hub", "10.9.3.1") == ("10.9.3.1",)
        assert is_carried(ends, "with another peer's key renewed")
        _up(lab, changed.replace("  client b protecting two { keepalive 25s }\n", ""))
        assert len(lab.say("hub", "wg", "show", "wg", "peers").split()) == 2
        assert is_carried(ends, "with another peer gone")
    now = starts_of(lab)
    assert {name: now[name] for name in ("hub", "a")} == {name: began[name] for name in ("hub", "a")}

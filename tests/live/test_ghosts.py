"""Nothing of yesterday's lab runs: `up` makes the engine equal to what is compiled, `down` finds a lab by its labels."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netdsl.backends.compose.inventory import networks_of
from netdsl.backends.compose.model import parent_device
from tests.live.compose import ComposeLab
from tests.live.conftest import Starter
from tests.live.host import Host
from tests.live.machine import HERE, netdsl
from tests.live.small import PAIR

pytestmark = pytest.mark.live

_HOSTS = ("one", "two", "three", "four")
"""As many as the engine's range for `lan` has room for."""


def _source(lab: str, *hosts: str, spare: str = "spare") -> str:
    lines = (f"host {name} {{ interface on lan .{number}0 }}\n" for number, name in enumerate(hosts, 1))
    also = f"network {spare} 10.9.8.0/24\nhost on-{spare} {{ interface on {spare} .1 }}\n"
    return f"lab {lab}\nnetwork lan 10.9.1.0/24\n{''.join(lines)}{also}"


def _up(lab: ComposeLab, source: str, *words: str) -> "subprocess.CompletedProcess[str]":
    folder = lab.folder.parent
    (folder / "lab.net").write_text(source)
    where = ("-o", str(lab.folder), "--project", lab.project, "--closed")
    return netdsl("up", "lab.net", *where, *words, folder=folder)


def _parents(lab: ComposeLab, *keys: str) -> list[bool]:
    """Whether the device that a network stands on is there, where netdsl makes it: on a kernel without dummies."""
    if not (lab.folder / ".env").exists():
        return [False] * len(keys)
    words = ("docker", "run", "--rm", "--network", "host", "--entrypoint", "ls", lab.images()[0], "/sys/class/net")
    there = HERE.say(*words).split()
    return [parent_device(lab.project, key) in there for key in keys]


def _keys(lab: ComposeLab) -> list[str]:
    return sorted(network.key for network in networks_of(lab.project))


def test_up_makes_the_engine_equal_to_the_lab_and_down_finds_it_without_its_folder(
    deploy: Starter, look: Callable[[str], Host], tmp_path: Path
) -> None:
    first = _source("ghosts", *_HOSTS)
    lab = deploy(first, "ghosts", "--closed")
    before = look(lab.project)
    assert _up(lab, first).returncode == 0
    has_parents = _parents(lab, "lan", "spare") == [True, True]
    old = lab.nodes()
    assert old.keys() == {*_HOSTS, "on-spare"}

    second = _source("ghosts", "uno", "due", *_HOSTS[2:], spare="other")
    gone = ("the node on-spare", "the node one", "the node two", "the network spare")
    foretold = _up(lab, second, "--dry-run")
    assert foretold.returncode == 0, foretold.stderr
    for thing in gone:
        assert f"remove {thing}, which the lab has no more" in foretold.stdout.splitlines()
    assert lab.nodes() == old
    assert _keys(lab) == ["lan", "spare"]

    changed = _up(lab, second)
    assert changed.returncode == 0, changed.stderr
    for thing in gone:
        assert f"removed {thing}, which the lab has no more" in changed.stderr.splitlines()
    new = lab.nodes()
    assert new.keys() == {"uno", "due", "three", "four", "on-other"}
    assert new["three"] == old["three"]  # what did not change runs on
    assert _keys(lab) == ["lan", "other"]
    assert lab.pings("three", "10.9.1.10", "10.9.1.20") == ("10.9.1.10", "10.9.1.20")
    if has_parents:
        assert _parents(lab, "lan", "spare", "other") == [True, False, True]
    assert netdsl("exec", "-o", str(lab.folder), "one", "true", folder=tmp_path).returncode == 3

    more = _source(
        "ghosts", "uno", "due", *_HOSTS[2:], "five", "six", spare="other"
    )  # the engine's range is a larger one
    grown = _up(lab, more)
    assert grown.returncode == 0, grown.stderr
    assert "removed the network lan, to make it anew: it has changed" in grown.stderr
    assert lab.pings("six", "10.9.1.10") == ("10.9.1.10",)
    assert lab.nodes()["on-other"] == new["on-other"]
    again = _up(lab, more)
    assert (again.returncode, "removed" in again.stderr) == (0, False), again.stderr

    moved = lab.folder.rename(lab.folder.with_name("moved"))
    down = netdsl("down", lab.project, folder=tmp_path)
    assert down.returncode == 0, down.stderr
    assert "removed the node six" in down.stderr
    moved.rename(lab.folder)
    left = HERE.wait_until(lambda: look(lab.project).added_since(before) == [], 10, pause=1)
    assert left is not None, look(lab.project).added_since(before)


@contextmanager
def _foreign(lab: ComposeLab) -> Iterator[str]:
    """A container that somebody's Compose project of the lab's name has."""
    labels = ("project", lab.project), ("service", "one"), ("project.working_dir", "/srv/shop"), ("oneoff", "False")
    words = [word for key, value in labels for word in ("--label", f"com.docker.compose.{key}={value}")]
    name = f"{lab.project}-shop"
    command = ("docker", "run", "--detach", "--rm", "--name", name, "--network", "none", "--init", *words)
    HERE.say(*command, "--entrypoint", "sleep", lab.images()[0], "300")
    try:
        yield name
    finally:
        HERE.run("docker", "rm", "--force", name)


def test_a_lab_of_one_name_in_another_folder_and_a_foreign_project_are_left_alone(
    deploy: Starter, tmp_path: Path
) -> None:
    lab = deploy(PAIR, "namesake", "--closed")
    lab.prepare()
    with _foreign(lab) as name:
        refused = netdsl("up", "-o", str(lab.folder), folder=tmp_path)
        assert refused.returncode == 3
        assert f"the container `{name}` of a Compose project `{lab.project}` is not netdsl's" in refused.stderr
        assert "--project NAME" in refused.stderr
        down = netdsl("down", "-o", str(lab.folder), folder=tmp_path)
        assert down.returncode == 0, down.stderr
        assert f"the container {name} of the project {lab.project} stays" in down.stderr
        HERE.say("docker", "exec", name, "true")
    lab.up()
    running = lab.nodes()

    second = tmp_path / "second"
    second.mkdir()
    (second / "lab.net").write_text(PAIR.replace("host two", "host zwei"))
    words = ("lab.net", "--project", lab.project, "-o", "out", "--closed")
    other = netdsl("up", *words, folder=second)
    assert other.returncode == 3
    assert f"the lab `{lab.project}` that is there is another one, of {lab.folder}" in other.stderr
    assert "--project NAME" in other.stderr
    assert netdsl("down", "-o", "out", folder=second).returncode == 3
    assert lab.nodes() == running
    assert lab.fetch("two", "http://10.9.1.1/") == "one.http"

    down = netdsl("down", "lab.net", "--project", lab.project, folder=lab.folder.parent)  # compiled to no build/
    assert down.returncode == 0, down.stderr
    assert lab.nodes() == {}

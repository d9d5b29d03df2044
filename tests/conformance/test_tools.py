"""What is written is what the real tools take: Compose, nft, ip, sh."""

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.labs import automatic
from netdsl.codegen.contract import Options
from tests.compiling import LABS, Outcome, all_tunnels, compiled_file, compiled_text
from tests.outputs import read_all

DRIVERS = ("macvlan", "bridge", "ipvlan")
pytestmark = pytest.mark.live  # tools/engine installs what is called here


def _written(outcome: Outcome, folder: Path) -> Path:
    assert outcome.files is not None, outcome.rendered()
    read_all(outcome.files)
    for path, content in outcome.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def _run(*command: object) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _check_all(folder: Path) -> None:
    _run("docker", "compose", "-f", folder / "compose.yaml", "config", "-q")
    _run("sh", "-n", folder / "parents.sh")
    _run("shellcheck", "-s", "sh", folder / "parents.sh")
    script = 'for file in "$@"; do nft -c -f "$file" || { echo "$file"; exit 1; }; done'
    _run("unshare", "-n", "sh", "-c", script, "sh", *sorted(folder.glob("payload/nodes/*/filter.nft")))


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.parent.name)
def test_examples(lab: Path, driver: str, tmp_path: Path) -> None:
    outcome = compiled_file(lab, tmp_path / "credentials", options=Options(driver=driver))
    _check_all(_written(outcome, tmp_path / "out"))


@pytest.mark.parametrize("driver", DRIVERS)
def test_tunnels_of_all_kinds(driver: str, tmp_path: Path) -> None:
    outcome = compiled_text(all_tunnels(), tmp_path / "credentials", options=Options(driver=driver))
    _check_all(_written(outcome, tmp_path / "out"))


def test_a_hundred_nodes(tmp_path: Path) -> None:
    _check_all(_written(compiled_text(automatic(100), tmp_path / "credentials"), tmp_path / "out"))


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.parent.name)
def test_rules_that_come_with_a_tunnel(lab: Path, tmp_path: Path) -> None:
    """The files of `while`, loaded onto the rule set that they change."""
    folder = _written(compiled_file(lab, tmp_path / "credentials"), tmp_path / "out")
    for node in sorted(folder.glob("payload/nodes/*")):
        changes = sorted(node.glob("while/*.nft"))
        if changes:
            script = 'base=$1; shift; nft -f "$base" && for file in "$@"; do nft -f "$file" || exit 1; done'
            _run("unshare", "-n", "sh", "-c", script, "sh", node / "filter.nft", *changes)


def test_the_dockerfile_is_one(tmp_path: Path) -> None:
    """Nothing is built: buildx parses the file and says what it would do."""
    assert shutil.which("docker")
    text = 'lab x\nnetwork lan 10.0.0.0/24\nimage i { packages curl ; run "echo \\"\\$HOME\\" \'a\' \\\\ # b" }\n'
    lab = text + "host a { interface on lan ; image i }\nhost b { interface on lan }\n"
    folder = _written(compiled_text(lab, tmp_path / "credentials"), tmp_path / "out")
    _run("docker", "buildx", "bake", "-f", folder / "docker-bake.json", "--print")

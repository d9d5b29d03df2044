"""The targets in docs/adding-a-runtime.md are built as a package of their own, found through entry points, and run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-runtime.md"
LAB = "lab pair\nnetwork lan 10.0.0.0/24\nhost a { interface on lan .1 }\nhost b { interface on lan .2 }\n"
SWITCHED = LAB + "switch s { interface a on lan }\n"


def _files() -> dict[str, str]:
    """The files that the page shows in full, by name."""
    shown = re.findall(
        r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return dict(shown)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH with the example, built from the page."""
    source, site = tmp_path_factory.mktemp("netdsl-sketches"), tmp_path_factory.mktemp("site")
    assert set(_files()) == {"pyproject.toml", "netdsl_dot.py", "netdsl_rehearsal.py"}
    for name, text in _files().items():
        (source / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--no-deps", "--target", site, source], check=True, timeout=120)
    return site


def _netdsl(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "netdsl.cli.main", *words]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_each_is_a_target_and_shows_what_it_has(installed: Path, tmp_path: Path) -> None:
    rows = _netdsl(installed, tmp_path, "targets").stdout
    assert re.search(r"^dot +dot +no driver +no meter ", rows, re.MULTILINE)
    assert re.search(r"^rehearsal +rehearsal +yes +yes ", rows, re.MULTILINE)


@pytest.mark.slow
def test_it_draws_a_lab(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    done = _netdsl(installed, tmp_path, "compile", "lab.net", "--target", "dot")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "build/pair/dot/lab.dot").read_text() == (
        'graph "pair" {\n'
        '  "lan" [shape=plain]\n'
        '  "a" [shape=box]\n'
        '  "a" -- "lan" [label="10.0.0.1/24"]\n'
        '  "b" [shape=box]\n'
        '  "b" -- "lan" [label="10.0.0.2/24"]\n'
        "}\n"
    )


@pytest.mark.slow
def test_it_refuses_on_the_users_line(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(SWITCHED)
    done = _netdsl(installed, tmp_path, "compile", "lab.net", "--target", "dot")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error[unsupported-by-target]: the target `dot` cannot make `s`: it has no nodes of the kind `switch`\n"
        " --> lab.net:5:1"
    )
    assert not (tmp_path / "build").exists()


@pytest.mark.slow
def test_what_has_no_driver_is_not_run(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    done = _netdsl(installed, tmp_path, "up", "lab.net", "--target", "dot")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: the target `dot` has no driver: its files are made, and cannot be run from here\n"


@pytest.mark.slow
def test_what_has_a_driver_and_a_meter_is_run_and_measured(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)

    def run(verb: str, *words: str) -> subprocess.CompletedProcess[str]:
        return _netdsl(installed, tmp_path, verb, "--target", "rehearsal", *words)

    assert "folders" in run("doctor").stdout
    assert run("status", "pair").returncode == 2
    done = run("up", "lab.net")
    assert (done.returncode, "a is ready" in done.stderr) == (0, True), done.stderr
    assert run("status", "pair").returncode == 0
    assert run("exec", "-l", "pair", "a", "pwd").stdout.endswith("/homes/a\n")
    done = run("logs", "-l", "pair")
    assert (done.returncode, done.stderr) == (3, "error: a folder has no logs\n")
    assert run("down", "pair").returncode == 0
    assert run("status", "pair").returncode == 1
    done = run("measure", "lab.net", "--no-paths", "--rest", "0")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "build/pair/measured/rehearsal.json").is_file()

"""The backend in docs/adding-a-backend.md is built as a package of its own, found through its entry point, and run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-backend.md"
LAB = "lab pair\nnetwork lan 10.0.0.0/24\nhost a { interface on lan .1 }\nhost b { interface on lan .2 }\n"
DELAYED = LAB.replace("10.0.0.0/24", "10.0.0.0/24 { delay 10ms }")


def _block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH with the example, built from the page."""
    source, site = tmp_path_factory.mktemp("netdsl-dot"), tmp_path_factory.mktemp("site")
    (source / "pyproject.toml").write_text(_block("toml"), encoding="utf-8")
    (source / "netdsl_dot.py").write_text(_block("python"), encoding="utf-8")
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
def test_it_is_a_target(installed: Path, tmp_path: Path) -> None:
    assert re.search(r"^dot +dot$", _netdsl(installed, tmp_path, "targets").stdout, re.MULTILINE)


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
    (tmp_path / "lab.net").write_text(DELAYED)
    done = _netdsl(installed, tmp_path, "compile", "lab.net", "--target", "dot")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error[unsupported-by-target]: a drawing cannot delay packets on `lan`\n --> lab.net:2:1"
    )
    assert not (tmp_path / "build").exists()

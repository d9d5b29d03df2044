"""The part in docs/adding-a-daemon.md is added to a copy of the compiler, as the page says; a lab with it is run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.payload.node import ROOT, Node

PAGE = (ROOT / "docs/adding-a-daemon.md").read_text(encoding="utf-8")
INDEX = "netdsl/index.py"


def _block(before: str) -> str:
    """The block after the line that names it."""
    found = re.search(rf"{re.escape(before)}[^\n]*:\n\n```[^\n]*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, before
    return found[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiler with the part: its folder, and the line of the index."""
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "netdsl", root / "netdsl")
    for folder in ("backends", "grammar"):
        shutil.copytree(ROOT / folder, root / "netdsl" / folder)
    part = root / "netdsl/backends/daytime"
    part.mkdir()
    (part / "__init__.py").write_text('"""Date and time."""\n')
    (part / "services.py").write_text(
        _block("`backends/daytime/__init__.py` is a docstring. `backends/daytime/services.py`")
    )
    for name in ("part.py", "part.sh"):
        (part / name).write_text(_block(f"`backends/daytime/{name}`"))
    index, line = root / INDEX, _block(f"In `{INDEX}`, at the end of `PARTS`").strip()
    text, count = re.subn(r"^(PARTS: .*)\)$", rf"\1, {line})", index.read_text(), flags=re.MULTILINE)
    assert count == 1
    index.write_text(text)
    return root


@pytest.fixture(scope="module")
def compiled(house: Path) -> Path:
    (house / "lab.net").write_text(_block("A lab with it"))
    done = subprocess.run(
        [sys.executable, "-m", "netdsl.cli.main", "compile", "lab.net"],
        cwd=house,
        env=os.environ | {"PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return house / "build/clock/compose/payload"


@pytest.mark.slow
def test_the_node_that_serves_has_the_part_and_the_other_has_not(compiled: Path) -> None:
    assert (compiled / "nodes/server/parts").read_text() == "nftables\ndaytime\n"
    assert (compiled / "nodes/server/services.tsv").read_text() == "daytime\tserver.daytime\ttcp\t13\tdaytime\n"
    assert (compiled / "nodes/server/daytime/zone").read_text() == "JST-9\n"
    assert (compiled / "nodes/client/parts").read_text() == "nftables\n"
    assert "socat" in (compiled.parent / "Dockerfile").read_text()


@pytest.mark.slow
@pytest.mark.live
def test_it_answers_and_says_its_status(compiled: Path, tmp_path: Path) -> None:
    shutil.copytree(compiled / "lab/daytime", tmp_path / "netdsl/lab/daytime")
    with Node(tmp_path) as node:
        for name in ("parts", "services.tsv", "daytime/zone"):
            node.file(name, (compiled / "nodes/server" / name).read_text())
        assert node.start() == ""
        assert "JST" in node.inside("socat", "-t1", "-", "TCP:127.0.0.1:13").stdout
        status = node.verb("status").stdout
    assert "daemon\tservice daytime server.daytime tcp/13\trunning\n" in status
    assert status.endswith("daytime\tJST-9\n")


@pytest.mark.slow
@pytest.mark.live
def test_shellcheck_finds_nothing_in_it(house: Path) -> None:
    script = house / "netdsl/backends/daytime/part.sh"
    frame = (ROOT / "netdsl/payload/parts.sh").read_text().replace("source=/dev/null", f"source={script}")
    found = subprocess.run(["shellcheck", "-x", "-"], input=frame, capture_output=True, text=True, check=False)
    assert found.stdout == ""

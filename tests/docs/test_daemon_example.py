"""The part in docs/adding-a-daemon.md is added to a copy of the compiler, as the page says; a lab with it is run."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.docs.copied import MAIN, add_to_index, block, copy_compiler, run
from tests.payload.node import ROOT, Node

_block = partial(block, (ROOT / "docs/adding-a-daemon.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiler with the part: its folder, and the line of the index."""
    root = tmp_path_factory.mktemp("house")
    copy_compiler(root)
    part = root / "netdsl/backends/daytime"
    part.mkdir()
    (part / "__init__.py").write_text('"""Date and time."""\n')
    (part / "services.py").write_text(
        _block("`backends/daytime/__init__.py` is a docstring. `backends/daytime/services.py`")
    )
    for name in ("part.py", "part.sh"):
        (part / name).write_text(_block(f"`backends/daytime/{name}`"))
    add_to_index(root, "PARTS", _block("In `netdsl/index.py`, at the end of `PARTS`").strip())
    return root


@pytest.fixture(scope="module")
def compiled(house: Path) -> Path:
    (house / "lab.net").write_text(_block("A lab with it"))
    run(house, MAIN, "compile", "lab.net")
    return house / "build/clock/compose/payload"


@pytest.mark.slow
def test_the_node_that_serves_has_the_part_and_the_other_has_not(compiled: Path) -> None:
    assert (compiled / "nodes/server/parts").read_text() == "nftables\ndaytime\n"
    assert (compiled / "nodes/server/services.tsv").read_text() == "daytime\tserver.daytime\ttcp\t13\tdaytime\n"
    assert (compiled / "nodes/server/daytime/format").read_text() == "%FT%T_%Z\n"
    assert (compiled / "nodes/client/parts").read_text() == "nftables\n"
    assert "socat" in (compiled.parent / "Dockerfile").read_text()


@pytest.mark.slow
@pytest.mark.live
def test_it_answers_and_says_its_status(compiled: Path, tmp_path: Path) -> None:
    shutil.copytree(compiled / "lab/daytime", tmp_path / "netdsl/lab/daytime")
    with Node(tmp_path) as node:
        for name in ("parts", "services.tsv", "env", "daytime/format"):
            node.file(name, (compiled / "nodes/server" / name).read_text())
        assert node.start() == ""
        assert "JST" in node.inside("socat", "-t1", "-", "TCP:127.0.0.1:13").stdout
        status = node.verb("status").stdout
    assert "daemon\tservice daytime server.daytime tcp/13\trunning\t-\n" in status
    assert status.endswith("daytime\t%FT%T_%Z\n")


@pytest.mark.slow
@pytest.mark.live
def test_shellcheck_finds_nothing_in_it(house: Path) -> None:
    script = house / "netdsl/backends/daytime/part.sh"
    frame = (ROOT / "netdsl/payload/parts.sh").read_text().replace("source=/dev/null", f"source={script}")
    found = subprocess.run(["shellcheck", "-x", "-"], input=frame, capture_output=True, text=True, check=False)
    assert found.stdout == ""

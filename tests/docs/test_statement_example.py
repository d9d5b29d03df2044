"""The kind in docs/adding-a-statement.md is added to a copy of the compiler, as the page says; its words are read."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adding-a-statement.md").read_text(encoding="utf-8")
INDEX = "netdsl/index.py"


def _block(before: str) -> str:
    """The block after the line that names it."""
    found = re.search(rf"{re.escape(before)}[^\n]*:\n\n```[^\n]*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, before
    return found[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiler with the kind: its files, and the line of the index."""
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "netdsl", root / "netdsl")
    for folder in ("backends", "grammar"):
        shutil.copytree(ROOT / folder, root / "netdsl" / folder)
    (root / "netdsl/grammar/pipe.lark").write_text(_block("`grammar/pipe.lark`"))
    kind = root / "netdsl/kinds/pipe"
    kind.mkdir()
    (kind / "__init__.py").write_text('"""Pipes."""\n')
    for name in ("tree", "build", "statements", "resolve"):
        (kind / f"{name}.py").write_text(_block(f"`netdsl/kinds/pipe/{name}.py`"))
    index, line = root / INDEX, _block(f"In `{INDEX}`, at the end of `TUNNELS`").strip()
    text, count = re.subn(r"^(TUNNELS: .*?),?\)$", rf"\1, {line})", index.read_text(), flags=re.MULTILINE)
    assert count == 1
    index.write_text(text)
    return root


def _run(house: Path, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=house,
        env=os.environ | {"PYTHONPATH": f"{house}{os.pathsep}{ROOT}", "XDG_CACHE_HOME": str(house / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


_RESOLVED = """
import sys
from tests.semantics.resolve.resolving import resolved
tunnel = resolved(sys.argv[1].partition("\\n")[2]).tunnels["wire"]
print(tunnel.kind, *(end.outer for end in tunnel.ends), tunnel.inside)
"""
_SAID = """
import sys
from tests.semantics.resolve.resolving import found
from tests.syntax.reading import said
later = [f"{one.message} | {one.help}" for one in found(sys.argv[1])]
print(*said(sys.argv[1]), *later, sep="\\n")
"""


@pytest.mark.slow
def test_its_words_mean_a_tunnel(house: Path) -> None:
    found = _run(house, _RESOLVED, _block("A lab with it"))
    assert found == "pipe 10.0.0.1 10.0.0.2 BoundPipe(key=42, by=('a',))\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("knock 7000 with a", "expected `,` or `by`, found `with` | `knock PORT by NODE`"),
        ("tube x { }", "`tube` is not a word of this language | write `pipe NAME { between A and B }`"),
        ("host a { key 3 }", "`key` does not belong in a `host` | `key` belongs in a … `pipe`"),
        ("pipe p { mtu 1400 }", "`mtu` does not belong in a `pipe` | `mtu` belongs in a `network`, …"),
    ],
)
def test_its_description_gives_the_messages(house: Path, text: str, message: str) -> None:
    """`…` stands for the words of whatever kinds there are."""
    start, _, end = message.partition("…")
    assert any(line.startswith(start) and line.endswith(end) for line in _run(house, _SAID, text).splitlines())

"""The kind in docs/adding-a-statement.md is added to a copy of the compiler, as the page says; its words are read."""

from functools import partial
from pathlib import Path

import pytest

from tests.docs.copied import ROOT, add_to_index, block, copy_compiler, run

_block = partial(block, (ROOT / "docs/adding-a-statement.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiler with the kind: its files, and the line of the index."""
    root = tmp_path_factory.mktemp("house")
    copy_compiler(root)
    (root / "netdsl/grammar/pipe.lark").write_text(_block("`grammar/pipe.lark`"))
    kind = root / "netdsl/kinds/pipe"
    kind.mkdir()
    (kind / "__init__.py").write_text('"""Pipes."""\n')
    for name in ("tree", "build", "statements", "resolve"):
        (kind / f"{name}.py").write_text(_block(f"`netdsl/kinds/pipe/{name}.py`"))
    add_to_index(root, "TUNNELS", _block("In `netdsl/index.py`, at the end of `TUNNELS`").strip())
    return root


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
    found = run(house, _RESOLVED, _block("A lab with it"), also=(ROOT,))
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
    assert any(
        line.startswith(start) and line.endswith(end) for line in run(house, _SAID, text, also=(ROOT,)).splitlines()
    )

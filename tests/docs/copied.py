"""A copy of the compiler, to which a test adds what a page of docs shows."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAIN = "from netdsl.cli.main import main; main()"


def block(page: str, before: str) -> str:
    """The block of a page after the line that names it."""
    found = re.search(rf"{re.escape(before)}[^\n]*:\n\n```[^\n]*\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert found is not None, before
    return found[1]


def copy_compiler(root: Path) -> None:
    """`root`/netdsl, with backends and grammar in it as an installation has them."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "netdsl", root / "netdsl", ignore=ignored)
    for folder in ("backends", "grammar"):
        shutil.copytree(ROOT / folder, root / "netdsl" / folder, ignore=ignored)


def add_to_index(root: Path, members: str, line: str) -> None:
    """At the end of `TUNNELS` or `PARTS` in the copy."""
    index = root / "netdsl/index.py"
    text, count = re.subn(rf"^({members}: [^)]*?),?\s*\)$", rf"\1, {line})", index.read_text(), flags=re.MULTILINE)
    assert count == 1
    index.write_text(text)


def run(root: Path, program: str, *words: str, also: Sequence[Path] = ()) -> str:
    """The output of a Python program with the copy. `also`: more folders that it imports from."""
    path = os.pathsep.join(map(str, (root, *also)))
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=root,
        env=os.environ | {"PYTHONPATH": path, "XDG_CACHE_HOME": str(root / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

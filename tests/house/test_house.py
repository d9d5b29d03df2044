"""The rules of the house that a machine can see."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from netdsl.diagnostics.catalogue import homes

ROOT = Path(__file__).parents[2]
LARGEST = 400
WIDEST = 160
_CONSOLE = "netdsl/cli/console.py"
_ATTACHED = "netdsl/runtime/attached.py"
"""Where commands have this process's output: a terminal for `exec` and `shell`, and a capture's bytes."""
_ALONE = ROOT / "backends/namespaces/runner"
"""What is run without netdsl, from an output folder: in a verb of netdsl's, what it says comes through a pipe."""
_STARTS = ("run", "Popen", "call", "check_call")
_PRINTING = """\
print("x")
sys.stdout.write("x")
sys.stdout.buffer
os.write(1, b"x")
click.echo("x")
click.secho("x")
error.show()
Console()
subprocess.run(["x"])
subprocess.Popen(["x"], stdin=None)
from sys import stdout
from click import echo
from subprocess import run
"""


def _tracked(*patterns: str) -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in names.decode().split("\0") if name and (ROOT / name).is_file()]


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    pages = {path.stem for path in (ROOT / "netdsl").glob("**/pages/*.md")}
    assert pages == set(homes())
    assert len(homes()) >= 60


def test_no_module_is_too_long() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in _tracked("netdsl/*.py", "backends/*.py", "grammar/*.lark")
        if (count := path.read_text(encoding="utf-8").count("\n")) > LARGEST
    }
    assert long == {}


def _prints(tree: ast.Module) -> Iterator[int]:
    """The lines that print, or start a command that does: what reaches a terminal passes the console, which shows control
    characters as signs."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Call(func=ast.Name(id="print" | "Console"))
                | ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr")
                | ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="write"), args=[ast.Constant(), *_])
                | ast.Call(func=ast.Attribute(value=ast.Name(id="click"), attr="echo" | "secho" | "style" | "prompt"))
                | ast.Call(func=ast.Attribute(attr="show"))
            ):
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Name(id="subprocess"), attr=name), keywords=given):
                if name in _STARTS and not {"stdout", "capture_output"} & {one.arg for one in given}:
                    yield node.lineno
            case ast.ImportFrom(module="sys" | "click" | "subprocess", names=names):
                if {"stdout", "stderr", "echo", "secho", *_STARTS} & {one.name for one in names}:
                    yield node.lineno
            case _:
                pass


def test_only_the_console_prints() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in _tracked("netdsl/*.py", "backends/*.py")
        if path.relative_to(ROOT).as_posix() not in (_CONSOLE, _ATTACHED) and not path.is_relative_to(_ALONE)
        for line in _prints(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_each_way_to_print_is_seen() -> None:
    assert sorted(set(_prints(ast.parse(_PRINTING)))) == list(range(1, 14))


_PLACES = re.compile(
    r"(?:/work|/home|/Users)/[\w.-]+|\b[\w.-]+\.(?:jfrog|artifactory|nexus)\.[\w.]+|registry\.[\w-]+\.\w+"
)


@pytest.mark.parametrize("kind", ["*.py", "*.md", "*.sh", "*.toml", "Makefile", "tools/*", ".ci/*", "*.net", "*.lark"])
def test_no_text_names_a_machine_or_a_registry(kind: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _tracked(kind)
        if path != Path(__file__)
        for match in _PLACES.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_no_line_of_the_documentation_is_too_wide() -> None:
    wide = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)}"
        for path in _tracked("*.md")
        if path.parent.name != "pages"  # their examples are sources, which may be as wide as a rule needs
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > WIDEST
    ]
    assert wide == []


def test_every_example_says_what_it_is() -> None:
    assert [
        path.parent.name for path in ROOT.glob("examples/*/lab.net") if not (path.parent / "README.md").is_file()
    ] == []

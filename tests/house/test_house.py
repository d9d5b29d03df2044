"""The rules of the house that a machine can see."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from netdsl.diagnostics.catalogue import homes

ROOT = Path(__file__).parents[2]
LARGEST = 400
WIDEST = 160
_PRINTS = re.compile(r"(?:\bprint|sys\s*\.\s*std(?:out|err)\s*\.\s*write)\s*\(")


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


def test_only_the_console_prints() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _tracked("netdsl/*.py", "backends/*.py")
        if _PRINTS.search(text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and _PRINTS.fullmatch(f"{ast.unparse(node.func)}(")
    ]
    assert found == []


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

"""One room opens, writes and removes files: `netdsl/disk`, where nothing that lies in a folder is believed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ALONE = ROOT / "backends/namespaces/runner"
"""What is run without netdsl, from an output folder: it has no room of netdsl's, and its own rules (docs/namespaces.md)."""
_MODULES = {"shutil", "tempfile", "fcntl", "glob"}
_HARMLESS = {"shutil.which", "shutil.get_terminal_size"}
_OF_OS = re.compile(
    "fdopen|f?open|mkdir|makedirs|rmdir|removedirs|unlink|remove|renames?|replace|link|symlink|mkfifo|mknod|"
    "[fl]?chmod|[fl]?chown|f?truncate|utime|listdir|scandir|f?walk|readlink"
)
_METHODS = re.compile(
    "open|(?:read|write)_(?:text|bytes)|mkdir|rmdir|unlink|touch|l?chmod|(?:sym|hard)link_to|rmtree|iterdir|rename|readlink"
)
_MAYBE = re.compile(rf"(?:open|{_OF_OS.pattern}|{_METHODS.pattern})\W*\(|(?:from|import)\s+os\b|{'|'.join(_MODULES)}")
"""What a module that opens a file has in its text. The others are not parsed."""
_CASES = """\
open("x")
path.open()
path.read_text()
os.open("x", 0)
shutil.rmtree("x")
tempfile.mkdtemp()
part.replace(target)
from os import unlink
from tempfile import NamedTemporaryFile
"""


def _opens(source: str) -> Iterator[int]:
    """The lines that open, write or remove files."""
    for node in ast.walk(ast.parse(source)) if _MAYBE.search(source) else ():
        match node:
            case ast.Call(func=ast.Name(id="open")):
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr=name)) if _OF_OS.fullmatch(name):
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)) if module in _MODULES:
                if f"{module}.{name}" not in _HARMLESS:
                    yield node.lineno
            case ast.Call(func=ast.Attribute(attr=name)) if _METHODS.fullmatch(name):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="replace"), args=[_], keywords=[]):  # of a path: a text's has two
                yield node.lineno
            case ast.ImportFrom(module=str(module)) if module in _MODULES or module == "os":
                yield node.lineno
            case _:
                pass


def test_files_are_opened_in_one_room_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("netdsl", "backends")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not {ROOT / "netdsl/disk", _ALONE} & set(path.parents)
        for line in _opens(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_each_way_to_open_a_file_is_seen() -> None:
    assert set(_opens(_CASES)) == set(range(1, 10))
    assert [line for line in _CASES.splitlines() if not _MAYBE.search(line)] == []

"""Every example in the documentation tells the truth: ```netdsl blocks are compiled, or parsed, as they are marked.

`netdsl`: a whole lab without a finding. `netdsl bad CODE`: exactly that finding. `netdsl fragment`: parsed only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.render_text import render_text
from netdsl.pipeline.analysis import analyze, check_text
from netdsl.semantics.load import Sources
from netdsl.source import SourceFile
from netdsl.syntax.parser import parse

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
)
FENCE = re.compile(r"^```netdsl(?P<mark>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    place: str
    mark: tuple[str, ...]
    text: str


def examples() -> Iterator[Example]:
    for page in PAGES:
        if not page.is_file():
            continue
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 2
            yield Example(f"{page.relative_to(ROOT)}:{line}", tuple(found["mark"].split()), found["text"])


ALL = tuple(examples())


def test_there_are_examples_of_every_mark() -> None:
    assert {example.mark[:1] for example in ALL} == {(), ("bad",), ("fragment",)}


@pytest.mark.parametrize("example", ALL, ids=[example.place for example in ALL])
def test_example(example: Example) -> None:
    match example.mark:
        case ("fragment",):
            diagnostics = Diagnostics()
            parse(SourceFile(example.place, example.text), diagnostics)
            assert [found.message for found in diagnostics] == []
        case ("bad", code):
            assert {found.rule.code for found in _checked(example)} == {code}
        case ():
            assert [f"{found.rule.code}: {found.message}" for found in _checked(example)] == []
        case other:
            pytest.fail(f"no such mark: {other}")


def test_the_error_in_the_readme_is_what_netdsl_prints() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^```netdsl bad \S+\n(.*?)^```\n\n```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert shown is not None
    diagnostics = Diagnostics()
    source = SourceFile("lab.net", shown[1])
    analyze(Sources("lab.net", {"lab.net": parse(source, diagnostics)}, {}), {}, diagnostics)
    assert render_text(diagnostics) == shown[2]


def _checked(example: Example) -> Diagnostics:
    return check_text(example.text.encode()).diagnostics

"""What README and docs/verifying.md show as the output of `verify`, `trace` and `matrix` is what they print."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from netdsl.cli.main import netdsl
from netdsl.diagnostics.render_text import render_text
from netdsl.pipeline.analysis import check
from netdsl.pipeline.mending import with_near_misses

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/verifying.md")
SHOWN = re.compile(
    r"^```sh\nnetdsl ((?:verify|trace|matrix) [^\n]*)\n```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
FAILING = re.compile(r"^```netdsl bad expectation-fails\n(.*?)^```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _found(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    return [(found[1], found[2]) for text in texts for found in pattern.finditer(text)]


@pytest.mark.parametrize(("words", "output"), _found(SHOWN), ids=[words for words, _ in _found(SHOWN)])
def test_output(words: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    assert CliRunner().invoke(netdsl, words.split()).output == output


def test_both_pages_show_some() -> None:
    assert len(_found(SHOWN)) >= 4


@pytest.mark.parametrize(("source", "findings"), _found(FAILING))
def test_failed_expectation(source: str, findings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lab.net").write_text(source)
    assert render_text(with_near_misses(check(Path("lab.net")), {}).diagnostics) == findings

"""What docs/diff.md shows as the output is what `netdsl diff` says of the two sources above it."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from netdsl.cli.main import netdsl

PAGE = Path(__file__).parents[2] / "docs" / "diff.md"


def test_the_output_of_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, after = re.findall(r"^```netdsl[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    shown, watched = re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("before.net").write_text(before)
    Path("lab.net").write_text(after)
    done = CliRunner().invoke(netdsl, ["diff", "before.net", "lab.net"])
    assert (done.exit_code, done.stdout) == (1, shown)
    assert watched.endswith(shown), "what `watch` shows of a save is this difference"

"""The README's table of verbs and of exit statuses, and the environment, as a shell sees them."""

import re
from pathlib import Path

import pytest

from tests.cli.calling import status_of

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
GOOD = "lab a\nnetwork n 10.0.0.0/24\nhost h { interface on n }\n"
BAD = "lab a\nnetwork n 10.0.0.0/24\nhost h { interface on m }\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.net").write_text(GOOD)
    (tmp_path / "bad.net").write_text(BAD)
    (tmp_path / "file").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("check", "good.net"), 0),
        (("check", "bad.net"), 1),
        (("compile", "bad.net"), 1),
        (("compile", "good.net", "--dry-run"), 0),
        (("check", "missing.net"), 2),
        (("compile", "good.net", "--target", "nowhere"), 2),
        (("compile", "good.net", "--driver", "nothing"), 2),
        (("chekc", "good.net"), 2),
        (("compile", "good.net", "--output", "file/build"), 3),
    ],
)
def test_exit_status(words: tuple[str, ...], status: int, folder: Path) -> None:
    assert status_of(*words) == status
    assert not (folder / "build").exists()


def test_options_are_set_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NETDSL_CHECK_FORMAT", "json")
    monkeypatch.setenv("NETDSL_COMPILE_DRIVER", "bridge")
    assert status_of("check", "good.net") == 0
    assert '"counts"' in capsys.readouterr().out
    assert status_of("compile", "good.net") == 0
    assert "driver: bridge" in (folder / "build/a/compose/compose.yaml").read_text()


def test_the_readme_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--help") == 0
    text = capsys.readouterr().out.partition("Verbs:")[2].partition("\n\n")[0]
    verbs = re.findall(r"^  (\S+)", text, re.MULTILINE)
    table = README.partition("## Verbs")[2].partition("\n## ")[0]
    assert verbs
    assert [verb for verb in verbs if not re.search(rf"`{verb}[` ]", table)] == []

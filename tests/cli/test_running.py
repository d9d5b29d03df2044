"""Which running lab `down` means where no output folder is found."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from netdsl.cli import down_verb
from netdsl.cli.main import main
from netdsl.cli.running import running_lab
from netdsl.codegen.home import OWNER
from netdsl.codegen.manifest import MANIFEST
from netdsl.runtime.driver import Deployment, FoundLab, Progress

EXAM = FoundLab("exam", "exam", Path("/labs/build/exam/compose"))
BLUE = FoundLab("exam", "blue", Path("/labs/build/blue/compose"))
OTHER = FoundLab("other", "other", None)


@pytest.mark.parametrize(
    ("given", "output", "project", "expected"),
    [
        ("exam", None, None, "exam"),  # of two labs of that name the one whose deployment is called so
        ("blue", None, None, "blue"),
        ("exam", None, "blue", "blue"),
        (None, None, "blue", "blue"),
        ("other", None, None, "other"),
        ("exa", None, None, None),
        ("EXAM", None, None, None),
        ("/labs/build/blue/compose", None, None, "blue"),
        ("/labs/build/blue", None, None, "blue"),
        (None, "/labs/build/exam/compose", None, "exam"),
        (None, "/labs/build", None, None),
        ("exam.net", None, None, "exam"),
    ],
)
def test_a_lab_is_found_by_its_name_its_deployments_or_its_folder(
    given: str | None, output: str | None, project: str | None, expected: str | None
) -> None:
    assert running_lab([OTHER, BLUE, EXAM], given, "compose", output, project) == expected


def test_of_several_none_is_taken() -> None:
    red = FoundLab("exam", "red", None)
    with pytest.raises(
        click.UsageError, match="--project NAME says which: `blue` of /labs/build/blue/compose, `red` of"
    ):
        running_lab([BLUE, red], "exam", "compose", None, None)


def _compiled(folder: Path, project: str) -> Path:
    folder.mkdir(parents=True)
    text = f'{{"format": 1, "target": "compose", "lab": "exam", "project": "{project}", "expires": null, '
    (folder / MANIFEST).write_text(text + '"files": {}, "places": {}}')
    return folder


def test_a_folder_that_is_there_is_used_while_it_is_that_deployments(tmp_path: Path) -> None:
    folder = _compiled(tmp_path / "build/exam/compose", "exam")
    assert running_lab([FoundLab("exam", "exam", folder)], "exam", "compose", None, None) == Deployment(folder, "exam")
    assert running_lab([FoundLab("exam", "blue", folder)], "exam", "compose", None, None) == "blue"


def test_a_sources_name_is_no_name_for_the_running_lab_of_another_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _compiled(tmp_path / "build/exam/compose", "exam")
    for name in ("anna", "bert"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lab.net").write_text("lab exam\n")
    (tmp_path / "build/exam" / OWNER).write_text("anna/lab.net\n")
    monkeypatch.chdir(tmp_path / "bert")
    labs = [FoundLab("exam", "exam", folder)]
    with pytest.raises(click.UsageError, match=r"which was not compiled from lab\.net") as refusal:
        running_lab(labs, "lab.net", "vagrant", None, None)
    assert f"`netdsl down -o {folder} -t vagrant --project exam`" in str(refusal.value)
    monkeypatch.chdir(tmp_path / "anna")
    assert running_lab(labs, "lab.net", "vagrant", None, None) == Deployment(folder, "exam")


class _Driver:
    def __init__(self, *labs: FoundLab) -> None:
        self.labs = labs
        self.taken: list[str] = []

    def found(self) -> tuple[FoundLab, ...]:
        return self.labs

    def take_away(self, project: str, progress: Progress) -> None:
        self.taken.append(project)


def _down(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["netdsl", "down", *words])
        with pytest.raises(SystemExit) as end:
            main()
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.mark.parametrize(
    ("words", "taken"),
    [(["exam"], ["exam"]), (["lab.net"], ["exam"]), (["nowhere"], []), ([], []), (["-o", "gone"], [])],
    ids=" ".join,
)
def test_down_takes_away_what_runs_without_its_folder(
    words: Sequence[str],
    taken: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.net").write_text("lab exam\n")
    driver = _Driver(EXAM, OTHER)
    monkeypatch.setattr(down_verb, "driver_of", lambda _: driver)
    assert _down(*words) == (0 if taken else 2)
    assert driver.taken == taken
    said = capsys.readouterr().err
    assert ("`exam` is taken away by what marks it as netdsl's" if taken else "Error: ") in said

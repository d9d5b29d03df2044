"""`--each` in `check` and `measure`; `compile` and `handout` are in test_handout."""

from pathlib import Path

import pytest

from tests.cli.calling import netdsl, status_of, tree

BAD = """lab x
param student = 1 in 1..3
network lan 10.$student.0.0/24
host a { interface on lan ; if $student == 2 { default via c } }
host b { interface on lan }
expect { a reaches b }
"""
LAB = BAD.replace(" ; if $student == 2 { default via c }", "")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lab.net").write_text(LAB)
    (tmp_path / "bad.net").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_says_what_each_value_has(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("check", "lab.net", "--each", "student") == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [f"x (student={number})" for number in (1, 2, 3)]


def test_check_goes_on_after_a_value_with_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("check", "bad.net", "--each", "student") == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("x (student=1): ")
    assert lines[lines.index("student=2:") + 1].startswith("error[unknown-name]")
    assert lines[-1].startswith("x (student=3): ")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["check", "lab.net", "--each", "studnet"], 2, "did you mean `student`"),
        (["check", "lab.net", "--each", "student", "--fix"], 2, "--fix and --diff change a source"),
        (["check", "lab.net", "--each", "student", "-D", "student=2"], 2, "and -D student=… gives one"),
        (["check", "-", "--each", "student"], 2, "there is no file -"),
        (["measure", "lab.net", "--each", "student", "-o", "r.json"], 2, "-o and --folder are for one value"),
        (["measure", "lab.net", "--each", "student", "--folder", "out"], 2, "-o and --folder are for one value"),
        (["measure", "lab.net", "--each", "teacher"], 2, "lab.net has no parameter `teacher`"),
        (["measure", "bad.net", "--each", "student"], 1, "student=2:"),
    ],
)
def test_what_does_not_go_together(
    words: list[str], status: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(folder)
    assert status_of(*words) == status
    assert said in capsys.readouterr().err
    assert tree(folder) == before


@pytest.mark.slow
def test_no_engine_leaves_no_run(folder: Path) -> None:
    done = netdsl("measure", "lab.net", "--each", "student", cwd=folder, environment={"DOCKER_HOST": "unix:///no"})
    assert done.returncode == 3
    assert not list(folder.rglob("measured/*.json"))


def test_compare_on_paper_has_a_column_for_each_value(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(folder)
    assert status_of("compare", "lab.net", "--each", "student") == 0
    said = capsys.readouterr()
    assert "student=1" in said.out
    assert "student=3" in said.out
    assert "netdsl compare lab.net --each student --runs 3" in said.err
    assert status_of("compare", "bad.net", "--each", "student") == 1
    assert capsys.readouterr().err.startswith("student=2:\nerror[unknown-name]")
    assert tree(folder) == before

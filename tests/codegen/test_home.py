"""A lab's folder in `build/` belongs to one source."""

import json
from pathlib import Path

import click
import pytest

from netdsl.cli.place import find_output
from netdsl.codegen.home import claim, home_of
from tests.cli.calling import status_of

_LAB = """\
lab exam
network lan 10.0.0.0/24
host a { interface on lan }
host b { interface on lan }
ipsec t { between a and b ; auth psk }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`anna/lab.net`, `bert/lab.net` and `again/bert/lab.net`, which have one name."""
    for student in ("anna", "bert", "again/bert"):
        (tmp_path / student).mkdir(parents=True)
        (tmp_path / student / "lab.net").write_text(_LAB)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_source_has_the_folder_of_the_lab_s_name(folder: Path) -> None:
    assert home_of(Path("build"), "exam", "anna/lab.net") == "exam"
    assert claim(Path("build"), "exam", "anna/lab.net") == "exam"
    assert (folder / "build/exam/.netdsl-source").read_text() == "anna/lab.net\n"


def test_another_source_has_one_of_its_own_whatever_comes_then(folder: Path) -> None:
    claim(Path("build"), "exam", "anna/lab.net")
    assert claim(Path("build"), "exam", "bert/lab.net") == "exam-bert"
    third = claim(Path("build"), "exam", "again/bert/lab.net")
    assert third == home_of(Path("build"), "exam", "again/bert/lab.net")
    assert third not in ("exam", "exam-bert")
    assert home_of(Path("build"), "exam", str(folder / "anna/../anna/lab.net")) == "exam"


def test_a_source_that_is_gone_has_no_folder(folder: Path) -> None:
    claim(Path("build"), "exam", "anna/lab.net")
    (folder / "anna/lab.net").rename(folder / "anna/exam.net")
    assert claim(Path("build"), "exam", "anna/exam.net") == "exam"


def test_the_whole_may_be_moved(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    claim(Path("build"), "exam", "anna/lab.net")
    claim(Path("build"), "exam", "bert/lab.net")
    moved = tmp_path_factory.mktemp("moved") / "all"
    folder.rename(moved)
    monkeypatch.chdir(moved)
    assert home_of(Path("build"), "exam", "bert/lab.net") == "exam-bert"


def test_two_students_share_no_output_no_key_and_no_name(folder: Path) -> None:
    for student in ("anna", "bert"):
        assert status_of("compile", f"{student}/lab.net") == 0
    secrets, projects = set(), set()
    for name in ("exam", "exam-bert"):
        secrets.add((folder / "build" / name / "credentials/secrets/t").read_bytes())
        projects.add(json.loads((folder / "build" / name / "compose/netdsl-manifest.json").read_text())["project"])
    assert (len(secrets), projects) == (2, {"exam", "exam-bert"})
    assert find_output("anna/lab.net", "compose", None) == Path("build/exam/compose")
    assert find_output("bert/lab.net", "compose", None) == Path("build/exam-bert/compose")


def test_a_lab_that_runs_is_not_another_student_s(folder: Path) -> None:
    assert status_of("compile", "anna/lab.net") == 0
    with pytest.raises(click.UsageError, match="there is no compiled lab at build/exam-bert/compose"):
        find_output("bert/lab.net", "compose", None)


def test_outputs_elsewhere_have_keys_of_their_source(folder: Path) -> None:
    for student in ("anna", "bert"):
        assert status_of("compile", f"{student}/lab.net", "-o", f"out/{student}") == 0
    text = (folder / "out/bert/compose.yaml").read_text()
    assert "../../build/exam-bert/credentials" in text


def test_each_student_s_variants_are_told_apart(folder: Path) -> None:
    for student in ("anna", "bert"):
        (folder / student / "lab.net").write_text(_LAB.replace("lab exam\n", "lab exam\nparam _p in 1..2\n"))
        assert status_of("compile", f"{student}/lab.net", "--each", "_p") == 0
    made = sorted(path.name for path in (folder / "build").iterdir())
    assert made == ["exam-1", "exam-1-bert", "exam-2", "exam-2-bert"]


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--diff",)])
def test_two_sources_share_no_folder_of_keys(
    folder: Path, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of("compile", "anna/lab.net", "--credentials", "keys") == 0
    assert status_of("compile", "anna/lab.net", "-t", "vagrant", "--credentials", str(folder / "keys")) == 0
    secret = (folder / "keys/secrets/t").read_bytes()
    assert status_of("compile", "bert/lab.net", "--credentials", "keys", *more) == 3
    assert "keys: has the keys of anna/lab.net, not those of bert/lab.net" in capsys.readouterr().err
    assert not (folder / "build/exam-bert").exists()
    assert (folder / "keys/secrets/t").read_bytes() == secret
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700


def test_nor_is_a_lab_s_own_store_another_s(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("compile", "anna/lab.net") == 0
    assert status_of("compile", "anna/lab.net", "-o", "out", "--credentials", "build/exam/credentials") == 0
    assert status_of("compile", "bert/lab.net", "-o", "out", "--credentials", "build/exam/credentials") == 3
    assert "build/exam/credentials: has the keys of anna/lab.net, not those of bert/lab.net" in capsys.readouterr().err


def test_keys_of_a_source_that_is_gone_are_the_next_one_s(folder: Path) -> None:
    assert status_of("compile", "anna/lab.net", "--credentials", "keys") == 0
    (folder / "anna/lab.net").rename(folder / "anna/exam.net")
    assert status_of("compile", "anna/exam.net", "--credentials", "keys") == 0
    assert status_of("compile", "bert/lab.net", "--credentials", "keys") == 3

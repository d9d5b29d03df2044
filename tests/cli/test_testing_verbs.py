"""`test` and `grade` as a user meets them where no engine answers."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.calling import EXAMPLES, netdsl

pytestmark = pytest.mark.slow  # each test starts processes

LAB = """lab x
network lan 10.0.0.0/24
host one { interface on lan .1 }
host two { interface on lan .2 ; serve http tcp/80 }
expect { one reaches two tcp/80 ; one cannot reach 10.0.0.9 }
"""


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["test", "nofile.net"], 2, "there is no file nofile.net"),
        (["test", "-"], 2, "names a file"),
        (["test", "lab.net", "--keep"], 2, "--keep goes with --up"),
        (["test", "lab.net"], 2, "compile it first"),
        (["test", "bad.net"], 1, "unknown-name"),
        (["test", "lab.net", "-t", "vagrnt", "--up"], 2, "there is no target"),
        (["grade", "nofile.net"], 2, "there is no file nofile.net"),
        (["grade", "lab.net", "nofile.net"], 2, "there is no file nofile.net"),
        (["grade", "lab.net", "bad.net"], 1, "unknown-name"),
        (["grade", "lab.net", "--running"], 2, "compile it first"),
        (["grade", EXAMPLES / "students/lab.net", "--each", "studnt"], 2, "did you mean `student`?"),
        (["grade", "lab.net", "--format", "xls"], 2, "csv"),
    ],
)
def test_status_and_words(words: list[str], status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    (tmp_path / "bad.net").write_text("lab x\nhost a { interface on nowhere }\n")
    done = netdsl(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert said in done.stderr


def test_a_lab_of_no_fault_has_all_points(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    done = netdsl("grade", "lab.net", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "x    2 of   2  100.0 %\n")


def test_others_are_graded_by_the_names_of_the_reference(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    (tmp_path / "anna.net").write_text(LAB.partition("expect")[0])
    (tmp_path / "ben.net").write_text(LAB.partition("expect")[0].replace("host two", "host too"))
    done = netdsl("grade", "lab.net", "anna.net", "ben.net", "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    grades = json.loads(done.stdout)["grades"]
    assert [(one["lab"], one["points"], one["of"]) for one in grades] == [("anna", 2, 2), ("ben", 1, 2)]
    assert grades[1]["lines"][0]["reason"] == "there is no node `two` here: did you mean `too`?"


def test_every_variant_is_graded_into_a_file(tmp_path: Path) -> None:
    words = (
        "grade",
        EXAMPLES / "students/lab.net",
        "--each",
        "student",
        "--mended",
        "--format",
        "csv",
        "-o",
        "all.csv",
    )
    done = netdsl(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert len(rows) == 30
    assert {row["of"] for row in rows} == {"3"}
    assert {row["lab"] for row in rows if row["points"] == "3"} >= {"vpn-hunt-7"}
    assert [path.name for path in tmp_path.iterdir()] == ["all.csv"]


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    done = netdsl("grade", "lab.net", "-o", "nowhere/grades.txt", cwd=tmp_path)
    assert done.returncode == 3
    assert "nowhere" in done.stderr

"""`test` and `grade` as a user meets them where no engine answers."""

import csv
import io
import json
import os
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
        (["grade", "bad.net", "lab.net"], 1, "unknown-name"),
        (["grade", "-", "lab.net"], 2, "there is no file -"),
        (["grade", "lab.net", "--jobs", "0"], 2, "--jobs"),
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
    assert (done.returncode, done.stdout) == (0, "lab.net    2 of   2  100.0 %\n")


def test_others_are_graded_by_the_names_of_the_reference(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    (tmp_path / "anna.net").write_text(LAB.partition("expect")[0])
    (tmp_path / "ben.net").write_text(LAB.partition("expect")[0].replace("host two", "host too"))
    done = netdsl("grade", "lab.net", "anna.net", "ben.net", "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    grades = json.loads(done.stdout)["grades"]
    assert [(one["file"], one["points"], one["of"]) for one in grades] == [("anna.net", 2, 2), ("ben.net", 1, 2)]
    assert grades[1]["lines"][0]["reason"] == "there is no node `two` here: did you mean `too`?"


HANDED_IN = LAB.partition("expect")[0]


def test_what_a_file_is_stops_no_other_from_its_grade(tmp_path: Path) -> None:
    """A file that is missing, no file, a pipe, an endless device, no text, no lab, too much, or lacks a value."""
    (tmp_path / "lab.net").write_text(LAB)
    for name in ("anna.net", "zoe.net"):
        (tmp_path / name).write_text(HANDED_IN)
    (tmp_path / "folder.net").mkdir()
    os.mkfifo(tmp_path / "pipe.net")
    (tmp_path / "endless.net").symlink_to("/dev/zero")
    (tmp_path / "noise.net").write_bytes(b"\xff\xfe\x00" * 100)
    (tmp_path / "bad.net").write_text("lab x\nhost a { interface on nowhere }\n")
    (tmp_path / "value.net").write_text("param student\n" + HANDED_IN.replace("lab x\n", ""))
    words = [f"{name}.net" for name in ("anna", "gone", "folder", "pipe", "endless", "noise", "bad", "value", "zoe")]
    done = netdsl("grade", "lab.net", *words, "--format", "csv", cwd=tmp_path, timeout=60)
    assert done.returncode == 4, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["file"], row["points"], row["of"], row["failure"]) for row in rows] == [
        ("anna.net", "2", "2", ""),
        ("gone.net", "0", "2", "there is no file gone.net"),
        ("folder.net", "0", "2", "folder.net is a folder; name the lab's file"),
        ("pipe.net", "0", "2", "cannot be read: not a regular file"),
        ("endless.net", "0", "2", "cannot be read: a symbolic link, which netdsl does not follow here"),
        (
            "noise.net",
            "0",
            "2",
            "does not compile: noise.net:1:1: byte 1 of `noise.net`, in line 1, is no UTF-8: 0xff",
        ),
        ("bad.net", "0", "2", "does not compile: bad.net:2:23: no network is called `nowhere` here"),
        (
            "value.net",
            "0",
            "2",
            "does not compile: value.net:1:1: the parameter `student` has no default and is not given",
        ),
        ("zoe.net", "2", "2", ""),
    ]


def test_what_takes_too_long_or_too_much_is_ended(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    (tmp_path / "anna.net").write_text(HANDED_IN)
    (tmp_path / "long.net").write_text(HANDED_IN + "let x = 1\n" * 300_000)
    words = ("grade", "lab.net", "long.net", "anna.net", "--format", "json", "--jobs", "2")
    slow = netdsl(*words, "--seconds", "1", cwd=tmp_path, timeout=60)
    assert slow.returncode == 4
    found = [(one["points"], one["failure"]) for one in json.loads(slow.stdout)["grades"]]
    assert found == [(0, "took more than 1 s of processor time"), (2, None)]
    large = netdsl(*words, "--memory", "128", cwd=tmp_path, timeout=60)
    found = [(one["points"], one["failure"]) for one in json.loads(large.stdout)["grades"]]
    assert found == [(0, "needs more than 128 MiB of memory"), (2, None)]


def test_two_files_of_one_lab_name_are_two_rows(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    for name in ("anna", "ben"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lab.net").write_text(HANDED_IN)
    done = netdsl("grade", "lab.net", "anna/lab.net", "ben/lab.net", cwd=tmp_path)
    assert (done.returncode, [line.split()[0] for line in done.stdout.splitlines()]) == (
        0,
        ["anna/lab.net", "ben/lab.net"],
    )


def test_a_lab_that_is_not_compiled_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    done = netdsl("grade", "lab.net", "--running", "--format", "markdown", cwd=tmp_path)
    assert done.returncode == 4
    assert "not graded: there is no compiled lab at build/x/compose" in done.stdout


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
    assert {row["file"] for row in rows} == {str(EXAMPLES / "students/lab.net")}
    assert [row["variant"] for row in rows] == [str(number) for number in range(1, 31)]
    assert "7" in {row["variant"] for row in rows if row["points"] == "3"}
    assert [path.name for path in tmp_path.iterdir()] == ["all.csv"]


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    done = netdsl("grade", "lab.net", "-o", "nowhere/grades.txt", cwd=tmp_path)
    assert done.returncode == 3
    assert "nowhere" in done.stderr

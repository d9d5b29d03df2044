"""Several labs on one engine, and one lab several times."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from tests.live.compose import compile_lab
from tests.live.conftest import Starter
from tests.live.machine import ROOT, netdsl
from tests.live.small import PAIR

pytestmark = pytest.mark.live


def test_two_copies_of_a_lab_do_not_meet(deploy: Starter) -> None:
    left, right = deploy(PAIR, "left"), deploy(PAIR.replace("serve http", "serve http other"), "right")
    left.up()
    right.up()
    assert left.fetch("two", "http://10.9.1.1/") == "one.http"
    assert right.fetch("two", "http://10.9.1.1/") == "one.other"
    left.down()
    assert left.nodes() == {}
    assert right.fetch("two", "http://10.9.1.1/") == "one.other"


def test_two_students_labs_of_one_name_run_and_are_graded_each_by_its_own(tmp_path: Path, run_name: str) -> None:
    source = PAIR.replace("lab pair", f"lab {run_name}exam")
    (tmp_path / "lab.net").write_text(source + "expect { two reaches one http answered by one.http }\n")
    works = {"anna": source, "ben": source.replace("serve http", "serve http other")}
    for name, text in works.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "lab.net").write_text(text)
    files = [f"{name}/lab.net" for name in works]
    try:
        for file in files:
            done = netdsl("up", file, "--closed", folder=tmp_path)
            assert done.returncode == 0, done.stderr
        done = netdsl("grade", "lab.net", *files, "--running", "--format", "csv", folder=tmp_path)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        assert [(row["file"], row["points"], row["of"]) for row in rows] == [
            ("anna/lab.net", "1", "1"),
            ("ben/lab.net", "0", "1"),
        ], done.stderr
        refused = netdsl(
            "up", "-o", f"build/{run_name}exam-ben/compose", "--project", f"{run_name}exam", folder=tmp_path
        )
        assert (refused.returncode, "that is there is another one" in refused.stderr) == (3, True)
    finally:
        ended = [netdsl("down", file, folder=tmp_path).returncode for file in files]
    assert ended == [0, 0]


def test_a_clash_of_ranges_names_the_other_project_and_the_remedy(deploy: Starter) -> None:
    setting = ("--set", "pool=240.77.7.0/29")
    first, second = deploy(PAIR, "first", *setting), deploy(PAIR, "second", *setting)
    first.up()
    done = netdsl("up", "-o", str(second.folder), folder=second.folder.parent)
    assert done.returncode == 3
    assert f"`{first.project}`" in done.stderr
    assert "--project" in done.stderr
    assert "--set pool=" in done.stderr
    assert first.fetch("two", "http://10.9.1.1/") == "one.http"


def test_a_changed_inside_recreates_that_node_and_no_other(deploy: Starter) -> None:
    lab = deploy(PAIR, "changing")
    lab.up()
    before = lab.nodes()
    source = lab.folder.parent / "lab.net"
    lab.up()
    assert lab.nodes() == before
    source.write_text(PAIR.replace("serve http", "serve http changed"))
    compile_lab(source, lab.folder.parent, lab.project)
    lab.up()
    after = lab.nodes()
    assert after["two"] == before["two"]
    assert after["one"] != before["one"]
    assert lab.fetch("two", "http://10.9.1.1/") == "one.changed"


def test_a_lab_that_is_meant_to_be_broken_still_gets_ready(deploy: Starter) -> None:
    """The sixth student's gateway has lost its default route: the tunnel cannot come up."""
    lab = deploy(ROOT / "examples/students/lab.net", "broken", "-D", "student=6")
    lab.up()
    status = lab.status("gw-a")
    assert "node\tready\n" in status
    assert "tunnel\tvpn\tvpn\tdown\tboot\t" in status
    assert lab.fetch("gw-s", "http://10.6.0.2:30006/") == "server.app"
    assert lab.fetch("client", "http://10.6.0.99:8080/") is None


def test_two_students_labs_of_one_name_run_side_by_side_and_are_asked_each(tmp_path: Path) -> None:
    for student, answer in (("anna", "one"), ("bert", "other")):
        (tmp_path / student).mkdir()
        text = PAIR.replace("serve http", f"serve http {answer}").replace("lab pair", "lab exam-of-two")
        (tmp_path / student / "lab.net").write_text(text)
    try:
        for student in ("anna", "bert"):
            done = netdsl("up", f"{student}/lab.net", "--closed", folder=tmp_path)
            assert done.returncode == 0, done.stderr
        for student, answer in (("anna", "one.one"), ("bert", "one.other")):
            words = ("busybox", "wget", "-q", "-O", "-", "http://10.9.1.1/")
            done = netdsl("exec", "-l", f"{student}/lab.net", "two", *words, folder=tmp_path)
            assert (done.returncode, done.stdout) == (0, f"{answer}\n"), done.stderr
        shutil.copytree(tmp_path / "build", tmp_path / "copy/build")
        done = netdsl("status", "exam-of-two", folder=tmp_path / "copy")
        assert done.returncode == 3
        assert "the lab `exam-of-two` that is there is another one" in done.stderr
    finally:
        for student in ("anna", "bert"):
            netdsl("down", f"{student}/lab.net", folder=tmp_path)

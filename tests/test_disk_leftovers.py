"""What a killed process has left goes away with the next one; what a process has open stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from netdsl.disk.folder import LOCKS, PARTS, Folder
from netdsl.disk.lock import FolderBusy, locked
from netdsl.disk.named import rewrite, write_whole, written
from netdsl.disk.whole_folder import write_folder

_PART, _LOCK = f"{PARTS}00", f"{LOCKS}lab"


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A folder with what killed processes leave, and what only looks like it."""
    (tmp_path / _PART).write_text("half")
    (tmp_path / f"{PARTS}folder").mkdir()
    (tmp_path / f"{PARTS}folder/a").write_text("half")
    (tmp_path / _LOCK).touch()
    (tmp_path / f"{LOCKS}mine").write_text("not empty")
    (tmp_path / f"{PARTS}link").symlink_to("mine")
    (tmp_path / "mine").write_text("mine")
    return tmp_path


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


_STAYS = {"mine", f"{LOCKS}mine", f"{PARTS}link"}


def test_a_sweep_takes_parts_and_locks_that_no_process_has_open(left: Path) -> None:
    with Folder.named(left) as folder:
        folder.sweep()
    assert _names(left) == _STAYS


def test_a_sweep_leaves_what_a_process_has_open(left: Path) -> None:
    with Folder.named(left) as folder, Folder.named(left) as other, locked(left / "lab"):
        name, _ = folder.part(0o600)
        with folder.subfolder(f"{PARTS}new", make=0o700) as inside:
            inside.hold()
            other.sweep()
            assert _names(left) == {*_STAYS, name, f"{PARTS}new", _LOCK}


def test_each_file_that_is_named_is_written_after_a_sweep(left: Path) -> None:
    write_whole(left / "report", "x")
    assert _names(left) == {*_STAYS, "report"}
    (left / _PART).touch()
    rewrite({left / "mine": b"other"})
    with written(left / "capture"):
        assert _names(left) == {*_STAYS, "report", "capture"}
    (left / _PART).touch()
    write_folder(left / "handout", {"a": b""})
    assert _names(left) == {*_STAYS, "report", "capture", "handout"}


def test_a_program_that_outlives_the_process_keeps_its_lock(tmp_path: Path) -> None:
    with locked(tmp_path / "lab") as descriptor:
        words = [sys.executable, "-c", "input()"]
        program = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=[descriptor])
    with pytest.raises(FolderBusy), locked(tmp_path / "lab"):
        pass
    program.communicate(b"\n")
    with locked(tmp_path / "lab"):
        pass
    assert _names(tmp_path) == set()

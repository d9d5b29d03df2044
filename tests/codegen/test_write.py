"""Output is written whole or not at all, and what a user changed is not lost."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from netdsl.codegen.contract import Artifact, Emission
from netdsl.codegen.manifest import MANIFEST, ManifestUnreadable, manifest_artifact
from netdsl.codegen.write import commit, plan, recover
from netdsl.disk.lock import FolderBusy, locked
from netdsl.disk.refused import PathRefused


def _artifacts(**files: str) -> tuple[Artifact, ...]:
    plain = tuple(Artifact(name.replace("__", "/"), text.encode()) for name, text in sorted(files.items()))
    return (*plain, manifest_artifact(Emission("compose", plain), "lab", {}))


def _write(folder: Path, **files: str) -> None:
    commit(plan(_artifacts(**files), folder))


def _tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files if path.name != MANIFEST}


def test_a_new_folder_holds_exactly_the_artifacts(tmp_path: Path) -> None:
    _write(tmp_path / "out", a="1", b__c="2")
    assert _tree(tmp_path / "out") == {"a": "1", "b/c": "2"}


def test_modes_are_as_asked_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        commit(plan((Artifact("run.sh", b"#!/bin/sh\n", 0o755), Artifact("data", b"")), tmp_path / "out"))
    finally:
        os.umask(old)
    assert (tmp_path / "out/run.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out/data").stat().st_mode & 0o777 == 0o644


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, a="1")
    again = plan(_artifacts(a="1"), tmp_path)
    assert (again.created, again.changed, again.removed) == ((), (), ())


def test_stale_files_go_and_the_users_stay(tmp_path: Path) -> None:
    _write(tmp_path, a="1", old__b="2")
    (tmp_path / "mine").write_text("keep")
    _write(tmp_path, a="1")
    assert _tree(tmp_path) == {"a": "1", "mine": "keep"}
    assert not (tmp_path / "old").exists()


def test_an_edited_file_is_told_and_an_edited_stale_one_stays(tmp_path: Path) -> None:
    _write(tmp_path, a="1", b="2")
    (tmp_path / "a").write_text("edited")
    (tmp_path / "b").write_text("edited")
    planned = plan(_artifacts(a="new"), tmp_path)
    assert (planned.edited, planned.kept, planned.removed) == (("a",), ("b",), ())
    assert not planned.is_safe


def test_a_file_in_the_way_that_is_not_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("somebody's")
    assert plan(_artifacts(a="1"), tmp_path).foreign == ("a",)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", "a\0b"])
def test_no_path_leaves_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(PathRefused):
        plan((Artifact(path, b""),), tmp_path)


def test_no_symbolic_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/sub").symlink_to(tmp_path / "outside")
    with pytest.raises(PathRefused):
        plan((Artifact("sub/x", b""),), tmp_path / "out")


def test_a_failure_while_staging_leaves_all_as_it_was(tmp_path: Path) -> None:
    _write(tmp_path, a="1")
    long = "x" * 300
    with pytest.raises(OSError, match="File name too long"):
        commit(plan((Artifact("a", b"2"), Artifact(long, b"")), tmp_path))
    assert _tree(tmp_path) == {"a": "1"}


def test_an_interrupted_commit_is_finished_by_the_next(tmp_path: Path) -> None:
    _write(tmp_path, a="1", b="1")
    staging = tmp_path / ".netdsl-staging-00000000"
    staging.mkdir()
    (staging / "0").write_text("2")
    journal = {"staging": staging.name, "files": ["a"], "removed": ["b"]}
    (tmp_path / ".netdsl-journal.json").write_text(json.dumps(journal))
    assert recover(tmp_path)
    assert _tree(tmp_path) == {"a": "2"}


def test_an_interrupted_staging_is_dropped(tmp_path: Path) -> None:
    _write(tmp_path, a="1")
    (tmp_path / ".netdsl-staging-x").mkdir()
    (tmp_path / ".netdsl-staging-x/a").write_text("half")
    assert not recover(tmp_path)
    assert _tree(tmp_path) == {"a": "1"}


def test_a_manifest_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("[]")
    with pytest.raises(ManifestUnreadable):
        plan(_artifacts(a="1"), tmp_path)


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    with locked(tmp_path / "out"), pytest.raises(FolderBusy), locked(tmp_path / "out"):
        raise AssertionError("unreachable")


@pytest.mark.parametrize("kind", ["with content", "with a second name", "a link to nothing", "another user's"])
def test_a_lock_that_netdsl_did_not_make_is_refused_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    lock, other = tmp_path / ".netdsl-lock-out", tmp_path / "other"
    match kind:
        case "with content":
            lock.write_text("mine")
        case "with a second name":
            other.touch()
            lock.hardlink_to(other)
        case "a link to nothing":
            lock.symlink_to(other)
        case _:
            lock.touch()
            monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 12345)
            if os.getuid() == 0:
                os.chown(lock, 54321, 54321)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(PathRefused, match=r"\.netdsl-lock-out"), locked(tmp_path / "out"):
        raise AssertionError("unreachable")
    assert sorted(tmp_path.iterdir()) == before


def test_a_lock_that_its_holder_took_away_meanwhile_locks_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the opening of the file and its locking: a third one would lock a new file beside it."""
    lock, calls = fcntl.flock, []

    def late(descriptor: int, how: int) -> None:
        calls.append(how)
        if len(calls) == 1:
            (tmp_path / ".netdsl-lock-out").unlink()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with locked(tmp_path / "out"):
        assert len(calls) == 2
        with pytest.raises(FolderBusy), locked(tmp_path / "out"):
            raise AssertionError("unreachable")
    assert list(tmp_path.iterdir()) == []

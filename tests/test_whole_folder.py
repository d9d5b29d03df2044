"""A folder appears whole or not at all."""

from pathlib import Path

import pytest

from netdsl.disk.whole_folder import FolderExists, write_folder

FILES = {"a": b"1", "sub/b": b"2"}


def test_the_files_are_there_and_nothing_beside_them(tmp_path: Path) -> None:
    write_folder(tmp_path / "x/new", FILES)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "x",
        "x/new",
        "x/new/a",
        "x/new/sub",
        "x/new/sub/b",
    ]


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old/mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "old")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    for name in ("old", "link", "file", "gone"):
        with pytest.raises(FolderExists):
            write_folder(tmp_path / name, FILES, replaces=("a", "sub"))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["file", "gone", "link", "old"]
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["mine"]


def test_a_folder_of_these_names_is_replaced_if_that_is_wished(tmp_path: Path) -> None:
    write_folder(tmp_path / "x", FILES)
    with pytest.raises(FolderExists):
        write_folder(tmp_path / "x", {"a": b"3"})
    write_folder(tmp_path / "x", {"a": b"3"}, replaces=("a", "sub"))
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "x").iterdir()] == [("a", b"3")]
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    write_folder(tmp_path / "x", FILES)
    with pytest.raises(OSError, match="x" * 300):
        write_folder(tmp_path / "x", {"a": b"3", "x" * 300: b""}, replaces=("a", "sub"))
    assert (tmp_path / "x/a").read_bytes() == b"1"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]

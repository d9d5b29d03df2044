"""A file that is written in place: it stays the same one, for who has it mounted; nothing that lies there is followed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from netdsl.disk.folder import Folder
from netdsl.disk.refused import PathRefused


def _pour(folder: Path, content: bytes) -> None:
    (folder / "staged").mkdir(exist_ok=True)
    (folder / "staged" / "0").write_bytes(content)
    with Folder.named(folder) as tree, tree.subfolder("staged") as staged:
        assert tree.pour(staged, "0", "lab/hosts")
        assert not tree.pour(staged, "0", "lab/hosts")
    assert not (folder / "staged" / "0").exists()
    assert (folder / "lab" / "hosts").read_bytes() == content


@pytest.mark.parametrize("content", [b"longer than before\n", b"", b"a\n"])
def test_who_has_the_file_open_sees_what_is_new(tmp_path: Path, content: bytes) -> None:
    _pour(tmp_path, b"as before\n")
    with (tmp_path / "lab" / "hosts").open("rb") as mounted:
        _pour(tmp_path, content)
        assert mounted.read() == content


def _link(file: Path, other: Path) -> None:
    file.symlink_to(other)


def _hard_link(file: Path, other: Path) -> None:
    file.hardlink_to(other)


def _pipe(file: Path, _: Path) -> None:
    os.mkfifo(file)


@pytest.mark.parametrize("plant", [_link, _hard_link, _pipe])
def test_what_was_planted_there_is_replaced_and_not_followed(
    tmp_path: Path, plant: Callable[[Path, Path], None]
) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"of another\n")
    (tmp_path / "lab").mkdir()
    plant(tmp_path / "lab" / "hosts", other)
    _pour(tmp_path, b"new\n")
    assert other.read_bytes() == b"of another\n"
    assert not (tmp_path / "lab" / "hosts").is_symlink()


def test_a_planted_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "hosts").write_bytes(b"of another\n")
    (tmp_path / "lab").symlink_to("elsewhere")
    (tmp_path / "staged").mkdir()
    (tmp_path / "staged" / "0").write_bytes(b"new\n")
    with Folder.named(tmp_path) as tree, tree.subfolder("staged") as staged, pytest.raises(PathRefused):
        tree.pour(staged, "0", "lab/hosts")
    assert (tmp_path / "elsewhere" / "hosts").read_bytes() == b"of another\n"

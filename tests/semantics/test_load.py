"""Loading: what is read, from where, and what is refused."""

import os
from pathlib import Path, PurePosixPath

import pytest

from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.disk.refused import PathEscape, PathRefused, TooLarge
from netdsl.semantics.files import FolderReader, MemoryReader, joined
from netdsl.semantics.load import Sources, load, load_text


def loaded(**files: str | bytes) -> tuple[Sources, list[Diagnostic]]:
    """`lab.net` and other files (`__` for `/`, `_net` for `.net`) loaded."""
    contents = {
        name.replace("__", "/").replace("_net", ".net"): data if isinstance(data, bytes) else data.encode()
        for name, data in files.items()
    }
    diagnostics = Diagnostics()
    return load("lab.net", MemoryReader(contents), diagnostics), list(diagnostics)


def codes(found: list[Diagnostic]) -> list[str]:
    return [one.rule.code for one in found]


def test_an_import_is_relative_to_its_file() -> None:
    sources, found = loaded(
        lab_net='import "sub/a.net"', sub__a_net='import "b.net"\nimport "../c.net"', sub__b_net="", c_net=""
    )
    assert (list(sources.documents), found) == (["lab.net", "sub/a.net", "sub/b.net", "c.net"], [])
    assert sources.imports["sub/a.net", "../c.net"] == "c.net"


def test_a_file_imported_twice_is_parsed_once() -> None:
    sources, _ = loaded(
        lab_net='import "a.net" as a\nimport "./a.net" as b\nimport "c.net"', c_net='import "a.net"', a_net=""
    )
    assert list(sources.documents) == ["lab.net", "a.net", "c.net"]


def test_a_byte_order_mark_is_no_text() -> None:
    sources, found = loaded(lab_net=b"\xef\xbb\xbflab x\n")
    assert (sources.documents["lab.net"].source.text, found) == ("lab x\n", [])


def test_what_is_no_utf8_is_said_with_its_place() -> None:
    _, (found,) = loaded(lab_net=b"lab x\nhost \xe9t\xe9 { }\n")
    assert (found.rule.code, str(found.primary.place)) == ("not-utf8", "lab.net:2:6")
    assert found.message == "byte 12 of `lab.net`, in line 2, is no UTF-8: 0xe9"


def test_a_circle_of_imports_is_named() -> None:
    _, (found,) = loaded(lab_net='import "a.net"', a_net='import "b.net"', b_net='import "a.net"')
    assert found.message == "files import each other in a circle: `a.net` → `b.net` → `a.net`"
    assert [str(label.place) for label in found.related] == ["a.net:1:1"]


def test_a_file_that_imports_itself_is_a_circle() -> None:
    _, found = loaded(lab_net='import "lab.net"')
    assert codes(found) == ["import-cycle"]


def test_a_missing_file_one_letter_away_is_suggested() -> None:
    _, (found,) = loaded(lab_net='import "sub/sit.net"', sub__site_net="")
    assert (found.rule.code, found.help) == ("file-not-found", "did you mean `site.net`?")


@pytest.mark.parametrize("path", ["../site.net", "a/../../b.net", "/etc/passwd"])
def test_a_path_stays_in_the_folder_of_the_lab(path: str) -> None:
    _, found = loaded(lab_net=f'import "{path}"')
    assert codes(found) == ["path-escape"]


def test_a_folder_is_no_file() -> None:
    _, (found,) = loaded(lab_net='import "sub"', sub__a_net="")
    assert (found.rule.code, found.message) == ("file-not-found", "`sub` cannot be read: a folder")


def test_a_path_is_written_out() -> None:
    _, found = loaded(lab_net='import "$x.net" as a')
    assert codes(found) == ["wrong-kind"]


def test_imports_in_a_row_are_bounded() -> None:
    files = {f"f{i}_net": f'import "f{i + 1}.net"' for i in range(100)}
    _, found = loaded(lab_net='import "f0.net"', **files)
    assert codes(found) == ["nesting-too-deep"]


def test_a_lab_from_standard_input_imports_nothing() -> None:
    diagnostics = Diagnostics()
    sources = load_text(b'import "a.net"', diagnostics)
    assert (sources.main, codes(list(diagnostics))) == ("<stdin>", ["file-not-found"])


def test_the_lab_itself_missing_is_the_callers() -> None:
    with pytest.raises(FileNotFoundError):
        load("lab.net", MemoryReader({}), Diagnostics())


# --- paths and folders


def test_a_path_may_climb_but_not_out() -> None:
    assert joined(PurePosixPath("a/b"), "../c/./d.net") == PurePosixPath("a/c/d.net")
    for text in ("../../../x", "/x", "x\0y"):
        with pytest.raises(PathEscape):
            joined(PurePosixPath("a/b"), text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outside.net").write_text("secret")
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "lab.net").write_text("lab x")
    (root / "sub" / "a.net").write_text("a")
    (root / "out.net").symlink_to("../outside.net")
    (root / "in.net").symlink_to("sub/a.net")
    (root / "round").symlink_to(".")
    (root / "up").symlink_to("..")
    os.mkfifo(root / "pipe.net")
    return root


def test_a_link_may_lead_inside_and_is_the_same_file(folder: Path) -> None:
    reader = FolderReader(folder, "lab.net")
    assert reader.canonical(PurePosixPath("round/round/in.net")) == PurePosixPath("sub/a.net")
    assert reader.read(PurePosixPath("in.net"), 100) == b"a"


@pytest.mark.parametrize("path", ["out.net", "up/outside.net"])
def test_a_link_may_not_lead_outside(folder: Path, path: str) -> None:
    with pytest.raises(PathEscape):
        FolderReader(folder, "lab.net").read(PurePosixPath(path), 100)


def test_a_pipe_is_refused_without_waiting(folder: Path) -> None:
    with pytest.raises(PathRefused, match="not a regular file"):
        FolderReader(folder, "lab.net").read(PurePosixPath("pipe.net"), 100)


def test_a_file_has_a_largest_size(folder: Path) -> None:
    with pytest.raises(TooLarge):
        FolderReader(folder, "lab.net").read(PurePosixPath("lab.net"), 3)


def test_the_lab_itself_is_no_link(folder: Path) -> None:
    with pytest.raises(PathRefused, match="a symbolic link"):
        FolderReader(folder, "out.net").read(PurePosixPath("out.net"), 100)


def test_links_that_go_round_in_a_circle_end(folder: Path) -> None:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    with pytest.raises(OSError, match="Too many levels"):
        FolderReader(folder, "lab.net").read(PurePosixPath("a"), 100)


def test_names_of_a_folder_are_sorted(folder: Path) -> None:
    reader = FolderReader(folder, "lab.net")
    assert reader.names(PurePosixPath("sub")) == ("a.net",)
    assert reader.names(PurePosixPath("up")) == ()
    assert "lab.net" in reader.names(PurePosixPath())


def test_a_folder_that_is_exchanged_for_another_is_refused(folder: Path) -> None:
    reader = FolderReader(folder, "lab.net")
    assert reader.read(PurePosixPath("lab.net"), 100) == b"lab x"
    folder.rename(folder.with_name("old"))
    folder.mkdir()
    (folder / "lab.net").write_text("lab y")
    with pytest.raises(PathRefused, match="another folder than at the beginning"):
        reader.read(PurePosixPath("lab.net"), 100)


def test_readers_hold_nothing_open(folder: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    readers = [FolderReader(folder, "lab.net") for _ in range(5)]
    for reader in readers:
        reader.read(PurePosixPath("sub/a.net"), 100)
    assert len(list(Path("/proc/self/fd").iterdir())) == before

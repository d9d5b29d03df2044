"""`change`: files, variables and certificates of a node that runs, and what was there before them."""

import hashlib
from pathlib import Path

import pytest

from .node import Node


def _give(node: Node, **files: str) -> None:
    """These files of the lab, by place in a folder of the test's; `__` in a name stands for a slash."""
    records = []
    for number, (name, text) in enumerate(files.items(), start=1):
        digest = hashlib.sha256(text.encode()).hexdigest()
        node.file(f"files/{number}", text)
        records.append(f"{number}\t0640\t{_place(node, name)}\t{digest}\n")
    node.data(files__tsv="".join(records))


def _place(node: Node, name: str) -> Path:
    return node.folder / "srv" / name.replace("__", "/")


def _found(node: Node) -> dict[str, str]:
    """All files there, and empty folders, by path."""
    root = node.folder / "srv"
    return {
        str(path.relative_to(root)): "" if path.is_dir() else path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }


def _change(node: Node) -> str:
    done = node.verb("change")
    assert (done.returncode == 0) == (done.stdout == ""), done
    return done.stdout.strip()


@pytest.fixture
def held(node: Node) -> Node:
    """A started node with three files: one where another one was, one in folders that come with it."""
    (node.folder / "srv").mkdir()
    (node.folder / "srv/was").write_text("of the image")
    _give(node, was="one", new="two", deep__er__file="three")
    assert node.start() == ""
    return node


def test_files_change_while_the_node_runs_and_give_back_what_was_there(held: Node) -> None:
    main = (held.state / "pid").read_text()
    _give(held, was="other", more__file="four")
    assert _change(held) == ""
    assert _found(held) == {"was": "other", "more/file": "four"}
    assert _place(held, "more__file").stat().st_mode & 0o777 == 0o640
    said = held.verb("running").stdout
    assert f"+ file\t2\t0640\t{_place(held, 'more__file')}\t" in said
    (held.folder / "netdsl/node/files.tsv").unlink()
    assert _change(held) == ""
    assert _found(held) == {"was": "of the image"}
    _give(held, was="again", deep__er__file="three")
    assert _change(held) == ""
    assert _found(held) == {"was": "again", "deep/er/file": "three"}
    _give(held, deep__er="five")  # a file where a folder was that came with one
    assert _change(held) == ""
    assert _found(held) == {"was": "of the image", "deep/er": "five"}
    assert (held.state / "pid").read_text() == main
    assert list(held.state.glob("data/*/files")) == []


@pytest.mark.parametrize(
    "files",
    [
        {"new__below": "x"},  # `new` is a file: it goes first
        {"was": "x", "deep__er__file": "y"},
        {},
    ],
)
def test_files_of_a_change_that_fails_are_the_former_ones(held: Node, files: dict[str, str]) -> None:
    before, said = _found(held), held.verb("running").stdout
    _give(held, **files)
    held.data(parts="nftables\n", services__tsv="http\tn.x\ttcp\t99999\tbusybox\n")
    assert _change(held) != ""
    assert _found(held) == before
    assert held.verb("running").stdout == said
    assert held.verb("ready").returncode == 0
    assert list(held.state.glob("data/*/files")) == []


def test_a_file_that_cannot_be_written_changes_none(held: Node) -> None:
    before = _found(held)
    (held.folder / "srv/folder").mkdir()
    _give(held, new="other", folder="x")
    assert _change(held) == f"file {_place(held, 'folder')} cannot be written"
    assert _found(held) == {**before, "folder": ""}


def test_content_that_is_not_as_it_was_compiled_is_not_taken(held: Node) -> None:
    before = _found(held)
    _give(held, was="other")
    held.file("files/1", "another one")
    done = held.verb("change")
    assert (done.returncode, done.stdout) == (3, "its files cannot be copied as they were compiled\n")
    assert _found(held) == before


def test_a_start_takes_away_what_an_earlier_one_has_laid(held: Node) -> None:
    """In a machine, and in a container that is restarted, the root is the same."""
    held.stop()
    _give(held, new="two")
    assert held.start() == ""
    assert _found(held) == {"was": "of the image", "new": "two"}
    _give(held)
    assert _change(held) == ""
    assert _found(held) == {"was": "of the image"}


def test_all_that_was_laid_is_taken_away_before_a_node_is_made_anew_in_the_same_root(held: Node) -> None:
    held.stop()
    (held.folder / "srv/other").write_text("not the lab's")
    held.inside("sh", "-c", f". {held.folder}/netdsl/lab/files.sh; forget_files")
    assert _found(held) == {"was": "of the image", "other": "not the lab's"}
    assert held.start() == ""
    assert _found(held)["deep/er/file"] == "three"


def test_what_was_there_and_is_not_known_needs_a_start(held: Node) -> None:
    (held.folder / "lasting/files/made").unlink()
    before = _found(held)
    _give(held, was="one")
    done = held.verb("change")
    assert (done.returncode, done.stdout) == (3, f"what was at {_place(held, 'new')} before\n")
    assert _found(held) == before

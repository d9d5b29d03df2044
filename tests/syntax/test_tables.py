"""Kept parse tables save time and change nothing."""

import json
from pathlib import Path

import pytest
from lark import Lark
from lark.lark import PostLex

from netdsl.syntax.tables import Choice, parser_of, table_folder

_GRAMMAR = 'start: "say" WORD+\nWORD: /[a-z]+/\nNUMBER: /[0-9]+/\n%ignore " "\n'
_CHOICE = Choice(start="start", maybe_placeholders=True)


class _Words(PostLex):
    always_accept = ("NUMBER",)

    def process(self, stream):  # type: ignore[no-untyped-def]
        return stream


def _parser(kept: Path | None, grammar: str = _GRAMMAR) -> Lark:
    return parser_of(grammar, _CHOICE, _Words(), None, kept)


def test_a_parser_from_a_kept_table_reads_as_one_from_the_grammar(tmp_path: Path) -> None:
    fresh = _parser(tmp_path / "deep/table.json").parse("say a b")
    assert _parser(tmp_path / "deep/table.json").parse("say a b") == fresh == _parser(None).parse("say a b")


def test_a_table_of_another_grammar_is_made_again(tmp_path: Path) -> None:
    kept = tmp_path / "table.json"
    _parser(kept)
    other = _parser(kept, _GRAMMAR.replace('"say"', '"tell"'))
    assert other.parse("tell a").children == ["a"]
    assert _parser(kept).parse("say a").children == ["a"]


@pytest.mark.parametrize("spoil", ["cut", "changed", "empty", "text"])
def test_a_spoilt_table_is_made_again(tmp_path: Path, spoil: str) -> None:
    kept = tmp_path / "table.json"
    _parser(kept)
    whole = kept.read_bytes()
    kept.write_bytes(
        {"cut": whole[:-9], "changed": whole.replace(b"[a-z]", b"[A-Z]"), "empty": b"", "text": b"\xff\x00"}[spoil]
    )
    assert _parser(kept).parse("say a").children == ["a"]
    assert kept.read_bytes()[:64] == whole[:64]  # the mark of what it was made from


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert _parser(tmp_path / "file/table.json").parse("say a").children == ["a"]


def test_a_table_is_data_and_private(tmp_path: Path) -> None:
    kept = tmp_path / "own/table.json"
    _parser(kept)
    assert json.loads(kept.read_bytes().partition(b"\n")[2])
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["table.json"]


def test_tables_lie_in_the_users_cache() -> None:
    assert table_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/netdsl")
    assert table_folder({"XDG_CACHE_HOME": "c", "HOME": "/h"}) == Path("/h/.cache/netdsl")
    assert table_folder({}) is None

"""Parse tables kept between runs: lark needs longer to make them from the grammar than to read a thousand nodes.

A kept table is data (JSON: numbers and texts), never code, and only ever saves time: it is used if it was made from the
same grammar and options by the same lark, and is whole; else a new one is made, and kept where the folder can be written.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypedDict, cast

import lark
from lark import Lark, Token, Transformer
from lark.grammar import Rule
from lark.lark import PostLex
from lark.lexer import TerminalDef

from netdsl.disk.folder import Folder
from netdsl.disk.named import read_named

_OBJECTS = ("postlex", "transformer")  # options that no table holds


class Choice(TypedDict):
    """The options that decide about a table, besides the grammar."""

    start: str
    maybe_placeholders: bool


class _States(TypedDict):
    tokens: dict[str, object]
    states: dict[str, dict[str, object]]


class _Frontend(TypedDict):
    parser: _States


class _Data(TypedDict):
    parser: _Frontend
    options: dict[str, object]


def table_folder(environment: Mapping[str, str]) -> Path | None:
    """Where tables are kept: `netdsl` below the user's cache folder; None where there is none."""
    base, home = Path(environment.get("XDG_CACHE_HOME", "")), Path(environment.get("HOME", ""))
    if base.is_absolute():
        return base / "netdsl"
    return home / ".cache" / "netdsl" if home.is_absolute() else None


def parser_of(
    grammar: str,
    choice: Choice,
    postlex: PostLex,
    transformer: Transformer[Token, object] | None,
    kept: Path | None,
) -> Lark:
    """The parser of a grammar: contextual lexer, LALR(1). `kept` is the file where its table is looked for and kept."""
    mark = hashlib.sha256(f"{lark.__version__}\0{choice}\0{grammar}".encode()).hexdigest()
    table = _read(kept, mark) if kept is not None else None
    if table is not None:
        data, memo = table
        loaded = Lark._load_from_dict(data, memo, transformer=transformer, postlex=postlex)  # type: ignore[no-untyped-call]
        return cast(Lark, loaded)
    made = Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start=choice["start"],
        maybe_placeholders=choice["maybe_placeholders"],
        transformer=transformer,
        postlex=postlex,
    )
    if kept is not None:
        with suppress(OSError):
            _keep(made, kept, mark)
    return made


def _read(kept: Path, mark: str) -> tuple[_Data, dict[int, object]] | None:
    """A table as lark takes it; None where there is none that fits."""
    try:
        head, _, text = read_named(kept).partition(b"\n")
    except OSError:
        return None
    if head != _head(mark, text):
        return None
    data, memo = json.loads(text)
    table = data["parser"]["parser"]
    table["tokens"] = _numbered(table["tokens"])
    table["states"] = {int(state): _numbered(actions) for state, actions in table["states"].items()}
    return data, _numbered(memo)


def _keep(made: Lark, kept: Path, mark: str) -> None:
    """Raises OSError. The file is replaced whole."""
    data, memo = made.memo_serialize([TerminalDef, Rule])
    options = {name: value for name, value in data["options"].items() if name not in _OBJECTS}
    text = json.dumps([{**data, "options": options}, memo]).encode()
    with Folder.named(kept.parent, make=0o700) as folder:
        folder.replace(kept.name, _head(mark, text) + b"\n" + text, 0o600)


def _head(mark: str, text: bytes) -> bytes:
    return f"{mark} {hashlib.sha256(text).hexdigest()}".encode()


def _numbered(table: Mapping[str, object]) -> dict[int, object]:
    """JSON's keys are texts, lark's numbers."""
    return {int(key): value for key, value in table.items()}

"""The file of a run: JSON, written whole or not at all, read strictly."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from netdsl.measuring.failures import RunUnreadable
from netdsl.measuring.types import FORMAT, Run
from netdsl.whole_file import write_whole

_LARGEST = 256 * 2**20  # bytes; a thousand rounds of a large lab have fewer
_MOST = 10**18
"""Bytes, or bits a second, that no computer has."""

_FIELD = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<field>.*)`)?$", re.DOTALL)


class _Head(msgspec.Struct):
    """What tells a run's file from any other."""

    format: int
    netdsl: str


def write_run(path: Path, run: Run) -> None:
    """Replace the file at once. Raises OSError; then the old one is as it was."""
    text = msgspec.json.format(msgspec.json.encode(run), indent=1)
    write_whole(path, text.decode() + "\n")


def read_run(path: Path) -> Run:
    """Raises RunUnreadable, OSError."""
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise RunUnreadable(f"{path} is too large for a file of `netdsl measure`")
    return parse_run(content, str(path))


def parse_run(content: bytes, name: str) -> Run:
    """The same of what was read already; `name` is for messages. Raises RunUnreadable."""
    try:
        head = msgspec.json.decode(content, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RunUnreadable(f"{name} is no file of `netdsl measure`: {_told(error)}") from error
    if head.format != FORMAT:
        raise RunUnreadable(
            f"{name} has the format {head.format} (written by netdsl {head.netdsl}); this netdsl reads {FORMAT}"
        )
    try:
        run = msgspec.json.decode(content, type=Run, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RunUnreadable(f"{name} is damaged: {_told(error)}") from error
    for field in _impossible(msgspec.to_builtins(run), ""):
        raise RunUnreadable(f"{name} is damaged: {field}: nothing that is measured is below zero, or so large")
    return run


def _impossible(value: object, field: str) -> Iterator[str]:
    """Fields that no measurement has given. A share that is lost can be below zero: packets that came twice."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from _impossible(inner, f"{field}.{key}" if field else str(key))
        case list() | tuple():
            for number, inner in enumerate(value):
                yield from _impossible(inner, f"{field}[{number}]")
        case int() | float():
            if value > _MOST or (value < 0 and not field.endswith(".lost")):
                yield field


def _told(error: Exception) -> str:
    """`rounds[0].number: expected int, got str`."""
    found = _FIELD.match(str(error))
    assert found is not None, "it matches anything"
    what = found["what"].replace("`", "")
    what = what[:1].lower() + what[1:] if what[:2] != "JS" else what
    return f"{found['field']}: {what}" if found["field"] else what

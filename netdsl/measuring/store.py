"""The file of a run: JSON, written atomically, validated when read."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from netdsl.disk.named import read_named, write_whole
from netdsl.disk.refused import TooLarge
from netdsl.measuring.failures import RunUnreadable
from netdsl.measuring.types import FORMAT, Run

_LARGEST = 256 * 2**20  # bytes; a thousand rounds of a large lab take less
_MOST = 10**18
"""The largest plausible number of bytes or of bits per second."""

_FIELD = re.compile(r"^(?P<message>.*?)(?: - at `\$\.?(?P<field>.*)`)?$", re.DOTALL)


class _Head(msgspec.Struct):
    """The fields that identify a run's file."""

    format: int
    netdsl: str


def write_run(path: Path, run: Run) -> None:
    """Replace the file atomically. Raises OSError; then the old file is unchanged."""
    text = msgspec.json.format(msgspec.json.encode(run), indent=1)
    write_whole(path, text.decode() + "\n")


def read_run(path: Path) -> Run:
    """The run in a file. Raises RunUnreadable, OSError."""
    try:
        content = read_named(path, _LARGEST)
    except TooLarge as error:
        raise RunUnreadable(f"{path} is too large for a file of `netdsl measure`") from error
    return parse_run(content, str(path))


def parse_run(content: bytes, name: str) -> Run:
    """The run in a file's content. `name`: the file's name for messages. Raises RunUnreadable."""
    try:
        head = msgspec.json.decode(content, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RunUnreadable(f"{name} is no file of `netdsl measure`: {_decoding_message(error)}") from error
    if head.format != FORMAT:
        raise RunUnreadable(
            f"{name} has the format {head.format} (written by netdsl {head.netdsl}); this netdsl reads {FORMAT}"
        )
    try:
        run = msgspec.json.decode(content, type=Run, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RunUnreadable(f"{name} is damaged: {_decoding_message(error)}") from error
    for field in _impossible(msgspec.to_builtins(run), ""):
        raise RunUnreadable(f"{name} is damaged: {field}: nothing that is measured is below zero, or so large")
    return run


def _impossible(value: object, field: str) -> Iterator[str]:
    """The fields with values that no measurement gives. A loss may be negative: duplicated packets."""
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


def _decoding_message(error: Exception) -> str:
    """The message of a decoding error: `rounds[0].number: expected int, got str`."""
    found = _FIELD.match(str(error))
    assert found is not None, "the pattern matches any text"
    message = found["message"].replace("`", "")
    message = message[:1].lower() + message[1:] if message[:2] != "JS" else message
    return f"{found['field']}: {message}" if found["field"] else message

"""A YAML writer for data that we made: strings, numbers, booleans, lists and maps, in their order, one true layout.

PyYAML's emitter needs seconds for a thousand services; this one needs milliseconds and is byte-stable. Every string that
could be read as anything else, by YAML 1.1 or 1.2, is double-quoted. The tests read it back with two other libraries.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

Data = str | int | float | bool | None | Sequence["Data"] | Mapping[str, "Data"]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*[A-Za-z0-9_]|[A-Za-z]|/[A-Za-z0-9_./-]*[A-Za-z0-9_]").fullmatch
_RESERVED = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


class Anchor(dict[str, "Data"]):
    """A map that is written once, under `x-NAME: &NAME`, and merged where it stands first in another (`<<: *NAME`)."""

    def __init__(self, name: str, content: Mapping[str, "Data"]) -> None:
        super().__init__(content)
        self.name = name


def scalar(value: str | int | float | bool | None) -> str:
    """A scalar as YAML text."""
    if isinstance(value, str):
        return value if _PLAIN(value) and value.lower() not in _RESERVED else quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def quoted(text: str) -> str:
    """Double-quoted: JSON's escapes, and YAML's own for what JSON leaves bare."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def dump(data: Mapping[str, Data]) -> str:
    """A document. Merged anchors are given as a key `<<` whose value is an Anchor."""
    return "".join(f"{line}\n" for line in _map(data, ""))


def _map(data: Mapping[str, Data], indent: str) -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, Anchor):
            if key == "<<":
                yield f"{indent}<<: *{value.name}"
                continue
            yield f"{indent}{scalar(key)}: &{value.name}"
            yield from _map(value, indent + "  ")
        elif _is_block(value):
            yield f"{indent}{scalar(key)}:"
            yield from _block(value, indent + "  ")
        else:
            yield f"{indent}{scalar(key)}: {_inline(value)}"


def _block(value: Data, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _map(value, indent)
        return
    assert isinstance(value, Sequence)
    for item in value:
        if _is_block(item):
            lines = list(_block(item, indent + "  "))
            yield f"{indent}- {lines[0].lstrip()}"
            yield from lines[1:]
        else:
            yield f"{indent}- {_inline(item)}"


def _is_block(value: Data) -> bool:
    """Lists of scalars and empty things stay on their line."""
    if isinstance(value, Mapping):
        return bool(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(not isinstance(item, str | int | float | bool | None) for item in value)
    return False


def _inline(value: Data) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return scalar(value)

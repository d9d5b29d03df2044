"""A YAML writer for data that we made: strings, numbers, booleans, lists and maps, in their order, one true layout.

PyYAML's emitter needs seconds for a thousand services; this one needs milliseconds and is byte-stable. Every string that
could be read as anything else, by YAML 1.1 or 1.2, is double-quoted. The tests read it back with two other libraries.
"""

import json
import re
from collections.abc import Mapping, Sequence

Data = str | int | float | bool | None | Sequence["Data"] | Mapping[str, "Data"]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*[A-Za-z0-9_]|[A-Za-z]|/[A-Za-z0-9_./-]*[A-Za-z0-9_]").fullmatch
_RESERVED = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
_SEQUENCES = (list, tuple)
_CONTAINERS = (dict, list, tuple)
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
    """A document. Merged anchors are given as a key `<<` whose value is an Anchor.

    Maps are dicts, sequences are lists or tuples: asking an abstract class costs as much as all the rest of the writing.
    """
    lines: list[str] = []
    _map(data, "", lines)
    lines.append("")
    return "\n".join(lines)


def _map(data: Mapping[str, Data], indent: str, lines: list[str]) -> None:
    for key, value in data.items():
        if isinstance(value, Anchor):
            if key == "<<":
                lines.append(f"{indent}<<: *{value.name}")
                continue
            lines.append(f"{indent}{scalar(key)}: &{value.name}")
            _map(value, indent + "  ", lines)
        elif _is_block(value):
            lines.append(f"{indent}{scalar(key)}:")
            _block(value, indent + "  ", lines)
        else:
            lines.append(f"{indent}{scalar(key)}: {_inline(value)}")


def _block(value: Data, indent: str, lines: list[str]) -> None:
    if isinstance(value, dict):
        _map(value, indent, lines)
        return
    assert isinstance(value, list | tuple)
    for item in value:
        if _is_block(item):
            first = len(lines)
            _block(item, indent + "  ", lines)
            lines[first] = f"{indent}- {lines[first].lstrip()}"
        else:
            lines.append(f"{indent}- {_inline(item)}")


def _is_block(value: Data) -> bool:
    """Lists of scalars and empty things stay on their line."""
    if isinstance(value, str):
        return False
    if isinstance(value, dict):
        return bool(value)
    if isinstance(value, _SEQUENCES):
        return any(isinstance(item, _CONTAINERS) for item in value)
    return False


def _inline(value: Data) -> str:
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, _SEQUENCES):
        return "[" + ", ".join([_inline(item) for item in value]) + "]"
    assert value is None or isinstance(value, int | float)
    return scalar(value)

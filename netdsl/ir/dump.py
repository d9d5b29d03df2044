"""Any stage of the compiler as JSON: for eyes, for `diff`, for tools that want the lab and not a runtime's files.

Stable: fields in the order of their declaration, tuples and mappings in their own (which is the source's). A class is
named in `is` (unions would be a riddle without). Addresses, prefixes, names and places are strings; a place is
`FILE:LINE:COLUMN`, through a template `… via FILE:LINE:COLUMN`. Bytes are text where they are UTF-8, else base64.
Fields marked `SECRET` are not shown (but a syntax tree is the source itself).
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)

from netdsl.ir.service import Protocol
from netdsl.source import Place, SourceFile, Span

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

HIDDEN = "(not shown)"
_TEXTS = (Decimal, IPv4Address, IPv6Address, IPv4Interface, IPv6Interface, IPv4Network, IPv6Network, Protocol)


def dump(value: object) -> str:
    """A value of any stage as JSON text with a line end. TypeError: something in it is no data."""
    return json.dumps(dumped(value), indent=2, allow_nan=False) + "\n"


def dumped(value: object) -> Json:
    """The same as data for `json`."""
    match value:
        case None | bool() | int() | float() | str():
            return value.value if isinstance(value, Enum) else value
        case _ if isinstance(value, _TEXTS):
            return str(value)
        case bytes():
            return _bytes(value)
        case Span() | Place() | SourceFile():
            return _place(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {"is": type(value).__name__} | dict(_fields(value))
        case _:
            return _collection(value)


def _collection(value: object) -> Json:
    match value:
        case Mapping():
            return {_key(key): dumped(each) for key, each in value.items()}
        case Set():
            return sorted((dumped(each) for each in value), key=str)
        case Sequence():
            return [dumped(each) for each in value]
        case _:
            raise TypeError(f"a {type(value).__name__} is no data")


def _fields(value: object) -> Iterator[tuple[str, Json]]:
    kind: type = type(value)
    for name, is_secret in _described(kind):
        inner: object = getattr(value, name)
        yield name, HIDDEN if is_secret and inner is not None else dumped(inner)


@cache
def _described(kind: type) -> tuple[tuple[str, bool], ...]:
    """Each field's name, and whether it is a secret. One that begins with `_` is an index over the others."""
    return tuple((each.name, "secret" in each.metadata) for each in fields(kind) if not each.name.startswith("_"))


def _key(key: object) -> str:
    """Keys of several parts, as `(file, path)`, are written one after the other."""
    if isinstance(key, tuple):
        return " ".join(map(_key, key))
    return str(key.value if isinstance(key, Enum) else key)


def _bytes(content: bytes) -> Json:
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode()}


def _place(place: Span | Place | SourceFile) -> str:
    if isinstance(place, SourceFile):
        return place.name
    if isinstance(place, Span):
        return str(place)
    return " via ".join(map(str, (place.span, *place.via)))

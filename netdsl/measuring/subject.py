"""The lab that is measured, told from other labs by what it means."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from netdsl.ir.dump import Json, dumped
from netdsl.ir.lab import Lab
from netdsl.measuring.types import Parameter, Source, Subject
from netdsl.payload.digest import payload_digest
from netdsl.pipeline.compilation import keyless_payload
from netdsl.source import SourceFile
from netdsl.syntax.escapes import unescaped

HIDDEN = "(not shown)"

_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_SPLICE = re.compile(r"(?<!\\)((?:\\\\)*)\$(?:\{[^}\"\n]*\}|[A-Za-z_]\w*)")
_TELLING = 4  # characters of a part of a secret; fewer are a word like any other


def subject_of(lab: Lab, sources: Iterable[SourceFile], parameters: Mapping[str, str]) -> Subject:
    """`lab` as it runs (`--closed` makes another lab). Secrets that the sources or parameters spell out are left out."""
    files = tuple(sources)
    strings = [found[1] for file in files for found in _STRING.finditer(file.text)]
    hide = _Hiding.of(_secrets(lab), strings, parameters)
    return Subject(
        name=lab.name,
        title=lab.title or "",
        digest=lab_digest(lab),
        payload=payload_digest(keyless_payload(lab)),
        nodes=len(lab.nodes),
        networks=len(lab.networks),
        tunnels=len({end.tunnel for node in lab.nodes for end in node.tunnels}),
        sources=tuple(Source(file.name, hide.in_text(file.text)) for file in files),
        parameters=tuple(
            Parameter(name, HIDDEN if hide.is_telling(value.strip('"')) else value)
            for name, value in sorted(parameters.items())
        ),
    )


def lab_digest(lab: Lab) -> str:
    """SHA-256 in hex of the IR as `netdsl dump --stage ir` shows it, without places: comments, layout, the order of files
    and their folder do not matter, names and expectations do."""
    text = json.dumps(_placeless(dumped(lab)), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _placeless(value: Json) -> Json:
    match value:
        case dict():
            return {key: _placeless(inner) for key, inner in value.items() if key != "origin"}
        case list():
            return [_placeless(inner) for inner in value]
        case _:
            return value


def _secrets(lab: Lab) -> frozenset[str]:
    found = (secret.value for node in lab.nodes for end in node.tunnels for secret in end.secrets)
    return frozenset(value for value in found if value)


@dataclass(frozen=True, slots=True)
class _Hiding:
    """`secrets`: all; `composed`: those that nobody spells out as a whole, whose parts are told instead."""

    secrets: frozenset[str]
    composed: frozenset[str]

    @classmethod
    def of(cls, secrets: frozenset[str], strings: Collection[str], parameters: Mapping[str, str]) -> "_Hiding":
        """`strings`: of the sources, as they are written there, without quotes."""
        spelled = {unescaped(text) for text in strings} | {value.strip('"') for value in parameters.values()}
        return cls(secrets, secrets - spelled)

    def in_text(self, text: str) -> str:
        return _STRING.sub(lambda found: f'"{HIDDEN}"' if self.is_telling(found[1]) else found[0], text)

    def is_telling(self, written: str) -> bool:
        """Of a string as it is written: whether a secret is that, or may be made with it."""
        pieces = [unescaped(piece) for piece in _SPLICE.sub(r"\1\0", written).split("\0")]
        if len(pieces) > 1:
            return any(pieces) and any(_is_made_of(secret, pieces) for secret in self.composed)
        (text,) = pieces
        return text in self.secrets or (len(text) >= _TELLING and any(text in secret for secret in self.composed))


def _is_made_of(secret: str, pieces: list[str]) -> bool:
    """Whether it may be these in their order, with anything between two."""
    first, *middle, last = pieces
    if not (secret.startswith(first) and secret.endswith(last)):
        return False
    at, end = len(first), len(secret) - len(last)
    for piece in middle:
        found = secret.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end

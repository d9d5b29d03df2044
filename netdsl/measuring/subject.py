"""The identity of the measured lab: digests of its meaning and its payload, its sources without secrets."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping

from netdsl.dataclass import dataclass
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
_TELLING = 4  # a string of so many characters that is part of a secret is hidden; shorter ones are common words


def subject_of(lab: Lab, sources: Iterable[SourceFile], parameters: Mapping[str, str]) -> Subject:
    """The subject of `lab` as it runs (`--closed` gives another lab). Secrets in sources and parameters are
    replaced."""
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
    """SHA-256 in hex of the IR (`netdsl dump --stage ir`) without places. Independent of comments, layout, file order
    and folder; names and expectations are included."""
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
    """`secrets`: all secrets; `composed`: secrets that no string spells out whole, so that their parts are hidden."""

    secrets: frozenset[str]
    composed: frozenset[str]

    @classmethod
    def of(cls, secrets: frozenset[str], strings: Collection[str], parameters: Mapping[str, str]) -> "_Hiding":
        """`strings`: the strings in the sources as written, without quotes."""
        spelled = {unescaped(text) for text in strings} | {value.strip('"') for value in parameters.values()}
        return cls(secrets, secrets - spelled)

    def in_text(self, text: str) -> str:
        return _STRING.sub(lambda found: f'"{HIDDEN}"' if self.is_telling(found[1]) else found[0], text)

    def is_telling(self, written: str) -> bool:
        """Whether a string, as written in a source, is a secret or a part of a composed one."""
        pieces = [unescaped(piece) for piece in _SPLICE.sub(r"\1\0", written).split("\0")]
        if len(pieces) > 1:
            return any(pieces) and any(_is_made_of(secret, pieces) for secret in self.composed)
        (text,) = pieces
        return text in self.secrets or (len(text) >= _TELLING and any(text in secret for secret in self.composed))


def _is_made_of(secret: str, pieces: list[str]) -> bool:
    """Whether the secret consists of the pieces in this order, with any text between two of them."""
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

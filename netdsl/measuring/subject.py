"""The lab that is measured, told from other labs by what it means."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from netdsl.ir.dump import Json, dumped
from netdsl.ir.lab import Lab
from netdsl.measuring.types import Parameter, Source, Subject
from netdsl.payload.digest import payload_digest
from netdsl.pipeline import keyless_payload
from netdsl.source import SourceFile

HIDDEN = "(not shown)"


def subject_of(lab: Lab, sources: Iterable[SourceFile], parameters: Mapping[str, str]) -> Subject:
    """`lab` as it runs (`--closed` makes another lab). Secrets that the sources or parameters spell out are left out."""
    secrets = _secrets(lab)
    return Subject(
        name=lab.name,
        title=lab.title or "",
        digest=lab_digest(lab),
        payload=payload_digest(keyless_payload(lab)),
        nodes=len(lab.nodes),
        networks=len(lab.networks),
        tunnels=len({end.tunnel for node in lab.nodes for end in node.tunnels}),
        sources=tuple(Source(file.name, _without(secrets, file.text)) for file in sources),
        parameters=tuple(
            Parameter(name, HIDDEN if value.strip('"') in secrets else value)
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


def _without(secrets: frozenset[str], text: str) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(f'"{secret}"', f'"{HIDDEN}"')
    return text

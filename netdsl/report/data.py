"""What is measured, inside the page: as JSON that a script may read, and packed, for who has no scripts."""

import gzip
import re
from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO

import msgspec

from netdsl.comparing.types import Column
from netdsl.measuring.types import Run

_ESCAPES = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Embedded:
    """`text` is JSON that ends no `script` element and begins no comment, whatever is in the run; in a file, of the name
    `file`, `netdsl compare` reads it. `link`: a data: URL of the same, packed by gzip."""

    name: str
    file: str
    text: str
    link: str


def embedded(runs: tuple[Run, ...], columns: tuple[Column, ...]) -> tuple[Embedded, ...]:
    return tuple(
        _embedded(run, f"{run.subject.name}-{number}-{column.name}", column.name)
        for number, (run, column) in enumerate(zip(runs, columns, strict=True), 1)
    )


def _embedded(run: Run, file: str, name: str) -> Embedded:
    text = msgspec.json.encode(run).decode()
    packed = BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as stream:
        stream.write(text.encode())
    link = f"data:application/gzip;base64,{b64encode(packed.getvalue()).decode()}"
    return Embedded(name, file_name(file), text.translate(_ESCAPES), link)


def file_name(text: str) -> str:
    """Something that every system takes as the name of a file."""
    return _UNSAFE.sub("-", text)[:_LONGEST].strip("-.").lower() or "run"

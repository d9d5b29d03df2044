"""The runs embedded in the page: as JSON for the page's script, and as gzip for readers without scripts."""

import gzip
import re
from base64 import b64encode
from io import BytesIO

import msgspec

from netdsl.comparing.types import Column
from netdsl.dataclass import dataclass
from netdsl.measuring.types import Run

_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Embedded:
    """`text`: JSON without `<`, `>` and `&`, so that it cannot end its `script` element; `file`: the name under which
    it is saved for `netdsl compare`; `link`: a data: URL of the same, packed by gzip."""

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
    """A file name that is valid on every system."""
    return _UNSAFE.sub("-", text)[:_LONGEST].strip("-.").lower() or "run"

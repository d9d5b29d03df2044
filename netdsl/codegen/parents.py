"""Parent images: images of netdsl's own that images of nodes are made from, for programs that Debian has no package of.

A parent is a folder `backends/NAME/image/`: a whole Dockerfile, whose last stage is called `netdsl-NAME`, and the files
that it copies. In a lab's Dockerfile its stages come first. The files are in there too, so that a build needs nothing
but the Dockerfile.
"""

import re
from functools import cache

from netdsl.dataclass import dataclass
from netdsl.disk.shipped import shipped_text

_COPY = re.compile(r"COPY ((?:[\w.]+ )+)(/\S+/)")


@dataclass(frozen=True, slots=True)
class ParentImage:
    """`arguments`: its `ARG` lines besides `BASE`, which come before all stages; `stages`: text, from `FROM` on."""

    stage: str
    arguments: tuple[str, ...]
    stages: str


@cache
def parent_image(name: str) -> ParentImage:
    """Of a folder of `backends/`. Raises FileNotFoundError."""
    package = f"netdsl.backends.{name}"
    head, begin, stages = shipped_text(package, "image", "Dockerfile").partition("\nFROM ")
    arguments = tuple(
        line for line in head.splitlines() if line.startswith("ARG ") and not line.startswith("ARG BASE=")
    )
    lines = (_copied(package, line) for line in (begin + stages).strip().splitlines())
    return ParentImage(f"netdsl-{name}", arguments, "\n".join(lines) + "\n")


def _copied(package: str, line: str) -> str:
    """`COPY FILE… FOLDER/` with the files in here-documents, which have the files' names. Docker's reference of
    Dockerfiles: nothing is replaced in one whose name is quoted."""
    found = _COPY.fullmatch(line)
    if found is None:
        return line
    names = found[1].split()
    words = " ".join(f'<<"{name}"' for name in names)
    documents = "\n".join(f"{shipped_text(package, 'image', name).rstrip()}\n{name}" for name in names)
    return f"COPY {words} {found[2]}\n{documents}"

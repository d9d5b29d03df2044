"""Tables of GitHub's Markdown."""

import re
from collections.abc import Iterator, Sequence

from netdsl.diagnostics.visible import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#&!$])")


def text(value: str) -> str:
    """Plain text for a cell or a paragraph: every markup character escaped."""
    return _SPECIAL.sub(r"\\\1", visible(value))


def table(rows: Sequence[Sequence[str]], *, numbers: bool = False) -> Iterator[str]:
    """A table; the first row is its head. Cells are Markdown. `numbers`: all columns but the first are
    right-aligned."""
    head, *body = rows
    marks = ["---", *("---:" if numbers else "---" for _ in head[1:])]
    for cells in (head, marks, *body):
        yield f"| {' | '.join(cells)} |"

"""What changes in a text, as a unified diff."""

import difflib
from collections.abc import Iterator
from itertools import takewhile

_MOST_COMPARED = 4_000_000
"""Of two texts, lines of the one times lines of the other that are not equal at the begin and the end: more are shown as
replaced."""


def difference(old: str, new: str, old_name: str, new_name: str) -> Iterator[str]:
    """The lines of the diff, each with its end; none for equal texts."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    head = _equal(before, after)
    tail = _equal(before[head:][::-1], after[head:][::-1])
    if (len(before) - head - tail) * (len(after) - head - tail) <= _MOST_COMPARED:
        found = difflib.unified_diff(before, after, old_name, new_name)
    else:
        found = _replaced(before, after, (head, tail), (old_name, new_name))
    return (line if line.endswith("\n") else f"{line}\n" for line in found)


def _equal(one: list[str], other: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _replaced(before: list[str], after: list[str], equal: tuple[int, int], names: tuple[str, str]) -> Iterator[str]:
    """All between the equal lines of the begin and of the end as one change."""
    head, tail = equal
    start, stop = max(0, head - 3), min(3, tail)
    sizes = [len(lines) - tail + stop - start for lines in (before, after)]
    yield f"--- {names[0]}\n"
    yield f"+++ {names[1]}\n"
    yield f"@@ -{start + 1},{sizes[0]} +{start + 1},{sizes[1]} @@\n"
    yield from (f" {line}" for line in before[start:head])
    yield from (f"-{line}" for line in before[head : len(before) - tail])
    yield from (f"+{line}" for line in after[head : len(after) - tail])
    yield from (f" {line}" for line in before[len(before) - tail :][:stop])

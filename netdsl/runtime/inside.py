"""What a node's script says of the node (`node.sh status`), line by line: the contract is the payload's README."""

import re
from collections.abc import Iterable, Sequence

_FIELDS = {
    "interface": ("name", "state", "addresses"),
    "daemon": ("what", "state", "status"),
    "run": ("number", "state", "status", "command"),
    "memory": ("used", "limit", "killed"),
    "disk": ("path", "free", "size"),
    "tunnel": ("tunnel", "child", "state", "start", "space"),
}
KINDS = {
    "interface": "interfaces",
    "daemon": "daemons",
    "run": "runs",
    "memory": "memory",
    "disk": "disks",
    "tunnel": "tunnels",
}
"""The words of lines with fields, and what all of them are called."""
READY = "ready"
STARTING = "still starting"

LOGGED = 100
"""Lines of a node's log that are looked through for the last ones of what has ended in it."""
_ENDED = re.compile(r"netdsl: .* has ended with status \S+")
_OURS = "netdsl: "
_LAST = 5  # lines before an end
_ENDS = 3
_LONGEST = 500  # characters of a line


def last_lines(log: Sequence[str]) -> tuple[str, ...]:
    """What was said just before the last ends of what ran in a node, each with the line that says the end."""
    found: list[str] = []
    ends = [number for number, line in enumerate(log) if _ENDED.fullmatch(line)]
    for end in ends[-_ENDS:]:
        first = end
        while first > max(end - _LAST, 0) and not log[first - 1].startswith(_OURS):
            first -= 1
        found += (line[:_LONGEST] for line in log[first : end + 1])
    return tuple(found)


def word_of(lines: Iterable[str]) -> str | None:
    """What the script says of the node itself: `ready`, or why it is not. None: the lines are not the script's."""
    first, separator, word = next(iter(lines), "").partition("\t")
    return word if separator and first == "node" else None


def records(lines: Iterable[str], word: str) -> tuple[dict[str, str], ...]:
    """The lines that begin with a word, their fields by name; those that say less than they should are left out."""
    names = _FIELDS[word]
    found = (line.split("\t") for line in lines)
    return tuple(
        dict(zip(names, fields[1:], strict=False)) for fields in found if fields[0] == word and len(fields) > len(names)
    )

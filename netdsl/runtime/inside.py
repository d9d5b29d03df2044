"""What a node's script says of the node (`node.sh status`), line by line: the contract is the payload's README."""

from collections.abc import Iterable

_FIELDS = {
    "interface": ("name", "state", "addresses"),
    "daemon": ("what", "state"),
    "tunnel": ("tunnel", "child", "state", "start", "space"),
}
READY = "ready"
STARTING = "still starting"


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

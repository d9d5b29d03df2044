"""A way through any part of the syntax tree, without knowing every statement by name."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

from netdsl.syntax import tree as syntax

Part = object
"""Whatever a field of the tree holds: a statement, a value, a tuple of them, a word, None."""


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of each class of the tree, but for its span."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        assert is_dataclass(kind)
        found = self[kind] = tuple(field.name for field in fields(kind) if field.name != "span")
        return found


_FIELDS = _Fields()


def parts_of(node: Part) -> tuple[Part, ...]:
    """What a node of the tree holds, but for its span, in the order of the text."""
    return tuple([getattr(node, name) for name in _FIELDS[type(node)]])


def names_in(values: Iterable[Part]) -> Iterator[syntax.Name]:
    """All value names that stand in some values, deep inside too; in no order. Depth costs no recursion."""
    waiting = list(values)
    while waiting:
        part = waiting.pop()
        match part:
            case syntax.Name():
                yield part
            case tuple():
                waiting.extend(part)
            case str() | bool() | None | syntax.Literal():
                pass
            case _:
                waiting.extend(parts_of(part))

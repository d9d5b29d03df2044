"""A tree without its spans."""

from dataclasses import fields, is_dataclass

from netdsl.source import Span


def shape(node: object) -> object:
    """Nested tuples of what stands in a tree; spans left out."""
    if isinstance(node, tuple):
        return tuple(shape(part) for part in node)
    if is_dataclass(node) and not isinstance(node, Span):
        parts = [getattr(node, field.name) for field in fields(node) if field.name != "span"]
        return (type(node).__name__, *(shape(part) for part in parts))
    return node

"""How much of texts and values a lab may have, all together; what is over it is reported once."""

from typing import Protocol

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.items import Scope
from netdsl.semantics.values import Value
from netdsl.source import Place, Span

MOST_CHARACTERS = 2**25
"""All texts of a lab may have so many characters, one that a loop makes again counted again."""
MOST_VALUES = 1_000_000
"""A lab may read so many values: literals, names, parts of expressions, members of lists, in each turn of a loop again."""


class _Context(Protocol):
    @property
    def scope(self) -> Scope: ...
    @property
    def via(self) -> tuple[Span, ...]: ...


def may_read(count: int, span: Span, context: _Context, diagnostics: Diagnostics) -> bool:
    """Whether so many values more may be read."""
    extent = context.scope.extent
    before = extent.values
    extent.values += count
    if before <= MOST_VALUES < extent.values:
        message = f"the lab reads more than {MOST_VALUES:,} values, in all turns of its loops together"
        advice = "each member of a list counts wherever the list is used, each part of an expression in every turn"
        diagnostics.report(catalogue.LOOP_LIMIT, message, Place(span, context.via), help=advice)
    return extent.values <= MOST_VALUES


def is_room_for(text: str, span: Span, context: _Context, diagnostics: Diagnostics) -> bool:
    """Whether the lab may have one more text."""
    extent = context.scope.extent
    before = extent.characters
    extent.characters += len(text)
    if before <= MOST_CHARACTERS < extent.characters:
        message = f"the texts of the lab have more than {MOST_CHARACTERS:,} characters, all together"
        advice = 'what many nodes run or read is a file: `file /opt/start from "start.sh"`'
        diagnostics.report(catalogue.LOOP_LIMIT, message, Place(span, context.via), help=advice)
    return extent.characters <= MOST_CHARACTERS


def weight(value: Value) -> int:
    """How many values a list holds, those of its lists included, and itself."""
    return 1 + sum(map(weight, value)) if isinstance(value, tuple) else 1

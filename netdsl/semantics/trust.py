"""What a source that is not trusted may not have: statements that run or reach more than the lab."""

from collections.abc import Iterable

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.items import Item
from netdsl.source import Span
from netdsl.syntax.statements import statements


def refuse_powers(items: Iterable[Item], diagnostics: Diagnostics) -> None:
    """Report each statement with a power once, however often loops and uses unroll it. Linear in the items."""
    described, told = statements(), set[Span]()
    left = list(items)[::-1]
    while left:
        item = left.pop()
        left += reversed(item.children)
        word = described.word_of(item.statement)
        power = described.described[word].power
        if power and item.statement.span not in told:
            told.add(item.statement.span)
            diagnostics.report(
                catalogue.UNTRUSTED_STATEMENT,
                f"`{word}` in a source that is not trusted: it {power}",
                item.place,
                help="without `--untrusted` it is compiled; read it before",
            )

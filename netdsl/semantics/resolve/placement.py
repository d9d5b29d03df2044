"""A block's lines sorted by what they are: what may stand there, and what stands once."""

from collections.abc import Iterable
from dataclasses import field
from typing import TypeVar, cast

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.semantics.items import Item
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import FILE
from netdsl.syntax.statements import statements

S = TypeVar("S")


@dataclass(slots=True, eq=False)
class Block:
    """The lines of one block that may stand there, in order, and by what they are."""

    items: list[Item] = field(default_factory=list)
    by_type: dict[type, list[Item]] = field(default_factory=dict)
    by_word: dict[str, Item] = field(default_factory=dict)

    def of(self, kind: type[S]) -> list[tuple[S, Item]]:
        """The statements of one type, each with its item."""
        return [(cast(S, item.statement), item) for item in self.by_type.get(kind, ())]

    def first(self, kind: type[S]) -> tuple[S, Item] | None:
        found = self.by_type.get(kind)
        return (cast(S, found[0].statement), found[0]) if found else None

    def attribute(self, word: str) -> tuple[syntax.Attribute, Item] | None:
        """The one attribute called `word`."""
        item = self.by_word.get(word)
        return None if item is None else (cast(syntax.Attribute, item.statement), item)

    def attributes(self, word: str) -> list[tuple[syntax.Attribute, Item]]:
        """All attributes called `word`: for those whose lists add up."""
        return [line for line in self.of(syntax.Attribute) if line[0].word == word]


def sort_block(items: Iterable[Item], body: str, diagnostics: Diagnostics) -> Block:
    """The lines that belong in a block of this kind; the others are reported: misplaced-statement, repeated-statement
    (the first one counts). What `semantics.placement` has looked at, by the text alone, is in no block."""
    block = Block()
    table = statements()
    checked_before = table.of_language
    for item in items:
        statement = item.statement
        if type(statement) in checked_before:
            continue
        description = table.description_of(statement)
        word = description.word
        places = table.places[word]
        if body not in places:
            _report(item, description.shown or word, body, places, diagnostics)
            continue
        nodes = statement.said_for
        if nodes and body not in description.for_nodes:
            _report_nodes(item, word, nodes, diagnostics)
            continue
        if description.is_single and not nodes:
            first = block.by_word.get(word)
            if first is not None:
                report_repeated(word, item, first, diagnostics)
                continue
        block.by_word.setdefault(word, item)
        block.items.append(item)
        block.by_type.setdefault(type(statement), []).append(item)
    return block


def block_of_lines(items: Iterable[Item]) -> Block:
    """Some of the lines of a block, which were placed before."""
    block = Block()
    for item in items:
        block.by_word.setdefault(statements().description_of(item.statement).word, item)
        block.items.append(item)
        block.by_type.setdefault(type(item.statement), []).append(item)
    return block


def _report_nodes(item: Item, word: str, nodes: tuple[syntax.Value, ...], diagnostics: Diagnostics) -> None:
    message = f"`{word}` is not said for single nodes"
    advice = f"`{word}` without `for` holds for the block"
    diagnostics.report(catalogue.MISPLACED_STATEMENT, message, item.at(nodes[0].span), help=advice)


def report_repeated(what: str, item: Item, first: Item, diagnostics: Diagnostics) -> None:
    """repeated-statement, with the place of the first one."""
    by_text = item.via == first.via  # then it is wrong once, however often the block is used
    diagnostics.report(
        catalogue.REPEATED_STATEMENT,
        f"`{what}` stands twice in this block",
        Place(item.statement.span) if by_text else item.place,
        related=(Label(Place(first.statement.span) if by_text else first.place, "the first one"),),
        help="it takes one value: remove one of the two",
    )


def _report(item: Item, shown: str, body: str, places: tuple[str, ...], diagnostics: Diagnostics) -> None:
    place = Place(item.statement.span)  # wrong by the text alone: said once, however often it is used
    where = "outside every block" if body == FILE else f"in {_article(body)} `{body}`"
    outside = FILE in places
    inside = [place for place in places if place != FILE]
    remedy = "outside every block" if outside and not inside else "in " + _either(inside)
    if outside and inside:
        remedy += ", or outside every block"
    elsewhere = statements().inner_words.get(shown)
    if elsewhere is not None:
        remedy += f"; elsewhere it is {elsewhere}"
    diagnostics.report(
        catalogue.MISPLACED_STATEMENT,
        f"`{shown}` stands {where}" if body == FILE else f"`{shown}` does not belong {where}",
        place,
        help=_without_sign(item.statement, body) or f"`{shown}` belongs {remedy}",
    )


def _without_sign(statement: syntax.Statement, body: str) -> str | None:
    """The line that `WORD = VALUE` was meant to be."""
    if not isinstance(statement, syntax.Assignment) or statement.word:
        return None
    word, value = statement.key.span.text, statement.value.span.text
    return f"`{word} {value}`, without `=`" if body in statements().places.get(word, ()) else None


def _either(names: list[str]) -> str:
    shown = [f"{_article(name)} `{name}`" for name in names]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " or " + shown[-1]


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"

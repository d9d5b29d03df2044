"""All statements, described: those of the core and those of the kinds, and what the tables of other rooms are made of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Protocol, cast

from netdsl.dataclass import dataclass
from netdsl.index import modules
from netdsl.syntax.description import Description
from netdsl.syntax.foreign import FOREIGN_WORDS, INNER_WORDS
from netdsl.syntax.statements import filter as filters
from netdsl.syntax.statements import language, later, network, tunnel
from netdsl.syntax.tree import Attribute, Later, Statement


class Share(Protocol):
    """The module `netdsl.kinds.KIND.statements`: the kind's words, words of other tools for the same (and what to write
    instead), and words within its statements that begin none (and the statement that they stand in)."""

    STATEMENTS: tuple[Description, ...]
    FOREIGN_WORDS: Mapping[str, str]
    INNER_WORDS: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Statements:
    """The descriptions by their word, in the order in which the blocks of the language are named."""

    described: Mapping[str, Description]
    places: Mapping[str, tuple[str, ...]]  # the blocks that a word may stand in
    word_of_class: Mapping[type[Statement], str]  # of the classes that have one word
    kind_of_class: Mapping[type[Statement], str]  # of the classes that a kind brings
    of_language: Mapping[type[Statement], Description]  # of the classes whose place the text alone decides
    foreign_words: Mapping[str, str]
    inner_words: Mapping[str, str]

    def __iter__(self) -> Iterator[Description]:
        return iter(self.described.values())

    def word_of(self, statement: Statement) -> str:
        return statement.called or self.word_of_class[type(statement)]

    def description_of(self, statement: Statement) -> Description:
        return self.described[self.word_of(statement)]

    def later(self, word: str) -> Description | None:
        """The description of a statement that begins with `word` and is not compiled."""
        found = self.described.get(word)
        return found if found is not None and found.instead is not None else None

    @property
    def attributes(self) -> list[str]:
        """The words of statements that have the one shape `WORD VALUES`: the grammar's terminal ATTRIBUTE."""
        return sorted(one.word for one in self if one.tree is Attribute)

    @property
    def with_block(self) -> frozenset[str]:
        """First words of statements that may have a block."""
        others = frozenset({"expect", "if"})  # their blocks are of another sort
        return others | {one.first_word for one in self if one.has_block and one.tree is not Attribute}


@cache
def statements() -> Statements:
    kinds = {kind: cast(Share, module) for kind, module in modules("statements")}
    shares = kinds.values()
    core = (language, network, filters, tunnel)
    described = _merged(chain(*(part.STATEMENTS for part in core), *(share.STATEMENTS for share in shares)))
    begun = {one.first_word for one in described.values()}
    described |= {one.word: one for one in later.STATEMENTS if one.word not in begun}
    holders: dict[str, list[str]] = {word: list(one.belongs) for word, one in described.items()}
    for one in described.values():
        for word in one.holds:
            holders[word].append(one.word)
    return Statements(
        described,
        {word: tuple(found) for word, found in holders.items()},
        {one.tree: one.word for one in described.values() if one.tree is not Later},
        {one.tree: kind for kind, share in kinds.items() for one in share.STATEMENTS if one.tree is not Attribute},
        {one.tree: one for one in described.values() if one.level is not None or one.instead is not None},
        _joined(FOREIGN_WORDS, (share.FOREIGN_WORDS for share in shares)),
        _joined(INNER_WORDS, (share.INNER_WORDS for share in shares)),
    )


def _merged(descriptions: Iterable[Description]) -> dict[str, Description]:
    """By word. Two kinds may each describe the same attribute, for their own blocks."""
    found: dict[str, Description] = {}
    for one in descriptions:
        other = found.setdefault(one.word, one)
        if other is not one:
            both = [replace(each, belongs=(), for_nodes=()) for each in (other, one)]
            assert both[0] == both[1], f"`{one.word}` is described in two ways"
            for_nodes = (*other.for_nodes, *one.for_nodes)
            found[one.word] = replace(one, belongs=(*other.belongs, *one.belongs), for_nodes=for_nodes)
    return found


def _joined(words: Mapping[str, str], others: Iterable[Mapping[str, str]]) -> dict[str, str]:
    found = dict(words)
    for other in others:
        for word, text in other.items():
            found.setdefault(word, text)
    return found

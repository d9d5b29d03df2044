"""What a statement of the language is, said once: from it come placement, names, blocks, layout and many messages.

A part of the grammar, or a kind, has a module with its descriptions (`STATEMENTS`): `netdsl/syntax/statements/`,
`netdsl/kinds/KIND/statements.py`.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum, StrEnum

from netdsl.dataclass import dataclass
from netdsl.syntax.dead_end import Dead
from netdsl.syntax.tree import Statement, WithBlock

FILE = "file"
"""The block that a file is, among the words of blocks."""


class ElementKind(StrEnum):
    """What a name can name, in the user's words."""

    NETWORK = "network"
    NODE = "node"
    TUNNEL = "tunnel"
    PKI = "pki"
    IMAGE = "image"
    SERVICE = "service"
    TEMPLATE = "template"
    SCOPE = "scope"  # `use T as n`
    IMPORT = "import"


class Level(IntEnum):
    """How deep in blocks a statement stands."""

    FIRST = 0  # at the beginning of a file
    FILE = 1  # directly in a file
    SCOPE = 2  # in a template, or in a loop or condition of a file or template
    ELEMENT = 3  # in a node, a tunnel, a firewall …


@dataclass(frozen=True, slots=True)
class Column:
    """What is aligned in lines of one word that follow one another: a piece of the line, if it begins as it should.

    `at` counts the words, marks and blocks of a line from 0; None: the first piece that begins so. `begins` is a mark
    (`=`), `{` for a block, nothing for any word or mark. `gap`: the blanks before it, at least.
    """

    at: int | None
    begins: str = ""
    gap: int = 1


Hint = Callable[[Dead, Sequence[str]], str | None]
"""The remedy for a place where the statement does not go on: the place, the words of the statement before it."""


@dataclass(frozen=True, slots=True)
class Description:
    """A statement.

    `word` is what messages call it, and what it begins with. `belongs`: the blocks that it may stand in, by their word;
    `holds`: words described elsewhere that may stand in its own block. `level` in place of `belongs`: one of the
    language's own statements, whose place the text alone decides. `is_single`: it takes one value, and stands once in a
    block. `for_nodes`: of these the blocks where it may be said `for NODES`, several times then. `declares`:
    what its name names. `is_offered`: an imported file has it for others without being used. `shape`, `hint`: the
    remedies where it cannot be read. `instead`: this version does not compile it; what it has instead ("" for nothing).
    `has_secret`: its strings are secrets, which no message shows.
    `power`: what it does to the machine of who runs the lab; "" for nothing. A source that is not trusted may not have it.
    """

    word: str
    tree: type[Statement]
    belongs: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    level: Level | None = None
    is_single: bool = False
    for_nodes: tuple[str, ...] = ()
    declares: ElementKind | None = None
    is_offered: bool = False
    shown: str = ""
    column: Column | None = None
    shape: str = ""
    hint: Hint | None = None
    instead: str | None = None
    power: str = ""
    has_secret: bool = False

    @property
    def first_word(self) -> str:
        return self.word.partition(" ")[0]

    @property
    def has_block(self) -> bool:
        return issubclass(self.tree, WithBlock)

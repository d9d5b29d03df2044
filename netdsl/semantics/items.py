"""The lab unrolled: what `expand` makes and `resolve` reads.

Imports, templates, loops, conditions, params and lets are gone; what is left is a tree of items, each a statement of the
syntax tree with the environment that its values are evaluated in and the scope that its names are looked up in.
"""

from collections.abc import Mapping
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.values import Failed, Value
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind


@dataclass(frozen=True, slots=True)
class Element:
    """A named thing. `path` is its full name from the lab's root (`a.gw`), unique in its kind."""

    kind: ElementKind
    path: str
    item: "Item"
    place: Place = field(compare=False, repr=False)


@dataclass(eq=False, slots=True)
class Extent:
    """How many characters the texts of a lab have, one for each time that a text is made, and how many values are read."""

    characters: int = 0
    values: int = 0


@dataclass(eq=False, slots=True)
class Scope:
    """Names of one lab file or one `use … as n`. `parent` is where lookup goes on: outwards to the end of the file that
    the text stands in, never to the place of use. `path` is "" for the lab's root, else `a` or `hel.x`.

    An inline `use T (…)` has a scope of its own with the path of the place of use: lookup in its text goes on where `T`
    stands. Its elements are in both. `is_incomplete`: an error kept some of its elements out, so that a name missing
    here is not worth a message. `user` is the scope that its `use` stands in: messages say what could be passed from there.
    `extent` is one for the whole lab.
    """

    path: str
    parent: "Scope | None"
    elements: dict[str, Element] = field(default_factory=dict)
    inner: dict[str, "Scope"] = field(default_factory=dict)  # `use T as n`, `import … as n`: n → its scope
    is_incomplete: bool = False
    user: "Scope | None" = None
    extent: Extent = field(default_factory=Extent)

    def qualified(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


@dataclass(eq=False, slots=True)
class Environment:
    """Values in scope: a chain of frames, so that nothing is copied per loop turn."""

    parent: "Environment | None"
    values: Mapping[str, Value | Failed]


@dataclass(frozen=True, slots=True)
class Item:
    """One statement, once per turn of the loops and uses around it.

    `name` is the evaluated name of a named element (network, node, tunnel, child …), "" where it has none; `children` are
    the items of its body, flattened the same way.
    """

    statement: syntax.Statement
    scope: Scope
    environment: Environment
    via: tuple[Span, ...] = ()
    children: tuple["Item", ...] = ()
    name: str = ""

    @property
    def place(self) -> Place:
        return Place(self.statement.span, self.via)

    def at(self, span: Span) -> Place:
        return Place(span, self.via)


@dataclass(frozen=True, slots=True)
class CheckItem:
    """A line of an `expect` block, unrolled. `points`: what it says that it is worth."""

    check: syntax.Check
    scope: Scope
    environment: Environment
    via: tuple[Span, ...] = ()
    points: syntax.Value | None = None

    @property
    def place(self) -> Place:
        return Place(self.check.span, self.via)


@dataclass(frozen=True, slots=True)
class ExpectItem:
    """An `expect` block, its loops and conditions unrolled.

    `expect failure when COND` is decided: where COND does not hold, `statement` is an `expect` of the usual kind
    ("without a fault all holds"), and in both cases without its condition.
    """

    statement: syntax.Expect
    scope: Scope
    environment: Environment
    via: tuple[Span, ...]
    checks: tuple[CheckItem, ...]


@dataclass(frozen=True, slots=True)
class Expanded:
    """The whole lab: its name and title, the root scope, all items of all scopes in source order (a use's items stand
    where the use stands), all expectations. `files` holds what `file … from` reads, by (file of the source, path)."""

    name: str
    title: str | None
    root: Scope
    items: tuple[Item, ...]
    expectations: tuple[ExpectItem, ...]
    files: Mapping[tuple[str, str], bytes]
    diagnostics: Diagnostics
    place: Place = field(compare=False, repr=False)
    """Where the lab begins: its first statement, or the start of an empty file."""

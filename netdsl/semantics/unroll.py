"""Unrolling: loops, conditions and blocks become a tree of items; every element is declared on the way.

Templates and files, which make scopes, are the subclass's (`expand`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.declaration import declare, element_name
from netdsl.semantics.evaluate import evaluate, evaluate_condition, evaluate_list, report_wrong_kind
from netdsl.semantics.items import CheckItem, Element, Environment, ExpectItem, Item, Scope
from netdsl.semantics.lexical import Lexical
from netdsl.semantics.load import Sources, read_file
from netdsl.semantics.parameters import values_of
from netdsl.semantics.value_names import name_of
from netdsl.semantics.values import FAILED, Failed, IntRange, Value
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax
from netdsl.syntax.statements import statements

MOST_TURNS = 10_000
"""A loop may turn so often."""
MOST_ITEMS = 200_000
"""A lab may unroll to so many statements."""
MOST_LEVELS = 80
"""Blocks and uses may nest so deep: far below Python's recursion limit."""

ADDRESS_OF_SUBJECT = {"address": "$address"}
"""In a pki, `$address` stays as it is: each certificate has its own."""


class OverLimit(Exception):
    """The lab unrolls to too much; reported."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where expansion is: a `Context`, and what else a statement needs to know.

    `declares`: the scopes that elements go into, the nearest first. `active`: the templates and files being used, by
    `id`, with their names. `is_body`: in a node, a tunnel, a firewall …
    """

    lexical: Lexical
    scope: Scope
    environment: Environment
    declares: tuple[Scope, ...]
    via: tuple[Span, ...] = ()
    active: tuple[tuple[int, str], ...] = ()
    level: int = 0
    is_body: bool = False

    def spoil(self) -> None:
        """Something is missing here, so that a name that is not found later may be no mistake."""
        if not self.is_body:
            for scope in self.declares:
                scope.is_incomplete = True


@dataclass(slots=True)
class Unroller(ABC):
    sources: Sources
    diagnostics: Diagnostics
    expectations: list[ExpectItem] = field(default_factory=list)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    unreadable: set[tuple[str, str]] = field(default_factory=set)
    count: int = 0

    @abstractmethod
    def offer(self, statement: syntax.Template | syntax.Import, here: Here, items: list[Item]) -> None:
        """Declares a template or an imported file."""

    @abstractmethod
    def use(self, statement: syntax.Use, here: Here, items: list[Item]) -> None:
        """Expands a template or file here."""

    def body(self, body: syntax.Body, here: Here, items: list[Item]) -> None:
        """A block: its lets, which are its own, then its statements."""
        if here.level > MOST_LEVELS:
            message = f"more than {MOST_LEVELS} blocks and uses inside one another"
            self.diagnostics.report(catalogue.NESTING_TOO_DEEP, message, Place(body.span, here.via))
            here.spoil()
            return
        bound = here.lexical.order.get(id(body))
        if bound is not None:
            values: dict[str, Value | Failed] = {}
            here = replace(here, environment=Environment(here.environment, values))
            for one in bound:
                value: Value | Failed = FAILED
                if isinstance(one, syntax.Let):
                    value = values_of(one.values, here, self.diagnostics)
                bind(one.name, value, values)
        self.block(body.statements, here, items)

    def block(self, statements: tuple[syntax.Statement, ...], here: Here, items: list[Item]) -> None:
        """Statements; templates and imports first, because the order of declaration is free."""
        if not here.is_body:
            for statement in statements:
                if isinstance(statement, syntax.Template | syntax.Import):
                    self.offer(statement, here, items)
        for statement in statements:
            self.statement(statement, here, items)

    def spend(self, statement: syntax.Statement | syntax.CheckStatement, here: Here, cost: int = 1) -> None:
        self.count += cost
        if self.count > MOST_ITEMS:
            message = f"the lab unrolls to more than {MOST_ITEMS} statements, the most that one may have"
            self.diagnostics.report(catalogue.LOOP_LIMIT, message, Place(statement.span, here.via))
            raise OverLimit

    # --- statements

    def statement(self, statement: syntax.Statement, here: Here, items: list[Item]) -> None:
        self.spend(statement, here)
        match statement:
            case syntax.For():
                for turn in self.turns(statement, here):
                    self.body(statement.body, turn, items)
            case syntax.If():
                self.branch(statement, here, items)
            case syntax.Use():
                self.use(statement, here, items)
            case syntax.Expect():
                self.expect(statement, here)
            case syntax.Later():
                here.spoil()
            case syntax.Lab() | syntax.Param() | syntax.Let() | syntax.Template() | syntax.Import():
                pass  # read before, or misplaced
            case _:
                self.item(statement, here, items)

    def item(self, statement: syntax.Statement, here: Here, items: list[Item]) -> None:
        """A statement that stays: with its name and the items of its body."""
        name = ""
        named = statement.name if isinstance(statement, syntax.Named) else None
        if named is not None:
            found = element_name(named, here, self.diagnostics)
            if found is None:
                here.spoil()
                return
            name = found
        children: list[Item] = []
        if isinstance(statement, syntax.WithBlock) and statement.body is not None:
            self.body(statement.body, _inside(statement, here), children)
        item = Item(statement, here.scope, here.environment, here.via, tuple(children), name)
        kind = None if named is None or here.is_body else statements().description_of(statement).declares
        if kind is not None and named is not None:
            path = here.scope.qualified(name)
            element = Element(kind, path, item, Place(named.span, here.via))
            if not declare(element, name, here.declares, self.diagnostics):
                return
        if isinstance(statement, syntax.File):
            self.read(statement, here)
        items.append(item)

    def read(self, statement: syntax.File, here: Here) -> None:
        """The bytes of `file … from`, each file once."""
        path = evaluate(statement.origin, here, self.diagnostics)
        place = Place(statement.origin.span, here.via)
        if isinstance(path, Failed):
            return
        if not isinstance(path, str):
            report_wrong_kind(path, "a path in quotes", place, self.diagnostics)
            return
        key = (statement.span.source.name, path)
        if key in self.files or key in self.unreadable:
            return
        data = read_file(self.sources, path, place, self.diagnostics)
        if data is None:
            self.unreadable.add(key)
        else:
            self.files[key] = data

    def turns(self, loop: syntax.For | syntax.CheckFor, here: Here) -> Iterator[Here]:
        """Where each turn of a loop stands."""
        name = name_of(loop.name)
        if name is None:
            here.spoil()
            return
        for turn, value in enumerate(self.looped(loop.values, here)):
            if turn == MOST_TURNS:
                message = f"the loop turns more than {MOST_TURNS} times, the most that one may"
                place = Place(loop.values[0].span, here.via)
                self.diagnostics.report(catalogue.LOOP_LIMIT, message, place)
                here.spoil()
                return
            self.spend(loop, here)
            environment = Environment(here.environment, {name: value})
            yield replace(here, environment=environment, level=here.level + 1)

    def looped(self, values: tuple[syntax.Value, ...], here: Here) -> Iterator[Value]:
        """What a loop goes through: the members of its list, of ranges the numbers."""
        for value in values:
            placed = evaluate_list((value,), here, self.diagnostics)
            if not placed:
                here.spoil()
            for one in placed:
                yield from _members(one.value)

    def branch(self, statement: syntax.If, here: Here, items: list[Item]) -> None:
        """`if`, and the chain of its `else if`, which is long rather than deep."""
        chain: syntax.Body | syntax.If | None = statement
        while isinstance(chain, syntax.If):
            truth = evaluate_condition(chain.condition, here, self.diagnostics)
            if isinstance(truth, Failed):
                here.spoil()
                return
            chain = chain.then if truth else chain.otherwise
        if chain is not None:
            self.body(chain, replace(here, level=here.level + 1), items)

    # --- expectations

    def expect(self, statement: syntax.Expect, here: Here) -> None:
        place = Place(statement.span, here.via)
        if here.is_body:
            if here.via:
                message = "`expect` belongs outside of nodes and tunnels"
                self.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, place)
            return
        if statement.condition is not None:
            truth = evaluate_condition(statement.condition, here, self.diagnostics)
            if isinstance(truth, Failed):
                return
            statement = replace(statement, is_failure=truth, condition=None)
        checks: list[CheckItem] = []
        self.checks(statement.body, here, checks)
        self.expectations.append(ExpectItem(statement, here.scope, here.environment, here.via, tuple(checks)))

    def checks(self, body: syntax.CheckBody, here: Here, checks: list[CheckItem]) -> None:
        for statement in body.statements:
            self.spend(statement, here)
            match statement:
                case syntax.CheckFor():
                    for turn in self.turns(statement, here):
                        self.checks(statement.body, turn, checks)
                case syntax.CheckIf():
                    self.check_branch(statement, here, checks)
                case syntax.CheckBgp() | syntax.CheckPoints(check=syntax.CheckBgp()):
                    pass
                case syntax.CheckPoints(check=check, points=points):
                    checks.append(CheckItem(check, here.scope, here.environment, here.via, points))
                case _:
                    checks.append(CheckItem(statement, here.scope, here.environment, here.via))

    def check_branch(self, statement: syntax.CheckIf, here: Here, checks: list[CheckItem]) -> None:
        chain: syntax.CheckBody | syntax.CheckIf | None = statement
        while isinstance(chain, syntax.CheckIf):
            truth = evaluate_condition(chain.condition, here, self.diagnostics)
            if isinstance(truth, Failed):
                return
            chain = chain.then if truth else chain.otherwise
        if chain is not None:
            self.checks(chain, here, checks)


def bind(name: syntax.Value, value: Value | Failed, values: dict[str, Value | Failed]) -> None:
    """A value by its name, unless the name cannot be one or is taken (both reported)."""
    text = name_of(name)
    if text is not None:
        values.setdefault(text, value)


def _members(value: Value) -> Iterator[Value]:
    """What a loop goes through: the numbers of a range, else the value itself."""
    if isinstance(value, IntRange):
        yield from range(value.first, value.last + 1)
    else:
        yield value


def _inside(statement: syntax.Statement, here: Here) -> Here:
    environment = here.environment
    if isinstance(statement, syntax.Pki):
        environment = Environment(environment, ADDRESS_OF_SUBJECT)
    return replace(here, environment=environment, level=here.level + 1, is_body=True)

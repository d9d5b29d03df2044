"""Expanding: imports and templates, loops and conditions unrolled into a tree of items, every element declared."""

from collections.abc import Mapping
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.declaration import VALID, declare, element_name, report_shadowed, valid_name
from netdsl.semantics.evaluate import evaluate, report_wrong_kind
from netdsl.semantics.items import Element, Environment, Expanded, Extent, Item, Scope
from netdsl.semantics.lexical import Lexical, study
from netdsl.semantics.load import Sources
from netdsl.semantics.parameters import Given, Taker, from_command_line, from_use, settle, values_of
from netdsl.semantics.scopes import find, report_unknown_template
from netdsl.semantics.unroll import Here, OverLimit, Unroller, bind
from netdsl.semantics.unused import report_unused_names
from netdsl.semantics.values import FAILED, MISSING, Failed, Value, Word
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind
from netdsl.syntax.statements import statements

COST_OF_USE = 4
"""So many statements a `use` counts for: it takes about as long."""

Usable = syntax.Template | syntax.Document


def expand(sources: Sources, parameters: Mapping[str, str], diagnostics: Diagnostics) -> Expanded:
    """The lab of `sources.main` with these parameters (texts, as on the command line).

    Reports what `lexical.study` finds in every file, and all that is wrong with uses, loops, conditions, declarations, and
    files that nodes read. What could not be expanded is left out, and its scope marked incomplete.
    """
    return _Expander(sources, diagnostics).lab(parameters)


@dataclass(slots=True)
class _Expander(Unroller):
    lexicals: dict[str, Lexical] = field(default_factory=dict)
    scopes: list[Scope] = field(default_factory=list)
    extent: Extent = field(default_factory=Extent)

    # --- files

    def lab(self, parameters: Mapping[str, str]) -> Expanded:
        for name, document in self.sources.documents.items():
            self.lexicals[name] = study(document, self.diagnostics)
        document = self.sources.documents[self.sources.main]
        root = self.new_scope("", None)
        values: dict[str, Value | Failed] = {}
        here = Here(self.lexicals[self.sources.main], root, Environment(None, values), (root,))
        taker = Taker("the lab", _params(document), None)
        given = from_command_line(parameters, taker, root, self.diagnostics)
        self.fill(document, taker, given, here, values)
        items: list[Item] = []
        try:
            self.block(document.statements, here, items)
        except OverLimit:
            root.is_incomplete = True
        report_shadowed(self.scopes, self.diagnostics)
        report_unused_names(self.sources, self.lexicals, self.diagnostics)
        name, title = self.lab_name(document, here)
        return Expanded(
            name,
            title,
            root,
            tuple(items),
            tuple(self.expectations),
            self.files,
            self.diagnostics,
            _beginning(document),
        )

    def lab_name(self, document: syntax.Document, here: Here) -> tuple[str, str | None]:
        """What the `lab` statement says; without one, the name of the file."""
        default = valid_name(self.sources.main.rpartition("/")[2].removesuffix(".net")) or "lab"
        statement = next((one for one in document.statements if isinstance(one, syntax.Lab)), None)
        if statement is None:
            return default, None
        name = element_name(statement.name, here, self.diagnostics)
        title = FAILED if statement.title is None else evaluate(statement.title, here, self.diagnostics)
        return name or default, title if isinstance(title, str) else None

    def new_scope(self, path: str, parent: Scope | None, user: Scope | None = None) -> Scope:
        scope = Scope(path, parent, user=user, extent=self.extent)
        self.scopes.append(scope)
        return scope

    def fill(
        self,
        document: syntax.Document,
        taker: Taker,
        given: Given,
        inside: Here,
        values: dict[str, Value | Failed],
    ) -> None:
        """A file's params and lets, put into `values`, which are those of `inside`."""
        for bound in inside.lexical.order.get(id(document), ()):
            if isinstance(bound, syntax.Param):
                value = settle(bound, taker, given, inside, self.diagnostics)
            else:
                value = values_of(bound.values, inside, self.diagnostics)
            bind(bound.name, value, values)

    # --- templates and imported files

    def declare(self, kind: ElementKind, item: Item, name: str, place: Place, here: Here) -> bool:
        element = Element(kind, here.scope.qualified(name), item, place)
        return declare(element, name, here.declares, self.diagnostics)

    def offer(self, statement: syntax.Template | syntax.Import, here: Here, items: list[Item]) -> None:
        self.spend(statement, here)
        if isinstance(statement, syntax.Template):
            self.template(statement, here)
        else:
            self.import_file(statement, here, items)

    def template(self, statement: syntax.Template, here: Here) -> None:
        name = element_name(statement.name, here, self.diagnostics)
        item = Item(statement, here.scope, here.environment, here.via, name=name or "")
        if name is None or not self.declare(
            ElementKind.TEMPLATE, item, name, Place(statement.name.span, here.via), here
        ):
            here.spoil()

    def import_file(self, statement: syntax.Import, here: Here, items: list[Item]) -> None:
        """The name of a file; what the file offers by itself only where that is asked for."""
        found = self.alias(statement, here)
        if found is None:
            here.spoil()
            return
        name, place = found
        scope = self.new_scope(here.scope.qualified(name), None)
        item = Item(statement, here.scope, here.environment, here.via, name=name)
        if not self.declare(ElementKind.IMPORT, item, name, place, here):
            return
        for outer in here.declares:
            outer.inner[name] = scope
        document = self.sources.imported(statement)
        if document is None:
            scope.is_incomplete = True
        elif any(word.startswith(f"{name}.") for word in here.lexical.words):
            self.library(document, scope, here, items)

    def alias(self, statement: syntax.Import, here: Here) -> tuple[str, Place] | None:
        """The name that a file gets: after `as`, else its own without `.net`."""
        if statement.alias is not None:
            name = element_name(statement.alias, here, self.diagnostics)
            return None if name is None else (name, Place(statement.alias.span, here.via))
        place = Place(statement.path.span, here.via)
        path = statement.path.text if isinstance(statement.path, syntax.Literal) else ""
        name = path.rpartition("/")[2].removesuffix(".net")
        if VALID.fullmatch(name):
            return name, place
        advice = f"`as {valid_name(name) or 'site'}`"
        message = f"the file's name `{name}` cannot be an element's name"
        self.diagnostics.report(catalogue.INVALID_NAME, message, place, help=advice)
        return None

    def library(self, document: syntax.Document, scope: Scope, here: Here, items: list[Item]) -> None:
        """What an imported file offers without being used: its templates, services, images and pkis.

        Its params have their defaults; one without is missing, and so is a let that reads it.
        """
        values: dict[str, Value | Failed] = {}
        lexical = self.lexicals[document.source.name]
        inner = Here(lexical, scope, Environment(None, values), (scope,), here.via, here.active, here.level + 1)
        taker = Taker(f"`{document.source.name}`", _params(document), None)
        for bound in lexical.order.get(id(document), ()):
            if any(values.get(name) is MISSING for name in lexical.reads[id(bound)]):
                value: Value | Failed = MISSING
            elif isinstance(bound, syntax.Let):
                value = values_of(bound.values, inner, self.diagnostics)
            elif bound.default is None:
                value = MISSING
            else:
                value = settle(bound, taker, {}, inner, self.diagnostics)
            bind(bound.name, value, values)
        offered = tuple(one for one in document.statements if statements().description_of(one).is_offered)
        self.block(offered, inner, items)

    # --- use

    def use(self, statement: syntax.Use, here: Here, items: list[Item]) -> None:
        element = self.used(statement, here)
        target = None if element is None else self.target(element)
        if element is None or target is None:
            here.spoil()
            return
        name = element.item.name
        if any(known == id(target) for known, _ in here.active):
            _report_recursion(statement, id(target), name, here, self.diagnostics)
            here.spoil()
            return
        self.spend(statement, here, COST_OF_USE)
        entered = self.enter(statement, element.item.scope if isinstance(target, syntax.Template) else None, here)
        if entered is None:
            here.spoil()
            return
        values: dict[str, Value | Failed] = {}
        inner = Here(
            self.lexicals[_file_of(target)],
            entered[0],
            Environment(element.item.environment if isinstance(target, syntax.Template) else None, values),
            entered,
            (statement.span, *here.via),
            (*here.active, (id(target), name)),
            here.level + 1,
            here.is_body,
        )
        asked = target.formals if isinstance(target, syntax.Template) else _params(target)
        taker = Taker(f"`{name}`", asked, Place(statement.span, here.via))
        given = from_use(statement, taker, here, self.diagnostics)
        if isinstance(target, syntax.Template):
            for formal in target.formals:
                bind(formal.name, settle(formal, taker, given, inner, self.diagnostics), values)
            self.body(target.body, inner, items)
        else:
            self.fill(target, taker, given, inner, values)
            self.block(target.statements, inner, items)

    def used(self, statement: syntax.Use, here: Here) -> Element | None:
        """The template or import that a `use` names; None once reported."""
        value = evaluate(statement.template, here, self.diagnostics)
        place = Place(statement.template.span, here.via)
        if isinstance(value, Failed):
            return None
        if not isinstance(value, Word):
            report_wrong_kind(value, "a template's name", place, self.diagnostics)
            return None
        found = find(value)
        if found is None or found.rest or found.element.kind not in (ElementKind.TEMPLATE, ElementKind.IMPORT):
            report_unknown_template(value, found, self.diagnostics, place)
            return None
        return found.element

    def target(self, element: Element) -> Usable | None:
        """What a template or import stands for; None for a file that could not be read."""
        statement = element.item.statement
        if isinstance(statement, syntax.Import):
            return self.sources.imported(statement)
        assert isinstance(statement, syntax.Template)
        return statement

    def enter(self, statement: syntax.Use, outside: Scope | None, here: Here) -> tuple[Scope, ...] | None:
        """The scopes that the statements of a template or file declare into, their own first, which has `outside` around
        it: with `as` just that; without, the scopes of this place too. None once reported."""
        if statement.alias is None:
            return (self.new_scope(here.scope.path, outside, here.scope), *here.declares)
        place = Place(statement.alias.span, here.via)
        if here.is_body:
            message = "`use … as` makes a scope, which belongs outside of nodes and tunnels"
            advice = "without `as` the statements stand right here"
            self.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, place, help=advice)
            return None
        name = element_name(statement.alias, here, self.diagnostics)
        if name is None:
            return None
        item = Item(statement, here.scope, here.environment, here.via, name=name)
        if not self.declare(ElementKind.SCOPE, item, name, place, here):
            return None
        scope = self.new_scope(here.scope.qualified(name), outside, here.scope)
        for outer in here.declares:
            outer.inner[name] = scope
        return (scope,)


def _params(document: syntax.Document) -> tuple[syntax.Param, ...]:
    return tuple(one for one in document.statements if isinstance(one, syntax.Param))


def _file_of(target: Usable) -> str:
    return target.source.name if isinstance(target, syntax.Document) else target.span.source.name


def _report_recursion(statement: syntax.Use, again: int, name: str, here: Here, diagnostics: Diagnostics) -> None:
    names = [known for _, known in here.active]
    start = next(index for index, (known, _) in enumerate(here.active) if known == again)
    way = " → ".join(f"`{one}`" for one in (*names[start:], name))
    diagnostics.report(
        catalogue.RECURSIVE_TEMPLATE,
        f"`{name}` uses itself: {way}",
        Place(statement.span),
    )


def _beginning(document: syntax.Document) -> Place:
    first = document.statements[0].span if document.statements else Span(document.source, 0, 0)
    return Place(first)

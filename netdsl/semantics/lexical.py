"""What can be said of a file by its text alone, before anything is evaluated: which values are in scope where, which
are used, in what order they have to be evaluated, what stands where it does not belong.

Said once for each place in the text, however often a template is used or a loop turns, and also of what is never used:
of templates without a `use`, of branches not taken.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import TypeGuard

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.evaluate import is_right_call, report_problem
from netdsl.semantics.literals import Problem, literal_value
from netdsl.semantics.placement import check_placement
from netdsl.semantics.value_names import Declaration, Frame, Use, evaluation_order, report_unused
from netdsl.semantics.walk import Part, names_in, parts_of
from netdsl.source import Place
from netdsl.syntax import tree as syntax

Bound = syntax.Let | syntax.Param


@dataclass(frozen=True, slots=True)
class Lexical:
    """`order`: for each block with lets or params (by `id` of its `Body` or `Document`) these, after what they read.
    `reads`: for each of them (by `id`) the names that it reads. `words`: all bare words, and the beginnings of words
    that are spliced together, as written, but for the names of templates and imports where they are declared."""

    order: Mapping[int, tuple[Bound, ...]]
    reads: Mapping[int, frozenset[str]]
    words: frozenset[str]
    templates: tuple[syntax.Template, ...]
    imports: tuple[syntax.Import, ...]
    has_computed_uses: bool  # `use $t`: any template may be meant


def study(document: syntax.Document, diagnostics: Diagnostics) -> Lexical:
    """Everything about one file.

    Reports unknown-value, unused-value, value-cycle, duplicate-name, shadowed-name and invalid-name of values;
    unknown-function, wrong-arity, what is wrong with literals; misplaced-statement and repeated-statement of the
    language's own statements; not-supported-yet.
    """
    check_placement(document, diagnostics)
    student = _Student(diagnostics)
    student.block(document.statements, id(document), Frame(None))
    report_unused(student.declarations, diagnostics)
    return Lexical(
        student.order,
        student.reads,
        frozenset(student.words),
        tuple(student.templates),
        tuple(student.imports),
        student.has_computed_uses,
    )


@dataclass(slots=True)
class _Student:
    """The walk's state: what has been found so far."""

    diagnostics: Diagnostics
    declarations: list[Declaration] = field(default_factory=list)
    order: dict[int, tuple[Bound, ...]] = field(default_factory=dict)
    reads: dict[int, frozenset[str]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    templates: list[syntax.Template] = field(default_factory=list)
    imports: list[syntax.Import] = field(default_factory=list)
    has_computed_uses: bool = False

    def block(self, statements: tuple[Part, ...], key: int, parent: Frame) -> None:
        """A file or a body: its lets first, because their order is free, then everything in it."""
        bound = tuple(one for one in statements if isinstance(one, syntax.Let | syntax.Param))
        frame = Frame(parent) if bound else parent
        for one in bound:
            self.declare(one.name, Use.PARAMETER if isinstance(one, syntax.Param) else Use.LET, frame)
            held: tuple[Part, ...] = one.values if isinstance(one, syntax.Let) else (one.default, one.domain)
            self.reads[id(one)] = frozenset(name.text for name in names_in(held))
        if bound:
            self.order[key] = evaluation_order(bound, self.reads, self.diagnostics)
        self.visit(statements, frame)

    def declare(self, name: syntax.Value, use: Use, frame: Frame) -> None:
        declaration = frame.declare(name, use, self.diagnostics)
        if declaration is not None:
            self.declarations.append(declaration)

    def visit(self, part: Part, frame: Frame) -> None:
        """A part of the tree and all below it, in source order; the depth of an expression costs no recursion."""
        waiting = [part]
        while waiting:
            part = waiting.pop()
            match part:
                case tuple():
                    waiting.extend(reversed(part))
                case syntax.Literal():
                    self.literal(part)
                case syntax.Name():
                    frame.read(part, self.diagnostics)
                case None | str() | bool():
                    pass
                case syntax.Body(statements):
                    self.block(statements, id(part), frame)
                case _:
                    waiting.extend(reversed(self.parts(part, frame)))

    def parts(self, part: Part, frame: Frame) -> tuple[Part, ...]:  # noqa: C901 - one case for each statement
        """What is to be looked at in a part in the same frame; what opens a frame of its own is looked at here."""
        match part:
            case syntax.Let(values=values):
                return values
            case syntax.Param(default=default, domain=domain):
                return (default, domain)
            case syntax.For(name, values, body) | syntax.CheckFor(name, values, body):
                self.visit(values, frame)
                self.visit(body, self.loop(name, frame))
                return ()
            case syntax.Template():
                self.template(part, frame)
                return ()
            case syntax.Pki(name, body):
                self.visit(body, self.certificate(frame))
                return (name,)
            case syntax.Import():
                self.imports.append(part)
                return ()
            case syntax.Use(template=syntax.Splice()):
                self.has_computed_uses = True
            case syntax.Actual(value=value):
                return (value,)
            case syntax.Splice(parts, quoted):
                self.words.update(one for one in parts[:1] if isinstance(one, str))
                if quoted:
                    self.text(parts, frame)
                return tuple(one for one in parts if not isinstance(one, str | (syntax.Name if quoted else str)))
            case syntax.Call(arguments=arguments):
                is_right_call(part, self.diagnostics)
                return arguments
            case syntax.Binary():
                self.comparison(part, frame)
        return parts_of(part)

    def text(self, parts: tuple[Part, ...], frame: Frame) -> None:
        """The values that stand alone in a string."""
        for part in parts:
            if isinstance(part, syntax.Name):
                frame.read(part, self.diagnostics, is_in_text=True)

    def loop(self, name: syntax.Value, parent: Frame) -> Frame:
        frame = Frame(parent)
        frame.declare(name, Use.LOOP, self.diagnostics)
        return frame

    def certificate(self, parent: Frame) -> Frame:
        """In a pki, `$address` is there: the address of whoever gets the certificate."""
        return Frame(parent, {"address": Declaration(Use.BUILT_IN, "address", None, is_read=True)})

    def template(self, template: syntax.Template, parent: Frame) -> None:
        """Inputs see those before them in their defaults; the body sees all."""
        self.templates.append(template)
        if not isinstance(template.name, syntax.Literal):
            self.visit(template.name, parent)
        frame = Frame(parent)
        for formal in template.formals:
            self.visit(formal.default, frame)
            self.declare(formal.name, Use.INPUT, frame)
        self.visit(template.body, frame)

    def literal(self, literal: syntax.Literal) -> None:
        if literal.kind is syntax.Kind.WORD:
            self.words.add(literal.text)
            return
        value = literal_value(literal.kind, literal.text)
        if isinstance(value, Problem):
            report_problem(value, Place(literal.span), self.diagnostics)

    def comparison(self, comparison: syntax.Binary, frame: Frame) -> None:
        """A bare word that was meant as a value lacks its `$`, and the condition would never change."""
        left, right = comparison.left, comparison.right
        if not _is_word(left) or not (_is_word(right) or frame.find(left.text)):
            return
        known = right.text if _is_word(right) and frame.find(right.text) else left.text
        self.diagnostics.report(
            catalogue.WRONG_KIND,
            f"`{left.text}` is a bare word, so that this condition never changes",
            Place(comparison.span),
            help=f"a value is written with `$`: `${known}`",
        )


def _is_word(expression: syntax.Expression) -> TypeGuard[syntax.Literal]:
    return isinstance(expression, syntax.Literal) and expression.kind is syntax.Kind.WORD

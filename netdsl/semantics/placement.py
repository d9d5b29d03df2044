"""Where the language's own statements may stand, and which statements this version cannot compile yet."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.semantics.walk import Part, parts_of
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import Level
from netdsl.syntax.statements import statements

_BELONGS = {
    Level.FIRST: "is the first statement of its file",
    Level.FILE: "belongs in the file, outside of all blocks",
    Level.SCOPE: "belongs outside of nodes and tunnels",
}


def check_placement(document: syntax.Document, diagnostics: Diagnostics) -> None:
    """Reports misplaced-statement and repeated-statement of `lab`, `param`, `import`, `template` and `expect`, and
    not-supported-yet. What may stand in a node or a tunnel is not looked at here."""
    first_lab: Span | None = None
    for index, statement in enumerate(document.statements):
        if isinstance(statement, syntax.Lab):
            first_lab = _check_lab(statement, index, first_lab, diagnostics)
        else:
            _check(statement, Level.FILE, diagnostics)


def _check_lab(statement: syntax.Lab, index: int, first: Span | None, diagnostics: Diagnostics) -> Span:
    if first is not None:
        related = (Label(Place(first), "first here"),)
        message = "a file has one `lab`"
        diagnostics.report(catalogue.REPEATED_STATEMENT, message, Place(statement.span), related=related)
        return first
    if index > 0:
        _check_level(statement, Level.FILE, diagnostics)
    return statement.span


def _check(part: Part, level: Level, diagnostics: Diagnostics) -> None:
    match part:
        case syntax.Later() | syntax.CheckBgp():
            _unsupported(part, diagnostics)
            return
        case syntax.Body() | syntax.CheckBody():
            inside: tuple[Part, ...] = part.statements
        case syntax.For() | syntax.If():
            level = max(level, Level.SCOPE)
            inside = parts_of(part)
        case syntax.CheckFor() | syntax.CheckIf() | syntax.CheckPoints():
            inside = parts_of(part)
        case syntax.Statement():
            _check_level(part, level, diagnostics)
            level = Level.SCOPE if isinstance(part, syntax.Template) else Level.ELEMENT
            inside = (part.body,) if isinstance(part, syntax.WithBlock | syntax.Expect) else ()
        case _:
            return
    for one in inside:
        _check(one, level, diagnostics)


def _check_level(statement: syntax.Statement, level: Level, diagnostics: Diagnostics) -> None:
    description = statements().of_language.get(type(statement))
    if description is not None and description.level is not None and level > description.level:
        _misplaced(f"`{description.word}` {_BELONGS[description.level]}", statement.span, diagnostics)


def _misplaced(message: str, span: Span, diagnostics: Diagnostics) -> None:
    diagnostics.report(catalogue.MISPLACED_STATEMENT, message, Place(span))


def _unsupported(statement: syntax.Later | syntax.CheckBgp, diagnostics: Diagnostics) -> None:
    word = statement.word if isinstance(statement, syntax.Later) else "bgp"
    later = statements().later(word)
    diagnostics.report(
        catalogue.NOT_SUPPORTED_YET,
        f"`{word}` is part of the language, but not compiled by this version",
        Place(statement.span),
        help=later.instead or None if later is not None else None,
    )

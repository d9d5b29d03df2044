"""Where the language's own statements may stand, and which statements this version cannot compile yet."""

from enum import Enum, auto

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.semantics.walk import Part, parts_of
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax


class Level(Enum):
    """What kind of block a statement stands in."""

    FILE = auto()  # directly in a file
    SCOPE = auto()  # in a template, or in a loop or condition of a file or template
    ELEMENT = auto()  # in a node, a tunnel, a firewall …


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
        _misplaced("`lab` is the first statement of its file", statement.span, diagnostics)
    return statement.span


def _check(part: Part, level: Level, diagnostics: Diagnostics) -> None:  # noqa: C901 - one case for each statement
    match part:
        case syntax.Lab():
            _misplaced("`lab` is the first statement of its file", part.span, diagnostics)
        case syntax.Param() if level is not Level.FILE:
            _misplaced("`param` belongs in the file, outside of all blocks", part.span, diagnostics)
        case syntax.Import() if level is not Level.FILE:
            _misplaced("`import` belongs in the file, outside of all blocks", part.span, diagnostics)
        case syntax.Template(body=body):
            if level is Level.ELEMENT:
                _misplaced("`template` belongs outside of nodes and tunnels", part.span, diagnostics)
            _check(body, Level.SCOPE, diagnostics)
        case syntax.Expect(body=checks):
            if level is Level.ELEMENT:
                _misplaced("`expect` belongs outside of nodes and tunnels", part.span, diagnostics)
            _check(checks, Level.ELEMENT, diagnostics)
        case syntax.For() | syntax.If():
            inner = Level.SCOPE if level is Level.FILE else level
            for inside in parts_of(part):
                _check(inside, inner, diagnostics)
        case syntax.Body() | syntax.CheckBody():
            for statement in part.statements:
                _check(statement, level, diagnostics)
        case syntax.Later(word=word):
            _unsupported(word, part.span, diagnostics)
        case syntax.CheckBgp():
            _unsupported("bgp", part.span, diagnostics)
        case syntax.Node(kind="vnf"):
            _unsupported("vnf", part.span, diagnostics)
        case syntax.CheckFor() | syntax.CheckIf() | syntax.Network() | syntax.Link() | syntax.Node():
            _check_bodies(part, diagnostics)
        case syntax.Ipsec() | syntax.Pki() | syntax.Image() | syntax.Target() | syntax.Firewall() | syntax.Nat():
            _check_bodies(part, diagnostics)
        case syntax.Interface() | syntax.Serve() | syntax.Attribute() | syntax.Side() | syntax.Child():
            _check_bodies(part, diagnostics)


def _check_bodies(statement: Part, diagnostics: Diagnostics) -> None:
    for part in parts_of(statement):
        if isinstance(part, syntax.Body | syntax.CheckBody | syntax.CheckIf):
            _check(part, Level.ELEMENT, diagnostics)


def _misplaced(message: str, span: Span, diagnostics: Diagnostics) -> None:
    diagnostics.report(catalogue.MISPLACED_STATEMENT, message, Place(span))


def _unsupported(word: str, span: Span, diagnostics: Diagnostics) -> None:
    diagnostics.report(
        catalogue.NOT_SUPPORTED_YET, f"`{word}` is part of the language, but not compiled by this version", Place(span)
    )

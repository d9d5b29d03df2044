"""Declaring elements: their names, and that each name stands for one thing."""

import re
from collections.abc import Iterable

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.semantics.evaluate import Context, evaluate, report_wrong_kind
from netdsl.semantics.items import Element, Scope
from netdsl.semantics.scopes import outwards
from netdsl.semantics.values import Failed, Word
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax

VALID = re.compile(r"[a-z0-9-]+")
LONGEST_PATH = 100
"""Characters of an element's whole path: names of files and of nft's chains are made of it, and hold 255."""


def element_name(value: syntax.Value, context: Context, diagnostics: Diagnostics) -> str | None:
    """The name of an element about to be declared; None once reported.

    Reports invalid-name (and gives a name with wrong letters all the same, so that what uses it is no error too),
    pattern-not-allowed, wrong-kind.
    """
    result = evaluate(value, context, diagnostics)
    if isinstance(result, Failed):
        return None
    # What is written out is wrong once, what is put together is wrong in each use.
    place = Place(value.span, () if isinstance(value, syntax.Literal) else context.via)
    if not isinstance(result, Word):
        report_wrong_kind(result, "a name", place, diagnostics)
        return None
    name = result.text
    if "*" in name:
        message = f"`{name}` declares an element, and a name has no `*`"
        diagnostics.report(catalogue.PATTERN_NOT_ALLOWED, message, place)
        return None
    if not VALID.fullmatch(name):
        _report_invalid(name, place, diagnostics)
        return None if "." in name else name
    return name


def valid_name(text: str) -> str:
    """The nearest valid element name, "" if there is none."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def declare(element: Element, name: str, scopes: Iterable[Scope], diagnostics: Diagnostics) -> bool:
    """Puts an element into its scopes; False once duplicate-name is reported, then it is in none of them.

    Reports invalid-name for a path that is too long.
    """
    if len(element.path) > LONGEST_PATH:
        message = f"the name `{element.path}` has more than {LONGEST_PATH} characters"
        diagnostics.report(catalogue.INVALID_NAME, message, element.place)
    scopes = tuple(scopes)
    for scope in scopes:
        earlier = scope.elements.get(name)
        if earlier is not None:
            _report_duplicate(element, earlier, diagnostics)
            return False
    for scope in scopes:
        scope.elements[name] = element
    return True


def report_shadowed(scopes: Iterable[Scope], diagnostics: Diagnostics) -> None:
    """shadowed-name for every element that hides one of an outer scope of its file; for each two places once."""
    told: set[tuple[Span, Span]] = set()
    for scope in scopes:
        around = tuple(outwards(scope.parent))
        for name, element in scope.elements.items():
            hidden = next((outer.elements[name] for outer in around if name in outer.elements), None)
            if hidden is None or hidden is element or (element.place.span, hidden.place.span) in told:
                continue
            told.add((element.place.span, hidden.place.span))
            diagnostics.report(
                catalogue.SHADOWED_NAME,
                f"the {element.kind} `{name}` hides the {hidden.kind} of the same name outside",
                element.place,
                related=(Label(hidden.place, "hidden by the other"),),
            )


def _report_invalid(name: str, place: Place, diagnostics: Diagnostics) -> None:
    suggestion = valid_name(name)
    diagnostics.report(
        catalogue.INVALID_NAME,
        f"`{name}` cannot be an element's name: lower-case letters, digits and `-`",
        place,
        help=f"`{suggestion}`" if suggestion else None,
    )


def _report_duplicate(element: Element, earlier: Element, diagnostics: Diagnostics) -> None:
    name = element.path.rpartition(".")[2]
    is_same_line = earlier.place == element.place
    if earlier.kind is element.kind:
        message = f"the {element.kind} `{element.path}` is declared twice"
    else:
        message = f"the {element.kind} `{element.path}` has the name of a {earlier.kind}"
    diagnostics.report(
        catalogue.DUPLICATE_NAME,
        message,
        element.place,
        related=() if is_same_line else (Label(earlier.place, "first here"),),
        help=f"a name in a loop needs the loop's variable: `{name}-$i`" if is_same_line else None,
    )

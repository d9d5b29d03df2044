"""What a lab, a file or a template is given: checked against what it asks for."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import (
    Context,
    evaluate,
    evaluate_list,
    evaluate_members,
    limited,
    report_problem,
    report_wrong_kind,
)
from netdsl.semantics.items import Scope
from netdsl.semantics.literals import Problem, kind_of_text, literal_value
from netdsl.semantics.operators import is_equal
from netdsl.semantics.texts import kind_of, text_of
from netdsl.semantics.value_names import name_of
from netdsl.semantics.values import FAILED, Failed, IntRange, Quantity, Value, Word
from netdsl.source import Place, SourceFile, Span
from netdsl.syntax import tree as syntax

COMMAND_LINE = "command line"

Given = Mapping[str, Placed[Value | Failed]]


@dataclass(frozen=True, slots=True)
class Taker:
    """What takes parameters: `name` for messages, `asked` its params or formals, `place` where what is given stands
    (None: on the command line)."""

    name: str
    asked: tuple[syntax.Param | syntax.Formal, ...]
    place: Place | None


def from_command_line(parameters: Mapping[str, str], taker: Taker, scope: Scope, diagnostics: Diagnostics) -> Given:
    """The values of `-D x=…`. A text is one literal; for a parameter whose default is a string it is the string; commas
    make a list. Words are looked up in `scope`."""
    asked = {name_of(one.name): one for one in taker.asked}
    given: dict[str, Placed[Value | Failed]] = {}
    for name, text in parameters.items():
        source = SourceFile(COMMAND_LINE, f"-D {name}={text}")
        place = Place(Span(source, len(name) + 4, len(source.text)))
        parameter = asked.get(name)
        if parameter is None:
            _report_unknown(name, taker, Place(Span(source, 3, len(name) + 3)), diagnostics)
            continue
        given[name] = Placed(_read(text, parameter, place, scope, diagnostics), place)
    return given


def from_use(use: syntax.Use, taker: Taker, context: Context, diagnostics: Diagnostics) -> Given:
    """The values of `use T (a = …)`, evaluated where the `use` stands."""
    asked = {name_of(one.name) for one in taker.asked}
    given: dict[str, Placed[Value | Failed]] = {}
    for actual in use.actuals:
        name = actual.name.span.text
        name_place = Place(actual.name.span, context.via)
        if name not in asked:
            _report_unknown(name, taker, name_place, diagnostics)
        elif name in given:
            message = f"`{name}` is given twice"
            related = (Label(given[name].place, "first here"),)
            diagnostics.report(catalogue.DUPLICATE_NAME, message, name_place, related=related)
        else:
            value = evaluate(actual.value, context, diagnostics)
            given[name] = Placed(value, Place(actual.value.span, context.via))
    return given


def settle(
    asked: syntax.Param | syntax.Formal, taker: Taker, given: Given, context: Context, diagnostics: Diagnostics
) -> Value | Failed:
    """The value of one parameter: what is given, else its default, evaluated in `context`.

    Reports missing-parameter, wrong-kind (the default's kind is the parameter's, for numbers, quantities and strings),
    outside-domain.
    """
    name = asked.name.span.text
    default: Value | Failed | None = None
    if asked.default is not None:
        default = values_of(asked.default, context, diagnostics)
    placed = given.get(name)
    if placed is None and default is None:
        _report_missing(name, asked, taker, diagnostics)
        return FAILED
    if placed is None:
        assert asked.default is not None
        assert default is not None
        placed = Placed(default, Place(asked.default[0].span, context.via))
    elif not _is_of_kind(placed, default, asked, diagnostics):
        return FAILED
    if isinstance(placed.value, Failed) or not isinstance(asked, syntax.Param) or asked.domain is None:
        return placed.value
    return _within(placed.value, placed.place, asked, context, diagnostics)


def values_of(values: tuple[syntax.Value, ...], context: Context, diagnostics: Diagnostics) -> Value | Failed:
    """What a let or a default means: one value, or a list where several stand."""
    if len(values) == 1:
        return evaluate(values[0], context, diagnostics)
    return evaluate_members(values, values[0].span, context, diagnostics)


def _read(
    text: str, parameter: syntax.Param | syntax.Formal, place: Place, scope: Scope, diagnostics: Diagnostics
) -> Value | Failed:
    """A text of the command line as a value."""
    default = parameter.default or ()
    if len(default) == 1 and _is_string(default[0]):
        return _unquoted(text)
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return _unquoted(text)
    if "," in text:
        members = tuple(_read_one(part.strip(), place, scope, diagnostics) for part in text.split(","))
        values = tuple(member for member in members if not isinstance(member, Failed))
        return limited(values, place, diagnostics) if len(values) == len(members) else FAILED
    return _read_one(text.strip(), place, scope, diagnostics)


def _read_one(text: str, place: Place, scope: Scope, diagnostics: Diagnostics) -> Value | Failed:
    kind = kind_of_text(text)
    if kind is None:
        diagnostics.report(catalogue.BAD_LITERAL, f"`{text}` is no value", place, help="a text stands in quotes")
        return FAILED
    value = literal_value(kind, text)
    if isinstance(value, Problem):
        report_problem(value, place, diagnostics)
        return FAILED
    return Word(text, scope) if isinstance(value, Word) else value


def _is_string(value: syntax.Value) -> bool:
    if isinstance(value, syntax.Literal):
        return value.kind is syntax.Kind.STRING
    return isinstance(value, syntax.Splice) and value.quoted


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text.startswith('"') and text.endswith('"') else text


def _is_of_kind(
    placed: Placed[Value | Failed],
    default: Value | Failed | None,
    asked: syntax.Param | syntax.Formal,
    diagnostics: Diagnostics,
) -> bool:
    value = placed.value
    if not isinstance(default, int | Quantity | str) or isinstance(value, Failed) or type(value) is type(default):
        return True
    report_wrong_kind(value, f"{kind_of(default)} for `{asked.name.span.text}`", placed.place, diagnostics)
    return False


def _within(
    value: Value, place: Place, asked: syntax.Param, context: Context, diagnostics: Diagnostics
) -> Value | Failed:
    domain = evaluate_list(asked.domain or (), context, diagnostics)
    for member in domain:
        if is_equal(value, member.value):
            return value
        if isinstance(member.value, IntRange) and isinstance(value, int) and value in _numbers(member.value):
            return value
    if len(domain) < len(asked.domain or ()):
        return FAILED
    allowed = [text_of(member.value) for member in domain]
    diagnostics.report(
        catalogue.OUTSIDE_DOMAIN,
        f"`{asked.name.span.text}` is `{text_of(value)}`, which is not in {', '.join(allowed[:20])}",
        place,
        related=() if place.span.source is asked.span.source else (Label(Place(asked.span), "the parameter"),),
        help=did_you_mean(text_of(value), allowed),
    )
    return FAILED


def _numbers(value: IntRange) -> range:
    return range(value.first, value.last + 1)


def _report_unknown(name: str, taker: Taker, place: Place, diagnostics: Diagnostics) -> None:
    names = [one.name.span.text for one in taker.asked]
    help_text = did_you_mean(name, names)
    if help_text is None and names:
        help_text = "there are " + ", ".join(f"`{known}`" for known in names)
    message = f"{taker.name} has no parameter `{name}`"
    diagnostics.report(catalogue.UNKNOWN_PARAMETER, message, place, help=help_text)


def _report_missing(name: str, asked: syntax.Param | syntax.Formal, taker: Taker, diagnostics: Diagnostics) -> None:
    if taker.place is None:
        message = f"the parameter `{name}` has no default and is not given"
        diagnostics.report(catalogue.MISSING_PARAMETER, message, Place(asked.span), help=f"give it: `-D {name}=…`")
        return
    diagnostics.report(
        catalogue.MISSING_PARAMETER,
        f"{taker.name} needs `{name}`",
        taker.place,
        related=(Label(Place(asked.span), "it has no default"),),
        help=f"`({name} = …)`",
    )

"""Values: from what stands in the source to what it means, in an environment.

Every function reports what is wrong once and gives `FAILED`, or leaves the value out of a list; whoever gets that says
nothing more about it. What depends on the text alone is reported without the way of uses to it, so that it is
said once however often the text is used; unknown values are reported by `lexical`, before anything is evaluated.
"""

import re
from typing import Protocol, assert_never

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.semantics.bindings import Placed
from netdsl.semantics.extent import MOST_CHARACTERS, is_room_for, may_read, weight
from netdsl.semantics.functions import FUNCTIONS, IF_ARITY, NAMES, call
from netdsl.semantics.items import Environment, Scope
from netdsl.semantics.literals import Problem, host_bits_problem, kind_of_text, literal_value
from netdsl.semantics.operators import negate, operate
from netdsl.semantics.texts import described, kind_of, text_of
from netdsl.semantics.values import FAILED, MISSING, Failed, LongAddress, Value, Word
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax
from netdsl.syntax.characters import described as character_name

LONGEST_TEXT = 16_384
"""A spliced text may have so many characters: texts can be doubled line by line."""
LONGEST_LIST = 10_000
"""A list may have so many members, those of its members included."""

__all__ = [
    "Context",
    "evaluate",
    "evaluate_condition",
    "evaluate_list",
    "kind_of",
    "report_wrong_kind",
    "text_of",
]


class Context(Protocol):
    """Where a value stands: every `Item`, `CheckItem` and `ExpectItem` is one."""

    @property
    def scope(self) -> Scope: ...
    @property
    def environment(self) -> Environment: ...
    @property
    def via(self) -> tuple[Span, ...]: ...


def evaluate(value: syntax.Value, context: Context, diagnostics: Diagnostics) -> Value | Failed:
    """One value. A list only where `$x` is one or brackets stand."""
    if not may_read(1, value.span, context, diagnostics):
        return FAILED
    match value:
        case syntax.Literal():
            return _literal(value, context, diagnostics)
        case syntax.Splice():
            return _splice(value, context, diagnostics)
        case syntax.Bracketed(items, span):
            return evaluate_members(items, span, context, diagnostics)
        case _:
            assert_never(value)


def evaluate_list(
    values: tuple[syntax.Value, ...], context: Context, diagnostics: Diagnostics
) -> tuple[Placed[Value], ...]:
    """The values of a list, each with its place; a `$x` that is a list adds its members. Failed ones are left out."""
    placed: list[Placed[Value]] = []
    for value in values:
        result = evaluate(value, context, diagnostics)
        if isinstance(result, Failed):
            continue
        place = Place(value.span, context.via)
        if isinstance(result, tuple) and isinstance(value, syntax.Splice):
            if may_read(len(result), value.span, context, diagnostics):
                placed.extend(Placed(member, place) for member in result)
        else:
            placed.append(Placed(result, place))
    return tuple(placed)


def evaluate_members(
    values: tuple[syntax.Value, ...], span: Span, context: Context, diagnostics: Diagnostics
) -> tuple[Value, ...] | Failed:
    """A list as one value: failed as a whole where a member is, and bounded."""
    results = [(value, evaluate(value, context, diagnostics)) for value in values]
    members: list[Value] = []
    for value, result in results:
        if isinstance(result, Failed):
            return FAILED
        if isinstance(result, tuple) and isinstance(value, syntax.Splice):
            if not may_read(len(result), value.span, context, diagnostics):
                return FAILED
            members.extend(result)
        else:
            members.append(result)
    return limited(tuple(members), Place(span, context.via), diagnostics)


def evaluate_condition(expression: syntax.Expression, context: Context, diagnostics: Diagnostics) -> bool | Failed:
    """The truth of a condition: a comparison, or one of the words `yes` and `no`; anything else is wrong-kind."""
    result = evaluate_expression(expression, context, diagnostics)
    return _truth(result, expression, context, diagnostics)


def evaluate_expression(expression: syntax.Expression, context: Context, diagnostics: Diagnostics) -> Value | Failed:
    """What stands in `${…}`, or a part of a condition."""
    if not may_read(1, expression.span, context, diagnostics):
        return FAILED
    match expression:
        case syntax.Name(text):
            return _name(text, expression.span, context, diagnostics)
        case syntax.Call():
            return _call(expression, context, diagnostics)
        case syntax.Binary(operator) if operator in ("and", "or"):
            return _junction(expression, context, diagnostics)
        case syntax.Binary():
            return _binary(expression, context, diagnostics)
        case syntax.Unary("not", operand):
            truth = evaluate_condition(operand, context, diagnostics)
            return truth if isinstance(truth, Failed) else not truth
        case syntax.Unary(_, operand):
            value = evaluate_expression(operand, context, diagnostics)
            return value if isinstance(value, Failed) else _checked(negate(value), operand, context, diagnostics)
        case syntax.Literal() | syntax.Splice() | syntax.Bracketed():
            return evaluate(expression, context, diagnostics)
        case _:
            assert_never(expression)


_UNITS = {
    "a duration in days": ("d",),
    "a duration": ("s", "ms"),
    "a rate (`10/s`)": ("/s",),
    "a rate": ("mbit",),
    "a size": ("MiB",),
    "a share": ("%",),
}
"""For a bare number, the units that may be meant."""


def report_wrong_kind(
    value: Value, needed: str, place: Place, diagnostics: Diagnostics, advice: str | None = None
) -> None:
    """wrong-kind: "a number is needed, `10.0.0.0/8` is a prefix"; `needed` has its article. Of an address with a length
    host-bits-set."""
    if isinstance(value, LongAddress):
        report_problem(host_bits_problem(value), place, diagnostics)
        return
    if advice is None and needed == "one value" and isinstance(value, tuple):
        advice = "`pick(list, n)` is one of a list; `for` goes through a list that has no brackets"
    if advice is None and type(value) is int:
        units = next((units for kind, units in _UNITS.items() if needed.startswith(kind)), ())
        advice = f"with its unit: {' or '.join(f'`{value}{unit}`' for unit in units)}" if units else None
    diagnostics.report(catalogue.WRONG_KIND, f"{needed} is needed, {described(value)}", place, help=advice)


def report_problem(problem: Problem, place: Place, diagnostics: Diagnostics) -> None:
    diagnostics.report(problem.rule, problem.message, place, help=problem.help)


def is_right_call(expression: syntax.Call, diagnostics: Diagnostics) -> bool:
    """Whether the function exists and takes so many arguments; reports unknown-function, wrong-arity."""
    name, count, place = expression.function, len(expression.arguments), Place(expression.span)
    function = FUNCTIONS.get(name)
    if name == "if":
        is_right, arity = count == IF_ARITY, str(IF_ARITY)
    elif function is None:
        diagnostics.report(
            catalogue.UNKNOWN_FUNCTION, f"no function is called `{name}`", place, help=did_you_mean(name, NAMES)
        )
        return False
    else:
        is_right, arity = function.takes(count), function.arity
    if not is_right:
        noun = "argument" if arity == "1" else "arguments"
        diagnostics.report(catalogue.WRONG_ARITY, f"`{name}` takes {arity} {noun}, here are {count}", place)
    return is_right


def limited(values: tuple[Value, ...], place: Place, diagnostics: Diagnostics) -> tuple[Value, ...] | Failed:
    """The list, unless it is over the limit."""
    if len(values) <= LONGEST_LIST and weight(values) <= LONGEST_LIST + 1:
        return values
    diagnostics.report(
        catalogue.LOOP_LIMIT, f"the list has more than {LONGEST_LIST} members, the most that one may have", place
    )
    return FAILED


def _literal(literal: syntax.Literal, context: Context, diagnostics: Diagnostics) -> Value | Failed:
    if literal.kind is syntax.Kind.WORD:
        return Word(literal.text, context.scope)
    value = literal_value(literal.kind, literal.text)
    if isinstance(value, Problem):
        report_problem(value, Place(literal.span), diagnostics)
        return FAILED
    if isinstance(value, str) and not is_room_for(value, literal.span, context, diagnostics):
        return FAILED
    return value


def _splice(splice: syntax.Splice, context: Context, diagnostics: Diagnostics) -> Value | Failed:
    if context.scope.extent.characters > MOST_CHARACTERS:
        return FAILED  # reported
    values: list[Value] = []
    for part in splice.parts:
        value = part if isinstance(part, str) else evaluate_expression(part, context, diagnostics)
        if isinstance(value, Failed):
            return FAILED
        values.append(value)
    if len(values) == 1 and not splice.quoted:
        return values[0]
    place = Place(splice.span, context.via)
    for value in values:
        if isinstance(value, tuple | bool):
            report_wrong_kind(value, "one value", place, diagnostics)
            return FAILED
    text = "".join(map(text_of, values))
    if len(text) > LONGEST_TEXT:
        message = f"the text has more than {LONGEST_TEXT} characters, the most that one may have"
        diagnostics.report(catalogue.OUT_OF_RANGE, message, place)
        return FAILED
    if not is_room_for(text, splice.span, context, diagnostics):
        return FAILED
    if splice.quoted:
        return text
    return _spliced(text, _scope_of(splice, values, context), place, diagnostics)


_DIFFERENCE = re.compile(r"\$(\w+)-(\w+)")


def _meant(written: str, text: str) -> str | None:
    """`10.$i-1.0.0/24` is meant as a difference; a name has no character outside ASCII."""
    if (mended := _DIFFERENCE.sub(r"${\1 - \2}", written)) != written:
        return f"an expression stands in braces: `{mended}`"
    strange = next((one for one in text if not one.isascii()), None)
    if strange is None:
        return None
    return f"`{strange}` ({character_name(strange)}): names have the letters a to z, digits and `-`"


def _spliced(text: str, scope: Scope | None, place: Place, diagnostics: Diagnostics) -> Value | Failed:
    """The value of a text that was put together: a literal again."""
    kind = kind_of_text(text)
    if kind is None:
        message = f"`{place.span.text}` gives `{text}`, which is no value"
        diagnostics.report(catalogue.BAD_LITERAL, message, place, help=_meant(place.span.text, text))
        return FAILED
    if kind is syntax.Kind.WORD:
        return Word(text, scope)
    value = literal_value(kind, text)
    if isinstance(value, Problem):
        report_problem(value, place, diagnostics)
        return FAILED
    return value


def _scope_of(splice: syntax.Splice, values: list[Value], context: Context) -> Scope | None:
    """`$x.gw` is looked up where the name in `x` was written; everything else where it stands."""
    first = values[0]
    if isinstance(first, Word) and not isinstance(splice.parts[0], str):
        second = splice.parts[1]
        if isinstance(second, str) and second.startswith("."):
            return first.scope
    return context.scope


def _name(text: str, span: Span, context: Context, diagnostics: Diagnostics) -> Value | Failed:
    environment: Environment | None = context.environment
    while environment is not None:
        value = environment.values.get(text)
        if value is None:
            environment = environment.parent
            continue
        if value is MISSING:
            message = f"`{text}` has no value here: the file was imported, not used"
            advice = "`use` of the whole file gives its parameters; or give the parameter a default"
            place = Place(span, context.via)
            diagnostics.report(catalogue.MISSING_PARAMETER, message, place, help=advice)
            return FAILED
        return value
    return FAILED


def _call(expression: syntax.Call, context: Context, diagnostics: Diagnostics) -> Value | Failed:
    if not is_right_call(expression, diagnostics):
        return FAILED
    if expression.function == "if":
        condition, then, otherwise = expression.arguments
        truth = evaluate_condition(condition, context, diagnostics)
        if isinstance(truth, Failed):
            return FAILED
        return evaluate_expression(then if truth else otherwise, context, diagnostics)
    values = [evaluate_expression(argument, context, diagnostics) for argument in expression.arguments]
    arguments = tuple(value for value in values if not isinstance(value, Failed))
    if len(arguments) < len(values):
        return FAILED
    read = FUNCTIONS[expression.function].reads(arguments)
    if read and not may_read(read, expression.span, context, diagnostics):
        return FAILED
    result = call(expression.function, arguments)
    culprit: syntax.Expression = expression
    if isinstance(result, Problem) and result.argument is not None:
        culprit = expression.arguments[result.argument]
    return _checked(result, culprit, context, diagnostics)


def _checked(
    result: Value | Problem, culprit: syntax.Expression, context: Context, diagnostics: Diagnostics
) -> Value | Failed:
    """The value, or a report at the expression that is to blame."""
    if isinstance(result, Problem):
        report_problem(result, Place(culprit.span, context.via), diagnostics)
        return FAILED
    return result


def _junction(expression: syntax.Binary, context: Context, diagnostics: Diagnostics) -> bool | Failed:
    """`and`, `or`: the right side is looked at only where the left one does not decide."""
    spine = _spine(expression)
    if not may_read(len(spine), expression.span, context, diagnostics):
        return FAILED
    result = evaluate_condition(spine[0].left, context, diagnostics)
    for step in spine:
        if isinstance(result, Failed):
            return FAILED
        if result == (step.operator == "and"):
            result = evaluate_condition(step.right, context, diagnostics)
    return result


def _binary(expression: syntax.Binary, context: Context, diagnostics: Diagnostics) -> Value | Failed:
    spine = _spine(expression)
    result = evaluate_expression(spine[0].left, context, diagnostics)
    for step in spine:
        right = evaluate_expression(step.right, context, diagnostics)
        if isinstance(result, Failed) or isinstance(right, Failed):
            return FAILED
        if isinstance(result, tuple) and not may_read(weight(result), step.span, context, diagnostics):
            return FAILED
        value = operate(step.operator, result, right)
        culprit: syntax.Expression = step
        if isinstance(value, Problem) and value.argument is not None:
            culprit = (step.left, step.right)[value.argument]
        result = _checked(value, culprit, context, diagnostics)
    return result


def _spine(expression: syntax.Binary) -> list[syntax.Binary]:
    """`a + b + c + …` leans to the left; walked in a loop, so that its length is no depth. Innermost first."""
    spine = [expression]
    is_junction = expression.operator in ("and", "or")
    while isinstance(left := spine[-1].left, syntax.Binary) and (left.operator in ("and", "or")) == is_junction:
        spine.append(left)
    spine.reverse()
    return spine


def _truth(
    value: Value | Failed, expression: syntax.Expression, context: Context, diagnostics: Diagnostics
) -> bool | Failed:
    match value:
        case bool() | Failed():
            return value
        case Word("yes" | "no"):
            return value.text == "yes"
    message = f"a condition is needed, {described(value)}"
    advice = "compare it, as in `$x == 1`; only the words `yes` and `no` are conditions by themselves"
    diagnostics.report(catalogue.WRONG_KIND, message, Place(expression.span, context.via), help=advice)
    return FAILED

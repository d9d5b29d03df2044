"""Values of one kind, read with their message: durations, rates, sizes, yes or no, one word of several."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.fix import Rewording
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import Context, evaluate, evaluate_list, report_wrong_kind
from netdsl.semantics.items import Item
from netdsl.semantics.literals import kind_of_text
from netdsl.semantics.values import Failed, Quantity, Value, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax

MICROSECONDS: Mapping[str, int] = {
    "us": 1, "ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000,
}  # fmt: skip
BITS_PER_SECOND: Mapping[str, int] = {"bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9}
BYTES: Mapping[str, int] = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
}  # fmt: skip
FOREIGN_TRUTHS = {"true": "yes", "on": "yes", "false": "no", "off": "no"}


def placed(value: syntax.Value, context: Context, diagnostics: Diagnostics) -> Placed[Value] | None:
    """One value with its place; None once reported."""
    result = evaluate(value, context, diagnostics)
    return None if isinstance(result, Failed) else Placed(result, Place(value.span, context.via))


def only_value(line: tuple[syntax.Attribute, Item] | None, diagnostics: Diagnostics) -> Placed[Value] | None:
    """The value of an attribute that takes one; None where there is no such line, or once reported."""
    if line is None:
        return None
    attribute, item = line
    values = evaluate_list(attribute.values, item, diagnostics)
    if len(values) == 1 and len(attribute.values) == 1:
        return values[0]
    if values or not attribute.values:
        message = f"`{attribute.word}` takes one value, here are {len(values)}"
        diagnostics.report(catalogue.WRONG_ARITY, message, item.place, help=_with_unit(values))
    return None


def _with_unit(values: Sequence[Placed[Value]]) -> str | None:
    """`10 ms` is meant as one quantity."""
    match [one.value for one in values]:
        case [int(number), Word(text=unit)] if kind_of_text(f"{number}{unit}") is syntax.Kind.QUANTITY:
            return f"a unit touches its number: `{number}{unit}`"
        case _:
            return None


def scaled(value: Placed[Value], units: Mapping[str, int], needed: str, diagnostics: Diagnostics) -> int | None:
    """A quantity in the smallest of `units`, rounded down; wrong-kind for other units."""
    if isinstance(value.value, Quantity) and value.value.unit in units:
        return int(value.value.number * units[value.value.unit])
    report_wrong_kind(value.value, needed, value.place, diagnostics)
    return None


def duration_us(value: Placed[Value], diagnostics: Diagnostics) -> int | None:
    return scaled(value, MICROSECONDS, "a duration (`10ms`, `3h`)", diagnostics)


def seconds(value: Placed[Value], diagnostics: Diagnostics) -> int | None:
    """A duration in whole seconds, at least one; out-of-range for less."""
    microseconds = duration_us(value, diagnostics)
    if microseconds is None:
        return None
    if microseconds < MICROSECONDS["s"]:
        diagnostics.report(catalogue.OUT_OF_RANGE, "the duration is under a second", value.place)
        return None
    return microseconds // MICROSECONDS["s"]


def fraction(value: Placed[Value], diagnostics: Diagnostics) -> float | None:
    """`0.1%` as 0.001."""
    if not isinstance(value.value, Quantity) or value.value.unit != "%":
        report_wrong_kind(value.value, "a share (`0.1%`)", value.place, diagnostics)
        return None
    if value.value.number > 100:
        diagnostics.report(catalogue.OUT_OF_RANGE, "a share is at most 100%", value.place)
        return None
    return float(value.value.number / 100)


def number(value: Placed[Value], diagnostics: Diagnostics) -> Decimal | None:
    """A number without a unit, whole or not."""
    match value.value:
        case bool():
            pass
        case int(whole):
            return Decimal(whole)
        case Quantity(decimal, ""):
            return decimal
        case _:
            pass
    report_wrong_kind(value.value, "a number", value.place, diagnostics)
    return None


def integer(value: Placed[Value], diagnostics: Diagnostics) -> int | None:
    if isinstance(value.value, int) and not isinstance(value.value, bool):
        return value.value
    report_wrong_kind(value.value, "a whole number", value.place, diagnostics)
    return None


def integer_within(
    line: tuple[syntax.Attribute, Item] | None, lowest: int, highest: int, diagnostics: Diagnostics
) -> int | None:
    """The value of an attribute that takes a whole number; out-of-range for others. None without such a line."""
    value = only_value(line, diagnostics)
    found = None if value is None else integer(value, diagnostics)
    if value is None or found is None or line is None:
        return None
    if lowest <= found <= highest:
        return found
    message = f"`{line[0].word}` is a number from {lowest} to {highest}, not {found}"
    diagnostics.report(catalogue.OUT_OF_RANGE, message, value.place)
    return None


def text(value: Placed[Value], diagnostics: Diagnostics) -> str | None:
    """A string; wrong-kind for what has no quotes."""
    if isinstance(value.value, str):
        return value.value
    report_wrong_kind(value.value, "a string", value.place, diagnostics)
    return None


def word_among(
    value: Placed[Value], words: Iterable[str], needed: str, diagnostics: Diagnostics, foreign: Mapping[str, str]
) -> str | None:
    """One word of a closed list. `foreign` maps other tools' words to ours: foreign-word, with the right one."""
    allowed = tuple(words)
    if not isinstance(value.value, Word):
        report_wrong_kind(value.value, needed, value.place, diagnostics)
        return None
    found = value.value.text
    if found in allowed:
        return found
    if found in foreign:
        message = f"`{found}` is a word of other tools"
        advice = Rewording(f"here it is called `{foreign[found]}`", found, foreign[found])
        diagnostics.report(catalogue.FOREIGN_WORD, message, value.place, help=advice)
        return None
    options = ", ".join(f"`{word}`" for word in allowed)
    diagnostics.report(
        catalogue.WRONG_KIND,
        f"{needed} is needed, `{found}` is none",
        value.place,
        help=did_you_mean(found, allowed) or f"one of {options}",
    )
    return None


def yes_or_no(line: tuple[syntax.Attribute, Item] | None, default: bool, diagnostics: Diagnostics) -> bool:
    """`mobike no`, `crl yes`; the default where there is no such line, or once reported."""
    value = only_value(line, diagnostics)
    if value is None:
        return default
    if isinstance(value.value, bool):
        return value.value
    found = word_among(value, ("yes", "no"), "`yes` or `no`", diagnostics, FOREIGN_TRUTHS)
    return default if found is None else found == "yes"

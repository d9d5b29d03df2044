"""Values: from what stands in the source to what it means, in an environment.

Every function reports what is wrong once and gives `FAILED`, or leaves the value out of a list; whoever gets that says
nothing more about it.
"""

from typing import Protocol

from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.bindings import Placed
from netdsl.semantics.items import Environment, Scope
from netdsl.semantics.values import Failed, Value
from netdsl.source import Place, Span
from netdsl.syntax import document as syntax


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
    raise NotImplementedError


def evaluate_list(
    values: tuple[syntax.Value, ...], context: Context, diagnostics: Diagnostics
) -> tuple[Placed[Value], ...]:
    """The values of a list, each with its place; a `$x` that is a list adds its members. Failed ones are left out."""
    raise NotImplementedError


def evaluate_condition(expression: syntax.Expression, context: Context, diagnostics: Diagnostics) -> bool | Failed:
    """The truth of a condition; anything but a comparison is wrong-kind."""
    raise NotImplementedError


def kind_of(value: Value) -> str:
    """What a value is, with its article: "a prefix", "a number"."""
    raise NotImplementedError


def text_of(value: Value) -> str:
    """The text of a value as the source would have it: `10.0.0.0/8`, `tcp/80`, `[a, b]`."""
    raise NotImplementedError


def report_wrong_kind(value: Value, needed: str, place: Place, diagnostics: Diagnostics) -> None:
    """wrong-kind: "a number is needed, `10.0.0.0/8` is a prefix"; `needed` has its article."""
    raise NotImplementedError

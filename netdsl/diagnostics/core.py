"""Diagnostics are values: found anywhere, collected, sorted, printed by the command line alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from netdsl.source import Place


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """What can be wrong: a stable kebab-case code, declared once in the catalogue."""

    code: str
    severity: Severity
    summary: str


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what to say about it; lower case, no full stop, names in backticks."""

    place: Place
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: the rule, what is wrong in the user's words, where, what else has to do with it, the remedy."""

    rule: Rule
    message: str
    primary: Label
    related: tuple[Label, ...] = ()
    help: str | None = None

    @property
    def is_error(self) -> bool:
        return self.rule.severity is Severity.ERROR

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        span = self.primary.place.span
        return (span.source.name, span.start, span.end, self.rule.code, self.message)


@dataclass(slots=True)
class Diagnostics:
    """The sink. The same finding at the same place through the same uses is kept once."""

    _found: dict[Diagnostic, None] = field(default_factory=dict)

    def add(self, diagnostic: Diagnostic) -> None:
        self._found.setdefault(diagnostic)

    def report(
        self,
        rule: Rule,
        message: str,
        place: Place,
        label: str = "",
        *,
        related: tuple[Label, ...] = (),
        help: str | None = None,  # noqa: A002 - the word of the output
    ) -> None:
        """The short way to `add`. Of a statement with a block its head is shown; names that nobody could read are cut."""
        related = tuple(Label(one.place.head, one.text) for one in related)
        primary = Label(place.head, _readable(label))
        self.add(Diagnostic(rule, _readable(message), primary, related, help and _readable(help)))

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.is_error for diagnostic in self._found)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found, key=lambda diagnostic: diagnostic.sort_key))

    def __len__(self) -> int:
        return len(self._found)


_LONG_NAME = re.compile(r"`([^`]{120})[^`]{80,}`")


def _readable(text: str) -> str:
    """A source can hold a name of a megabyte; a message shows its beginning."""
    return _LONG_NAME.sub(r"`\1…`", text)

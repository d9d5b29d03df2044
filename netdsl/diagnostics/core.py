"""Diagnostics as values: every stage reports them, the command line sorts and prints them."""

import re
from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.diagnostics.fix import Fix, Rewording
from netdsl.source import Place


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding: a stable kebab-case code, declared once in a catalogue.

    `is_about_failure`: it says only that the lab does not do what it looks like; silent in a lab that is meant to fail.
    """

    code: str
    severity: Severity
    summary: str
    is_about_failure: bool = False


OVER_LIMIT = Rule("loop-limit", Severity.ERROR, "a loop or list over the limit")
MOST_PLACES = 200_000
"""All findings of a lab may have so many places, those of the `use` lines on the way to them included."""


@dataclass(frozen=True, slots=True)
class Label:
    """A place and a text about it: lower case, no full stop, names in backticks."""

    place: Place
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: its rule, the message in the user's words, the primary place, related places, the remedy.

    `fixes`: remedies as text, of which each is enough; one alone is certain.
    """

    rule: Rule
    message: str
    primary: Label
    related: tuple[Label, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()

    @property
    def fix(self) -> Fix | None:
        """The remedy that is certain."""
        return self.fixes[0] if len(self.fixes) == 1 else None

    @property
    def is_error(self) -> bool:
        return self.rule.severity is Severity.ERROR

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        span = self.primary.place.span
        return (span.source.path, span.start, span.end, self.rule.code, self.message)


def finding(
    rule: Rule,
    message: str,
    place: Place,
    label: str = "",
    *,
    related: tuple[Label, ...] = (),
    help: str | None = None,  # noqa: A002 - the word of the output
    fixes: tuple[Fix, ...] = (),
) -> Diagnostic:
    """A finding as it is shown: a statement with a block is marked at its head; overlong names are cut."""
    related = tuple(Label(other.place.head, other.text) for other in related)
    primary = Label(place.head, _readable(label))
    if not fixes and isinstance(help, Rewording) and (fix := help.fix_at(primary.place.span)) is not None:
        fixes = (fix,)
    return Diagnostic(rule, _readable(message), primary, related, help and _readable(help), fixes)


@dataclass(slots=True)
class Diagnostics:
    """Collects findings. An equal finding at the same place through the same `use` lines is kept once. Of too many the
    first ones are kept, and an error that says so. `reported`: how many there were, equal ones included."""

    reported: int = 0
    _found: dict[Diagnostic, None] = field(default_factory=dict)
    _places: int = 0
    _is_full: bool = False

    def add(self, diagnostic: Diagnostic) -> None:
        self.reported += 1
        if self._is_full or diagnostic in self._found:
            return
        self._places += sum(1 + len(label.place.via) for label in (diagnostic.primary, *diagnostic.related))
        if self._places > MOST_PLACES:
            self._is_full = True
            message = f"the lab has more findings than can be listed: {MOST_PLACES:,} places are the most"
            diagnostic = finding(OVER_LIMIT, message, diagnostic.primary.place)
        self._found[diagnostic] = None

    def replace(self, found: Diagnostic, better: Diagnostic) -> None:
        """A finding in another's place, where that is there."""
        if found in self._found:
            self._found = {better if one == found else one: None for one in self._found}

    def report(
        self,
        rule: Rule,
        message: str,
        place: Place,
        label: str = "",
        *,
        related: tuple[Label, ...] = (),
        help: str | None = None,  # noqa: A002 - the word of the output
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        """Build a finding and add it."""
        if self._is_full:
            return
        self.add(finding(rule, message, place, label, related=related, help=help, fixes=fixes))

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.is_error for diagnostic in self._found)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found, key=lambda diagnostic: diagnostic.sort_key))

    def __len__(self) -> int:
        return len(self._found)


_LONG_NAME = re.compile(r"`([^`]{120})[^`]{80,}`")


def _readable(text: str) -> str:
    """The text cut to a length for messages: a name in a source may have a megabyte."""
    return _LONG_NAME.sub(r"`\1…`", text)

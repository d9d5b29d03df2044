"""The names of values: where each is declared, which is meant, in what order they depend on one another."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax

VALID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MOST_SUGGESTED = 2_000
MOST_FINDINGS = 200
"""Above so many names in scope, or after so many findings, no near name is searched: it would take too long."""


class Use(StrEnum):
    """What a value's name is, in the user's words."""

    PARAMETER = "parameter"
    LET = "value"
    LOOP = "loop variable"
    INPUT = "input"
    BUILT_IN = "built-in value"


@dataclass(eq=False, slots=True)
class Declaration:
    use: Use
    name: str
    span: Span | None  # None: built in
    is_read: bool = False


@dataclass(eq=False, slots=True)
class Frame:
    """The values of one block; `parent` is the block around it in the text."""

    parent: "Frame | None"
    declarations: dict[str, Declaration] = field(default_factory=dict)

    def declare(self, name: syntax.Value, use: Use, diagnostics: Diagnostics) -> Declaration | None:
        """A new value; None once reported: invalid-name, duplicate-name, shadowed-name."""
        text = name_of(name)
        if text is None:
            _report_invalid(name, diagnostics)
            if isinstance(name, syntax.Splice) and len(name.parts) == 1 and isinstance(name.parts[0], syntax.Name):
                meant = name.parts[0].text  # `for $i in …`: what it names is known from here on
                self.declarations.setdefault(meant, Declaration(use, meant, name.span, is_read=True))
            return None
        declaration = Declaration(use, text, name.span)
        earlier = self.declarations.setdefault(text, declaration)
        if earlier is not declaration:
            message = f"the {use} `{text}` is declared twice"
            related = _labelled(earlier, "first here")
            diagnostics.report(catalogue.DUPLICATE_NAME, message, Place(name.span), related=related)
            return None
        outer = self.parent.find(text) if self.parent is not None else None
        if outer is not None:
            message = f"the {use} `{text}` hides the {outer.use} of the same name"
            related = _labelled(outer, "hidden by the other")
            diagnostics.report(catalogue.SHADOWED_NAME, message, Place(name.span), related=related)
        return declaration

    def find(self, name: str) -> Declaration | None:
        return next((frame.declarations[name] for frame in self._outwards() if name in frame.declarations), None)

    def read(self, name: syntax.Name, diagnostics: Diagnostics, *, is_in_text: bool = False) -> None:
        """Marks what the name means as read; reports unknown-value. `is_in_text`: it stands alone in a string."""
        declaration = self.find(name.text)
        if declaration is not None:
            declaration.is_read = True
            return
        visible = [known for frame in self._outwards() for known in frame.declarations]
        is_searched = len(visible) <= MOST_SUGGESTED and diagnostics.reported <= MOST_FINDINGS
        advice = did_you_mean(name.text, visible) if is_searched else None
        if advice is None and is_in_text:
            advice = f"`\\{_as_written(name)}` leaves it to the shell: a `$` of the text itself has a backslash"
        message = f"no value is called `{name.text}` here"
        diagnostics.report(catalogue.UNKNOWN_VALUE, message, Place(name.span), help=advice)

    def _outwards(self) -> "Iterator[Frame]":
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent


def _as_written(name: syntax.Name) -> str:
    """`$x` or `${x}`."""
    is_braced = name.span.source.text.startswith("{", name.span.start - 1)
    return f"${{{name.text}}}" if is_braced else f"${name.text}"


def _labelled(declaration: Declaration, text: str) -> tuple[Label, ...]:
    return () if declaration.span is None else (Label(Place(declaration.span), text),)


def name_of(name: syntax.Value) -> str | None:
    """The text of a value's name, None where it cannot be one."""
    if isinstance(name, syntax.Literal) and VALID.fullmatch(name.text) and name.kind is syntax.Kind.WORD:
        return name.text
    return None


def report_unused(declarations: Iterable[Declaration], diagnostics: Diagnostics) -> None:
    """unused-value for what nothing reads; names that begin with `_` are unused on purpose."""
    for one in declarations:
        if one.span is not None and not one.is_read and not one.name.startswith("_"):
            diagnostics.report(
                catalogue.UNUSED_VALUE,
                f"nothing uses the {one.use} `{one.name}`",
                Place(one.span),
                help=f"`_{one.name}` if that is on purpose",
            )


def evaluation_order(
    bound: tuple[syntax.Let | syntax.Param, ...],
    reads: Mapping[int, frozenset[str]],
    diagnostics: Diagnostics,
) -> tuple[syntax.Let | syntax.Param, ...]:
    """The lets and params of one block, each after those that it reads, else in source order. Reports value-cycle."""
    by_name = {name_of(one.name): one for one in reversed(bound)}
    ordered: dict[int, syntax.Let | syntax.Param] = {}
    for start in bound:
        path: dict[str, Iterator[str]] = {}
        _enter(start, path, by_name, reads, ordered)
        while path:
            current = next(reversed(path))
            following = next(path[current], None)
            if following is None:
                one = by_name[current]
                ordered.setdefault(id(one), one)
                del path[current]
            elif following in path:
                _report_cycle([*path], following, by_name, diagnostics)
            elif following in by_name:
                _enter(by_name[following], path, by_name, reads, ordered)
        ordered.setdefault(id(start), start)
    return tuple(ordered.values())


def _enter(
    one: syntax.Let | syntax.Param,
    path: dict[str, Iterator[str]],
    by_name: Mapping[str | None, syntax.Let | syntax.Param],
    reads: Mapping[int, frozenset[str]],
    ordered: Mapping[int, syntax.Let | syntax.Param],
) -> None:
    """Goes on with what a value reads, unless it has its place already (or its name is another's)."""
    name = name_of(one.name)
    if name is not None and by_name[name] is one and id(one) not in ordered:
        path[name] = iter(sorted(reads[id(one)]))


def _report_cycle(
    path: list[str],
    again: str,
    by_name: Mapping[str | None, syntax.Let | syntax.Param],
    diagnostics: Diagnostics,
) -> None:
    circle = path[path.index(again) :]
    start = min(range(len(circle)), key=lambda index: by_name[circle[index]].span.start)
    circle = circle[start:] + circle[:start]
    way = " → ".join(f"`{name}`" for name in (*circle, circle[0]))
    diagnostics.report(
        catalogue.VALUE_CYCLE, f"`{circle[0]}` is defined by itself: {way}", Place(by_name[circle[0]].name.span)
    )


def _report_invalid(name: syntax.Value, diagnostics: Diagnostics) -> None:
    text = name.span.text
    valid = re.sub(r"[^A-Za-z0-9_]", "_", text.removeprefix("$"))
    diagnostics.report(
        catalogue.INVALID_NAME,
        f"`{text}` cannot be a value's name: letters, digits and `_`, not a digit first",
        Place(name.span),
        help=f"`{valid}`" if VALID.fullmatch(valid) else None,
    )

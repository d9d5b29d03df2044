"""Names of elements: what a word stands for, seen from the scope that it was written in.

A path is looked up by its first segment, in the word's own scope, then outwards to the end of the file. Scopes
(`use … as n`, imports) are walked into; what follows the element (`gw.wan`: an interface, a child, a service) is the
caller's to read.
"""

import re
from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.diagnostics.fix import Rewording
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.semantics.items import Element, Scope
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax.description import ElementKind

Kinds = tuple[ElementKind, ...]

MOST_SUGGESTED = 2_000
"""Above so many visible names, or after so many findings as below, no near name is searched: it would take too long."""
MOST_FINDINGS = 200

_OUTSIDE = frozenset({"internet", "outside", "world", "external"})
_NO_IMAGE = "an image is Debian with more packages: `image NAME { packages … }` in the file"
CONTAINERS = (ElementKind.SCOPE, ElementKind.IMPORT)


@dataclass(eq=False, slots=True)
class Tally:
    names: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """An element and what follows it in the path: `a.gw.wan` is the node `a.gw` and ("wan",)."""

    element: Element
    rest: tuple[str, ...] = ()


def lookup(word: Word, diagnostics: Diagnostics, place: Place, kinds: Kinds) -> Element | None:
    """The element of one of `kinds` that the whole word names; None once an error is reported (or was, before).

    Reports unknown-name (with the nearest visible name), wrong-element, pattern-not-allowed.
    """
    found = locate(word, diagnostics, place, kinds)
    if found is None:
        return None
    if found.rest:
        whole = found.element
        diagnostics.report(
            catalogue.WRONG_ELEMENT,
            f"`{word.text}` is a part of the {whole.kind} `{whole.path}`, where {_one_of(kinds)} must stand",
            place,
            help=f"the {whole.kind} is `{_without(word.text, found.rest)}`" if whole.kind in kinds else None,
        )
        return None
    return found.element


def locate(word: Word, diagnostics: Diagnostics, place: Place, kinds: Kinds) -> Found | None:
    """The element of one of `kinds` that the word begins with, and the rest of the path; None once reported.

    Reports as `lookup` does. A rest that names nothing in the element is the caller's to report.
    """
    if "*" in word.text:
        diagnostics.report(catalogue.PATTERN_NOT_ALLOWED, f"`{word.text}` stands where one name must stand", place)
        return None
    found = find(word)
    if found is None:
        _report_unknown(word, diagnostics, place, kinds)
        return None
    if found.element.kind not in kinds:
        _report_wrong_kind(word, found, diagnostics, place, kinds)
        return None
    return found


def match(
    word: Word, diagnostics: Diagnostics, place: Place, kinds: Kinds, tally: Tally | None = None
) -> tuple[Found, ...]:
    """All that a word stands for in a list: one element, or with `*` all that match, sorted by number.

    The first of `kinds` that has any match counts (`h*` is nodes, if there are any, and not the network `hall`), in
    the nearest scope that has one; elements before parts of others (`*.pc` is not an interface of the switch beside the
    sites). What follows the element (one segment at most, a `*` in it too) is in `rest`: the caller leaves out those
    that have no such part. Empty once reported: no-match, or as `locate` does. `tally`: counts the names that are compared.
    """
    if "*" not in word.text:
        found = locate(word, diagnostics, place, kinds)
        return () if found is None else (found,)
    segments = tuple(word.text.split("."))
    tally = Tally() if tally is None else tally
    for kind in kinds:
        for scope in outwards(word.scope):
            matches = tuple(_matches(scope, segments, kind, tally))
            if matches:
                whole = tuple(one for one in matches if not one.rest)
                return tuple(sorted(whole or matches, key=lambda one: natural_key(one.element.path)))
    report_no_match(word, diagnostics, place, kinds)
    return ()


def report_no_match(word: Word, diagnostics: Diagnostics, place: Place, kinds: Kinds) -> None:
    if not is_excused(word):
        diagnostics.report(catalogue.NO_MATCH, f"`{word.text}` matches no {_alternatives(kinds)}", place)


def find(word: Word) -> Found | None:
    """What the word names, of any kind; silent."""
    first, *others = word.text.split(".")
    for scope in outwards(word.scope):
        element = scope.elements.get(first)
        if element is not None:
            return _descend(scope, element, tuple(others))
    return None


def report_unknown_template(word: Word, found: Found | None, diagnostics: Diagnostics, place: Place) -> None:
    """unknown-template for a `use` of what is no template or import, unless an earlier error explains it."""
    usable = (ElementKind.TEMPLATE, ElementKind.IMPORT)
    if found is None and is_excused(word):
        return
    if found is not None:
        what = f"`{word.text}` {_what_it_is(found)}, not a template"
    else:
        what = f"no template is called `{word.text}` here"
    related = () if found is None else (_declared(found.element),)
    advice = _suggestion(word, diagnostics.reported, usable)
    diagnostics.report(catalogue.UNKNOWN_TEMPLATE, what, place, related=related, help=advice)


def is_excused(word: Word) -> bool:
    """Whether what the word names may be missing because of an earlier error."""
    segments = tuple(word.text.split("."))
    return any(_is_incomplete(scope, segments) for scope in outwards(word.scope))


def outwards(scope: Scope | None) -> Iterator[Scope]:
    """The scope and those around it, to the end of its file."""
    while scope is not None:
        yield scope
        scope = scope.parent


def segment_matches(pattern: str, name: str) -> bool:
    """Whether one segment of a path with `*` matches a name: `client-*` matches `client-7`."""
    if "*" not in pattern:
        return pattern == name
    first, *middle, last = pattern.split("*")
    if len(first) + len(last) > len(name) or not name.startswith(first) or not name.endswith(last):
        return False
    position, end = len(first), len(name) - len(last)
    for piece in middle:
        position = name.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key by which `client-2` comes before `client-10`."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"([0-9]+)", text))


def visible_names(scope: Scope | None) -> Iterator[tuple[str, Element]]:
    """Every name that could be written in a scope, with what it names: own, outer, and qualified inner ones."""
    for outer in outwards(scope):
        yield from _names_below(outer, "")


def _names_below(scope: Scope, prefix: str) -> Iterator[tuple[str, Element]]:
    waiting = [(scope, prefix)]
    while waiting:
        current, before = waiting.pop()
        for name, element in current.elements.items():
            yield before + name, element
        waiting.extend((inner, f"{before}{name}.") for name, inner in current.inner.items())


def _descend(scope: Scope, element: Element, others: tuple[str, ...]) -> Found | None:
    """Follow a path through scopes to the last element; None where a scope has no such name."""
    name = element.path.rpartition(".")[2]
    while others and element.kind in CONTAINERS:
        scope = scope.inner[name]
        name, *remaining = others
        others = tuple(remaining)
        inner = scope.elements.get(name)
        if inner is None:
            return None
        element = inner
    return Found(element, others)


def _matches(scope: Scope, segments: tuple[str, ...], kind: ElementKind, tally: Tally) -> Iterator[Found]:
    first, others = segments[0], segments[1:]
    candidates = scope.elements.items() if "*" in first else _named(scope, first)
    tally.names += len(candidates)
    for name, element in candidates:
        if not segment_matches(first, name):
            continue
        if element.kind is kind and len(others) <= 1:
            yield Found(element, others)
        elif others and name in scope.inner:
            yield from _matches(scope.inner[name], others, kind, tally)


def _named(scope: Scope, name: str) -> tuple[tuple[str, Element], ...]:
    element = scope.elements.get(name)
    return () if element is None else ((name, element),)


def _is_incomplete(scope: Scope, segments: tuple[str, ...]) -> bool:
    """Whether an earlier error may have kept out what the path names."""
    if scope.is_incomplete:
        return True
    return any(
        _is_incomplete(inner, segments[1:])
        for name, inner in scope.inner.items()
        if segments and segment_matches(segments[0], name)
    )


def _report_unknown(word: Word, diagnostics: Diagnostics, place: Place, kinds: Kinds) -> None:
    if is_excused(word):
        return
    if len(kinds) == 1:
        message = f"no {kinds[0]} is called `{word.text}` here"
    else:
        message = f"nothing is called `{word.text}` here; {_one_of(kinds)} must stand"
    diagnostics.report(catalogue.UNKNOWN_NAME, message, place, help=_suggestion(word, diagnostics.reported, kinds))


def _suggestion(word: Word, findings: int, kinds: Kinds) -> str | None:
    """How to pass what is called so at the place of use; else the same name in an inner scope (`gw` → `a.gw`), else the
    nearest name of a kind that could stand there."""
    if findings > MOST_FINDINGS:
        return None
    if (passed := _to_pass(word, kinds)) is not None:
        return passed
    names: list[str] = []
    for name, element in visible_names(word.scope):
        if element.kind in kinds or element.kind in CONTAINERS:
            names.append(name)
        if len(names) > MOST_SUGGESTED:
            return None
    ending = "." + word.text
    inner = sorted((name for name in set(names) if name.endswith(ending)), key=natural_key)[:2]
    if len(inner) == 1:
        return Rewording(f"did you mean `{inner[0]}`?", word.text, inner[0])
    if inner:
        return "did you mean " + " or ".join(f"`{name}`" for name in inner) + "?"
    return did_you_mean(word.text, names) or _remark(word.text, kinds)


def _remark(name: str, kinds: Kinds) -> str | None:
    """What there is instead of what other tools call so."""
    if name in _OUTSIDE:
        return "what is outside has no name: `uplink nat` in a router is the way out of a lab"
    return _NO_IMAGE if kinds == (ElementKind.IMAGE,) else None


def _to_pass(word: Word, kinds: Kinds) -> str | None:
    """The help for a name that the place of use has, or a place around it."""
    used = _used(word.scope)
    while used is not None and used.user is not None:
        found = find(Word(word.text, used.user))
        if found is not None and found.element.kind in kinds:
            name = "net" if found.element.kind is ElementKind.NETWORK else str(found.element.kind)
            taken = f"an input `{name}` of the template" if used.parent is not None else f"`param {name}` in this file"
            return f"pass it: `({name} = {word.text})` where it is used, {taken}, and `${name}` here"
        used = _used(used.user)
    return None


def _used(scope: Scope | None) -> Scope | None:
    """The innermost scope around a place that a `use` made."""
    return next((one for one in outwards(scope) if one.user is not None), None)


def _report_wrong_kind(word: Word, found: Found, diagnostics: Diagnostics, place: Place, kinds: Kinds) -> None:
    element = found.element
    diagnostics.report(
        catalogue.WRONG_ELEMENT,
        f"{_one_of(kinds)} must stand here, and `{word.text}` {_what_it_is(found)}",
        place,
        related=(_declared(element),),
    )


def _declared(element: Element) -> Label:
    return Label(element.place, f"the {element.kind} is declared here")


def _what_it_is(found: Found) -> str:
    element = found.element
    if found.rest:
        return f"is a part of the {element.kind} `{element.path}`"
    return f"is {_article(element.kind)} {element.kind}"


def _without(text: str, rest: tuple[str, ...]) -> str:
    return text[: len(text) - sum(len(segment) + 1 for segment in rest)]


def _alternatives(kinds: Kinds) -> str:
    names = [str(kind) for kind in kinds]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def _one_of(kinds: Kinds) -> str:
    return f"{_article(kinds[0])} {_alternatives(kinds)}"


def _article(kind: ElementKind) -> str:
    return "an" if str(kind)[0] in "aeiou" else "a"

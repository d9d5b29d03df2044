"""Remedies that are certain, applied to a lab in memory, one after the other: each is checked with all that it changes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path, PurePosixPath
from time import process_time

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.diagnostics.fix import edited
from netdsl.pipeline.analysis import Checked, analyze, shown_folder
from netdsl.pipeline.mending import with_near_misses
from netdsl.semantics.files import FolderReader
from netdsl.semantics.load import load
from netdsl.source import Span

_Key = tuple[str, str, str]
"""A finding's file, rule and message."""

_ABOUT_NAMES = (catalogue.UNKNOWN_NAME, catalogue.UNKNOWN_VALUE, catalogue.UNKNOWN_TEMPLATE, catalogue.NO_MATCH)
_MOST_APPLIED = 50
_MOST_SECONDS = 4.0
"""Bounds on time: after each the lab is checked. Of the processor; what is certain later is left for the next call."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """`checked`: the lab afterwards. `texts`: of each file that changed, by its path below the lab's folder, the text.
    `applied`: the findings that are gone, in the order of their remedies."""

    checked: Checked
    texts: Mapping[str, str]
    applied: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Changed:
    """A folder where some files have other texts than on disk."""

    folder: FolderReader
    texts: Mapping[str, str]

    def canonical(self, path: PurePosixPath) -> PurePosixPath:
        return self.folder.canonical(path)

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        text = self.texts.get(str(self.folder.canonical(path)))
        return self.folder.read(path, limit) if text is None else text.encode()

    def names(self, folder: PurePosixPath) -> tuple[str, ...]:
        return self.folder.names(folder)


@dataclass(slots=True)
class _Fixing:
    path: Path
    parameters: Mapping[str, str]
    is_trusted: bool
    texts: dict[str, str] = field(default_factory=dict)
    applied: list[Diagnostic] = field(default_factory=list)
    refused: set[tuple[_Key, int]] = field(default_factory=set)

    def checked(self, texts: Mapping[str, str]) -> Checked:
        diagnostics = Diagnostics()
        reader = _Changed(FolderReader(self.path.parent, self.path.name), texts)
        sources = load(self.path.name, reader, diagnostics, shown_folder(self.path))
        return analyze(replace(sources, is_trusted=self.is_trusted), self.parameters, diagnostics)

    def next(self, checked: Checked) -> Diagnostic | None:
        """The next finding to mend."""
        found = [one for one in checked.diagnostics if one.fix is not None]
        written = _unknown(found)
        certain = (one for one in found if _place(one) not in self.refused)
        return next((one for one in certain if not _is_declared_otherwise(one, written)), None)

    def apply(self, found: Diagnostic, checked: Checked) -> Checked:
        """The lab with a remedy; without it where the finding stays, or more of its kind come."""
        assert found.fix is not None, "asked for"
        texts = dict(self.texts)
        for source in found.fix.files:
            texts[source.name] = edited(source, found.fix.edits)
        after = self.checked(texts)
        if _alike(found, after) >= _alike(found, checked) or _same(found, after) >= _same(found, checked):
            self.refused.add(_place(found))
            return checked
        self.texts = texts
        self.applied.append(found)
        return after


def fixed(
    path: Path,
    parameters: Mapping[str, str],
    *,
    is_trusted: bool = True,
    clock: Callable[[], float] = process_time,
) -> Fixed:
    """Apply what is certain until nothing is. What a line of an expectation needs is looked for when all else is mended.
    Raises OSError where the file itself cannot be read."""
    fixing, until = _Fixing(path, parameters, is_trusted), clock() + _MOST_SECONDS
    checked = fixing.checked({})
    for _ in range(_MOST_APPLIED):
        if clock() > until:
            return Fixed(checked, fixing.texts, tuple(fixing.applied))
        found = fixing.next(checked)
        if found is None:
            checked = with_near_misses(checked, parameters)
            found = fixing.next(checked)
        if found is None:
            return Fixed(checked, fixing.texts, tuple(fixing.applied))
        checked = fixing.apply(found, checked)
    return Fixed(with_near_misses(checked, parameters), fixing.texts, tuple(fixing.applied))


def _key(found: Diagnostic) -> _Key:
    return found.primary.place.span.source.name, found.rule.code, found.message


def _place(found: Diagnostic) -> tuple[_Key, int]:
    return _key(found), found.primary.place.span.start


def _unknown(found: Iterable[Diagnostic]) -> dict[str, set[Span]]:
    """Where each name stands that is unknown and has a remedy."""
    spans: dict[str, set[Span]] = {}
    for one in found:
        if one.rule in _ABOUT_NAMES and one.fix is not None:
            for edit in one.fix.edits:
                spans.setdefault(edit.span.text, set()).add(edit.span)
    return spans


def _is_declared_otherwise(found: Diagnostic, unknown: Mapping[str, set[Span]]) -> bool:
    """Whether a name is unknown at several places: more likely it is its declaration that is misspelt."""
    if found.rule not in _ABOUT_NAMES or found.fix is None:
        return False
    return len(unknown[found.fix.edits[0].span.text]) > 1


def _same(found: Diagnostic, checked: Checked) -> int:
    """How many findings say the same of a file."""
    return sum(_key(one) == _key(found) for one in checked.diagnostics)


def _alike(found: Diagnostic, checked: Checked) -> int:
    """How many findings of its rule a lab has."""
    return sum(one.rule is found.rule for one in checked.diagnostics)

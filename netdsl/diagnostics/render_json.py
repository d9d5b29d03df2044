"""Findings as JSON: one stable schema, described in docs/diagnostics-format.md."""

import json
from collections.abc import Iterable
from typing import NotRequired, TypedDict

from netdsl.diagnostics.core import Diagnostic, Label
from netdsl.diagnostics.fix import Fix
from netdsl.source import Span

FORMAT_VERSION = 1
"""Incremented when a field changes its meaning or is removed; fields can be added without an increment."""


class Position(TypedDict):
    """`line` and `column` from 1, `offset` from 0, all in Unicode code points."""

    line: int
    column: int
    offset: int


class Stretch(TypedDict):
    file: str
    start: Position
    end: Position


class Spot(TypedDict):
    text: str
    span: Stretch
    via: list[Stretch]


class Change(TypedDict):
    """The text that stands in a stretch afterwards; an empty stretch is a place to insert at."""

    span: Stretch
    text: str


class Remedy(TypedDict):
    title: str
    changes: list[Change]


class Finding(TypedDict):
    code: str
    severity: str
    summary: str
    message: str
    primary: Spot
    related: list[Spot]
    help: str | None
    fixes: list[Remedy]


class Counts(TypedDict):
    errors: int
    warnings: int


class Report(TypedDict):
    """`variant`: of which the findings are, where a lab is compiled for several values of a parameter."""

    format: str
    version: int
    variant: NotRequired[str]
    counts: Counts
    diagnostics: list[Finding]


def render_json(diagnostics: Iterable[Diagnostic], *, variant: str = "") -> str:
    """All findings in the given order, as one ASCII JSON document with a line end."""
    document = report(diagnostics)
    if variant:
        document["variant"] = variant
    return json.dumps(document, indent=2) + "\n"


def report(diagnostics: Iterable[Diagnostic]) -> Report:
    """The document as plain data."""
    found = tuple(diagnostics)
    errors = sum(diagnostic.is_error for diagnostic in found)
    return {
        "format": "netdsl-diagnostics",
        "version": FORMAT_VERSION,
        "counts": {"errors": errors, "warnings": len(found) - errors},
        "diagnostics": [_finding(diagnostic) for diagnostic in found],
    }


def _finding(diagnostic: Diagnostic) -> Finding:
    return {
        "code": diagnostic.rule.code,
        "severity": diagnostic.rule.severity.value,
        "summary": diagnostic.rule.summary,
        "message": diagnostic.message,
        "primary": _spot(diagnostic.primary),
        "related": [_spot(label) for label in diagnostic.related],
        "help": diagnostic.help,
        "fixes": [_remedy(fix) for fix in diagnostic.fixes],
    }


def _remedy(fix: Fix) -> Remedy:
    return {
        "title": fix.title,
        "changes": [{"span": _stretch(edit.span), "text": edit.text} for edit in fix.edits],
    }


def _spot(label: Label) -> Spot:
    return {
        "text": label.text,
        "span": _stretch(label.place.span),
        "via": [_stretch(span) for span in label.place.via],
    }


def _stretch(span: Span) -> Stretch:
    return {
        "file": span.source.path,
        "start": _position(span, span.start),
        "end": _position(span, span.end),
    }


def _position(span: Span, offset: int) -> Position:
    line, column = span.source.position(offset)
    return {"line": line, "column": column, "offset": offset}

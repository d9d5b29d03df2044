"""Findings as SARIF 2.1.0, which code hosts and editors read.

Source: OASIS, 'Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01',
28 August 2023; section numbers below are its. Dictionaries here are the format's own objects.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from netdsl.diagnostics.core import Diagnostic, Label, Rule
from netdsl.diagnostics.explain import explain
from netdsl.diagnostics.fix import Fix
from netdsl.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Json = str | int | bool | Sequence["Json"] | Mapping[str, "Json"]
Object = Mapping[str, Json]


def render_sarif(diagnostics: Iterable[Diagnostic], *, version: str, variant: str = "") -> str:
    """A SARIF log of one run, in ASCII, with the rules of the findings and their pages as help.

    `version`: netdsl's. `variant`: what tells the run from others of the same lab. The run is marked as successful:
    findings are no failure of the tool.
    """
    found = tuple(diagnostics)
    rules = sorted({diagnostic.rule for diagnostic in found}, key=lambda rule: rule.code)
    index = {rule.code: number for number, rule in enumerate(rules)}
    log: Object = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "netdsl",
                        "semanticVersion": version,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "invocations": [{"executionSuccessful": True}],
                **({"automationDetails": {"id": f"netdsl/{variant}"}} if variant else {}),
                "columnKind": "unicodeCodePoints",
                "results": [_result(diagnostic, index) for diagnostic in found],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(rule: Rule) -> Object:
    page = explain(rule.code)
    shown: dict[str, Json] = {
        "id": rule.code,
        "shortDescription": {"text": rule.summary},
        "defaultConfiguration": {"level": rule.severity.value},
    }
    if page is not None:
        shown["help"] = {"text": page, "markdown": page}
    return shown


def _result(diagnostic: Diagnostic, index: Mapping[str, int]) -> Object:
    text = diagnostic.message if diagnostic.help is None else f"{diagnostic.message}\nhelp: {diagnostic.help}"
    result: dict[str, Json] = {
        "ruleId": diagnostic.rule.code,
        "ruleIndex": index[diagnostic.rule.code],
        "level": diagnostic.rule.severity.value,
        "message": _message(text),
        "locations": [_location(diagnostic.primary.place.span, diagnostic.primary.text)],
    }
    related = _related(diagnostic)
    if related:
        result["relatedLocations"] = [
            {"id": number, **_location(label.place.span, label.text)} for number, label in enumerate(related, start=1)
        ]
    if diagnostic.fixes:
        result["fixes"] = [_fix(fix) for fix in diagnostic.fixes]
    return result


def _fix(fix: Fix) -> Object:
    """What to write where (3.55); a region of no characters is a place to insert at (3.57.3)."""
    changes: list[Json] = [
        {"artifactLocation": {"uri": uri(source.path)}, "replacements": _replacements(fix, source.name)}
        for source in fix.files
    ]
    return {"description": _message(fix.title), "artifactChanges": changes}


def _replacements(fix: Fix, file: str) -> Sequence[Json]:
    return [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
        if edit.span.source.name == file
    ]


def _related(diagnostic: Diagnostic) -> tuple[Label, ...]:
    place = diagnostic.primary.place
    return (*diagnostic.related, *(Label(place.at(span), "in this use") for span in place.via))


def _location(span: Span, text: str) -> Object:
    location: dict[str, Json] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri(span.source.path)},
            "region": _region(span),
        }
    }
    if text:
        location["message"] = _message(text)
    return location


def _region(span: Span) -> Object:
    """Lines and columns from 1; the end column is that after the last character (3.30.8)."""
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }


def _message(text: str) -> Object:
    """Braces doubled, as single ones are placeholders (3.11.5); no `](`, which makes a link (3.11.6)."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "\\](")}


def uri(name: str) -> str:
    """A file name as a URI reference (3.4.3): relative names stay relative, unsafe characters are percent-encoded."""
    path = quote(name, safe="/", errors="backslashreplace")
    return f"file://{path}" if name.startswith("/") else path

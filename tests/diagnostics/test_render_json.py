"""Findings as JSON: the schema of docs/diagnostics-format.md."""

import json

from netdsl.diagnostics.catalogue import NO_ROUTE, UNKNOWN_NAME
from netdsl.diagnostics.core import Diagnostic, Label
from netdsl.diagnostics.fix import Edit, Fix
from netdsl.diagnostics.render_json import render_json
from netdsl.source import Place, SourceFile, Span

LAB = SourceFile("lab.net", 'lab x\nuse t\nhost "é" {\n')
USE = Span(LAB, 6, 11)
NAME = Span(LAB, 17, 20)


def test_a_finding_holds_code_message_places_and_help() -> None:
    found = Diagnostic(
        UNKNOWN_NAME,
        "m",
        Label(Place(NAME, (USE,)), "l"),
        (Label(Place(USE), "r"),),
        "h",
    )
    name = {
        "file": "lab.net",
        "start": {"line": 3, "column": 6, "offset": 17},
        "end": {"line": 3, "column": 9, "offset": 20},
    }
    use = {
        "file": "lab.net",
        "start": {"line": 2, "column": 1, "offset": 6},
        "end": {"line": 2, "column": 6, "offset": 11},
    }
    assert json.loads(render_json([found])) == {
        "format": "netdsl-diagnostics",
        "version": 1,
        "counts": {"errors": 1, "warnings": 0},
        "diagnostics": [
            {
                "code": "unknown-name",
                "severity": "error",
                "summary": UNKNOWN_NAME.summary,
                "message": "m",
                "primary": {"text": "l", "span": name, "via": [use]},
                "related": [{"text": "r", "span": use, "via": []}],
                "help": "h",
                "fixes": [],
            }
        ],
    }


def test_a_fix_is_changes_of_stretches() -> None:
    fix = Fix("t", (Edit(NAME, "z"), Edit(Span(NAME.source, NAME.end, NAME.end), " w")))
    (shown,) = json.loads(render_json([Diagnostic(UNKNOWN_NAME, "m", Label(Place(NAME)), fixes=(fix,))]))["diagnostics"]
    (remedy,) = shown["fixes"]
    changes = [(one["span"]["start"]["offset"], one["span"]["end"]["offset"], one["text"]) for one in remedy["changes"]]
    assert remedy["title"] == "t"
    assert changes == [(NAME.start, NAME.end, "z"), (NAME.end, NAME.end, " w")]


def test_a_variant_is_named() -> None:
    assert json.loads(render_json([], variant="student=4"))["variant"] == "student=4"
    assert "variant" not in json.loads(render_json([]))


def test_no_finding_is_a_document_too() -> None:
    assert json.loads(render_json([]))["diagnostics"] == []


def test_what_is_missing_is_null() -> None:
    found = Diagnostic(NO_ROUTE, "m", Label(Place(NAME)))
    shown = json.loads(render_json([found]))
    assert shown["diagnostics"][0]["help"] is None
    assert shown["counts"] == {"errors": 0, "warnings": 1}


def test_everything_is_ascii_and_round_trips() -> None:
    nasty = 'é\x1b[31m"\\\u202e\ud800 </script>'
    found = Diagnostic(UNKNOWN_NAME, nasty, Label(Place(NAME), nasty), (), nasty)
    text = render_json([found])
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["diagnostics"][0]["message"] == nasty

"""Findings as they are collected, and how many of one kind are drawn."""

import pytest

from netdsl.diagnostics.catalogue import UNKNOWN_NAME
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.render_text import render_text
from netdsl.source import Place, SourceFile, Span


def place(text: str, via: tuple[Span, ...] = ()) -> Place:
    return Place(Span(SourceFile("lab.net", text), 0, len(text)), via)


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("host a {\n interface on n\n}", "host a"),
        ("host a-${i} { }", "host a-${i}"),
        ("interface on n", "interface on n"),
        ("{", "{"),
        ('run "echo { }"', 'run "echo { }"'),
    ],
)
def test_of_a_statement_with_a_block_its_head_is_shown(statement: str, shown: str) -> None:
    found = Diagnostics()
    found.report(UNKNOWN_NAME, "x", place(statement))
    assert [one.primary.place.span.text for one in found] == [shown]


def told(times: int) -> str:
    """As text, one finding at one place in so many uses of a template."""
    found = Diagnostics()
    source = SourceFile("lab.net", "use t\n" * times)
    for number in range(times):
        found.report(
            UNKNOWN_NAME, f"turn {number}", place("default via b", (Span(source, 6 * number, 6 * number + 5),))
        )
    return render_text(found)


def test_two_alike_are_drawn_both() -> None:
    assert [line for line in told(2).splitlines() if line.startswith("error")] == [
        "error[unknown-name]: turn 0",
        "error[unknown-name]: turn 1",
    ]


def test_many_alike_are_drawn_once_and_counted() -> None:
    text = told(7)
    assert [line for line in text.splitlines() if line.startswith("error")] == ["error[unknown-name]: turn 0"]
    assert "= note: and 6 more at this place, in other turns or uses" in text
    assert text.endswith("\n\n7 errors\n")

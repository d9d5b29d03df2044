"""Whatever a source holds and wherever a span lies, a finding is shown, and nothing commands the terminal."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from netdsl.diagnostics.catalogue import UNKNOWN_NAME
from netdsl.diagnostics.core import Diagnostic, Label
from netdsl.diagnostics.render_json import render_json
from netdsl.diagnostics.render_sarif import render_sarif
from netdsl.diagnostics.render_text import render_text
from netdsl.source import Place, SourceFile, Span

TEXTS = st.text(alphabet=st.one_of(st.sampled_from("a \t\n\r{}$\x1b\u202e\u0301网\u2028"), st.characters()))


@st.composite
def findings(draw: st.DrawFn) -> Diagnostic:
    source = SourceFile(draw(TEXTS), draw(TEXTS))

    def span() -> Span:
        ends = sorted(draw(st.tuples(*[st.integers(0, len(source.text))] * 2)))
        return Span(source, ends[0], ends[1])

    primary = Label(Place(span(), tuple(span() for _ in range(draw(st.integers(0, 3))))), draw(TEXTS))
    related = tuple(Label(Place(span()), draw(TEXTS)) for _ in range(draw(st.integers(0, 3))))
    return Diagnostic(UNKNOWN_NAME, draw(TEXTS), primary, related, draw(st.none() | TEXTS))


@given(st.lists(findings(), min_size=1, max_size=3), st.integers(1, 200))
@settings(max_examples=150, deadline=None)
def test_text_holds_nothing_that_a_terminal_obeys(found: list[Diagnostic], width: int) -> None:
    text = render_text(found, width=width)
    assert all(one == "\n" or (one >= " " and one not in "\x7f\u202e\u2028") for one in text)
    assert not any("\x80" <= one <= "\x9f" for one in text)


@given(st.lists(findings(), max_size=3))
@settings(max_examples=100, deadline=None)
def test_json_and_sarif_are_ascii_documents(found: list[Diagnostic]) -> None:
    for text in (render_json(found), render_sarif(found, version="0.1.0")):
        assert text.isascii()
        json.loads(text)

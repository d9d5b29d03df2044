"""What holds for every source."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from netdsl.diagnostics.core import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax.format import format_source
from netdsl.syntax.parser import parse
from tests.syntax.shape import shape
from tests.syntax.strategies import mutated, sources

_RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def _parsed(text: str) -> tuple[object, list[str]]:
    diagnostics = Diagnostics()
    document = parse(SourceFile("x.net", text), diagnostics)
    return shape(document.statements), [f"{found.primary.place}: {found.message}" for found in diagnostics]


@_RELAXED
@given(sources())
def test_what_the_grammar_makes_is_read_without_a_word(text: str) -> None:
    _, messages = _parsed(text)
    assert [message for message in messages if "a string where" not in message and "gateway" not in message] == []


@_RELAXED
@given(sources())
def test_formatting_keeps_the_tree_and_formatting_again_changes_nothing(text: str) -> None:
    formatted = format_source(SourceFile("x.net", text), Diagnostics())
    if formatted is None:
        return
    assert _parsed(formatted) == _parsed(text)
    assert format_source(SourceFile("x.net", formatted), Diagnostics()) == formatted


@_RELAXED
@given(sources())
def test_formatting_keeps_every_comment(text: str) -> None:
    formatted = format_source(SourceFile("x.net", text), Diagnostics())
    if formatted is not None:
        assert formatted.count("# why") == text.count("# why")
        assert formatted.count("# a line") == text.count("# a line")


@_RELAXED
@given(mutated(sources()))
@example("identity  of $x for ${(x + x)}, # why\n    $x-to-cloud,")
def test_a_broken_source_is_read_to_its_end_with_at_most_one_syntax_error_for_a_line(text: str) -> None:
    diagnostics = Diagnostics()
    source = SourceFile("x.net", text)
    parse(source, diagnostics)
    for found in diagnostics:
        assert 0 <= found.primary.place.span.start <= found.primary.place.span.end <= len(text)


@_RELAXED
@given(st.text(max_size=200))
def test_any_text_is_read_to_its_end(text: str) -> None:
    parse(SourceFile("x.net", text), Diagnostics())

"""Whatever stands in a source: no exception, no hang, no output beside an error, and an output that parsers can read."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutation import corpus
from tests.fuzz.sources import mutated_sources, tried
from tests.syntax.strategies import mutated, sources

SHARDS, CASES = 10, 1000

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(SHARDS))
def test_mutated_labs(seed: int, tmp_path: Path) -> None:
    found = mutated_sources(seed, CASES, tmp_path)
    assert found.troubles == ()
    print(f"seed {seed}: {CASES} sources, {found.used} past the parser, {found.done} compiled")  # noqa: T201
    assert found.used >= CASES / 3
    assert found.done >= CASES / 20


@settings(max_examples=1500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(sources())
def test_sources_of_the_grammar(text: str) -> None:
    tried(f"lab x\nnetwork a 10.0.0.0/24\n{text}")


@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(mutated(st.sampled_from(corpus())))
def test_pieces_lost_and_made_up(text: str) -> None:
    tried(text)


@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.text())
def test_any_text(text: str) -> None:
    assert tried(text).files is None


DEPTH = 10_000
NESTED = {
    "blocks": "host a {" * DEPTH,
    "closed blocks": "if $x {\n" * DEPTH + "}\n" * DEPTH,
    "else if": "if 1 == 1 { }" + " else if 1 == 1 { }" * DEPTH,
    "parentheses": "let x = ${" + "(" * DEPTH + "1" + ")" * DEPTH + "}",
    "calls": "let x = ${" + "len(" * DEPTH + "1" + ")" * DEPTH + "}",
    "signs": "let x = ${" + "- " * DEPTH + "1}",
    "sums": "let x = ${1" + " + 1" * DEPTH + "}",
    "powers of two": "let x0 = 2\n" + "".join(f"let x{n + 1} = ${{x{n} * x{n}}}\n" for n in range(200)) + "let y = $x200",
    "lists": "let x = " + "[" * DEPTH + "1" + "]" * DEPTH,
    "lists of lists": "let x0 = [1, 1]\n" + "".join(f"let x{n + 1} = [$x{n}, $x{n}]\n" for n in range(60))
    + "let y = $x60",
    "conditions": "if " + "(" * DEPTH + "1 == 1" + ")" * DEPTH + " { }",
    "negations": "if " + "not " * DEPTH + "1 == 1 { }",
    "alternatives": "if 1 == 1" + " or 1 == 1" * DEPTH + " { }",
    "braces in strings": 'lab x "' + "${" * DEPTH + '"',
    "strings in braces": "let x = ${" + '"${' * DEPTH,
    "values": "".join(f"let x{n} = $x{n + 1}\n" for n in range(DEPTH)) + f"let x{DEPTH} = 1",
    "texts": 'let x0 = "ab"\n' + "".join(f'let x{n + 1} = "$x{n}$x{n}"\n' for n in range(60)) + "let y = $x60",
    "templates": "".join(f"template t{n}() {{ use t{n + 1}() }}\n" for n in range(DEPTH)) + "use t0()",
    "loops": "".join(f"for i{n} in 1..9 {{\n" for n in range(60)) + "host a { }\n" + "}\n" * 60,
    "doubling templates": "".join(f"template t{n}() {{ use t{n + 1}() ; use t{n + 1}() }}\n" for n in range(60))
    + "use t0()",
    "checks": "expect " + "{ if 1 == 1 " * DEPTH,
    "quotes": '"' * DEPTH,
    "a long word": "host " + "a" * 1_000_000 + " { }",
    "a long path": "host " + "a." * 100_000 + "a { }",
    "a long number": "let x = " + "9" * 100_000,
    "a long sum": "let x = ${" + "9" * 100_000 + " + 1}",
    "long digits": "let x = ${1" + " * 99999999999" * 2000 + "}\nhost a$x { }",
}  # fmt: skip


@pytest.mark.parametrize("kind", NESTED)
def test_nesting_and_growth(kind: str) -> None:
    outcome = tried(f"lab x\n{NESTED[kind]}\n")
    assert outcome.files is None
    assert outcome.errors
    assert len(outcome.rendered()) < 200_000

"""What holds of every expansion, whatever the lab."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netdsl.semantics.items import Expanded, Scope
from netdsl.semantics.scopes import find
from netdsl.semantics.values import Word
from netdsl.syntax.description import ElementKind
from tests.semantics.expanding import expanded

NAMES = ("a", "b", "c-$i", "d$n", "$x", "Bad", "e.f")
VALUES = ("1", "2", "a", "$i", "$n", "$x", "${n + 1}", "${i / n}", "10.$i.0.0/24", "1..3", "a, b", "[1, 2], 3", "$none")
CONDITIONS = ("$n == 1", "$i > 1 and $n != 2", "not $x == a", "$n", "yes")

names, values = st.sampled_from(NAMES), st.sampled_from(VALUES)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, max_size=4).map(lambda lines: "{\n" + "\n".join(lines) + "\n}")
    return st.one_of(
        st.builds("for i in {} {}".format, values, body),
        st.builds("if {} {}".format, st.sampled_from(CONDITIONS), body),
        st.builds("template {}(n = 1, x) {}".format, st.sampled_from("tu"), body),
        st.builds("host {} {}".format, names, body),
    )


statements = st.recursive(
    st.one_of(
        st.builds("network {} {}".format, names, values),
        st.builds("let {} = {}".format, st.sampled_from("nx"), values),
        st.builds("use {} as {} (x = {})".format, st.sampled_from("tu"), names, st.sampled_from(("1", "a", "$n"))),
        st.builds("use {} (x = {}, n = 2)".format, st.sampled_from("tu"), st.sampled_from(("1", "a", "$n"))),
    ),
    _blocks,
    max_leaves=12,
)
labs = st.lists(statements, max_size=8).map("\n".join)


def scopes_of(scope: Scope) -> list[Scope]:
    return [scope, *(below for inner in scope.inner.values() for below in scopes_of(inner))]


def facts(lab: Expanded) -> list[str]:
    found = [f"{one.rule.code} {one.message} {one.primary.place}" for one in lab.diagnostics]
    return [*found, *(f"{item.scope.path} {item.name} {item.place}" for item in lab.items)]


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(labs)
def test_every_expansion(text: str) -> None:
    lab = expanded(text)
    scopes = scopes_of(lab.root)
    has_errors = lab.diagnostics.has_errors

    assert has_errors or not any(scope.is_incomplete for scope in scopes), "what is missing is told"
    for scope in scopes:
        for name, element in scope.elements.items():
            assert element.path == scope.qualified(name), "an element's path is where it is found"
            found = find(Word(element.path, lab.root))
            assert found is not None
            assert found.element is element
        assert set(scope.inner) == {
            name for name, element in scope.elements.items() if element.kind in (ElementKind.SCOPE, ElementKind.IMPORT)
        }
    assert facts(lab) == facts(expanded(text)), "the same source is the same lab"

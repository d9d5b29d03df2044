"""Names: what a word stands for, and what is said of one that stands for nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netdsl.diagnostics.core import Diagnostic
from netdsl.semantics.items import Expanded
from netdsl.semantics.scopes import locate, lookup, match, natural_key, segment_matches
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax.description import ElementKind
from tests.semantics.expanding import expanded

TEXT = """
network lan 10.0.0.0/24
template site {
  network inside
  router gw { interface on inside }
  for i in 1..12 { host client-$i { } }
}
use site as a
use site as b
host pc-9 { }
"""
NODE = (ElementKind.NODE,)


@pytest.fixture
def lab() -> Expanded:
    return expanded(TEXT)


def nowhere(lab: Expanded) -> Place:
    return lab.items[0].place


def only(lab: Expanded) -> Diagnostic:
    (found,) = lab.diagnostics
    return found


def test_a_path_walks_through_scopes(lab: Expanded) -> None:
    found = locate(Word("a.gw.inside", lab.root), lab.diagnostics, nowhere(lab), NODE)
    assert found is not None
    assert (found.element.path, found.rest) == ("a.gw", ("inside",))


def test_a_scope_sees_its_own_names_and_those_around_it(lab: Expanded) -> None:
    inner = lab.root.inner["a"]
    names = [("gw", NODE), ("lan", (ElementKind.NETWORK,)), ("b.gw", NODE)]
    found = [lookup(Word(name, inner), lab.diagnostics, nowhere(lab), kinds) for name, kinds in names]
    assert [element.path for element in found if element] == ["a.gw", "lan", "b.gw"]


def test_a_pattern_stands_for_all_that_match_sorted_by_number(lab: Expanded) -> None:
    matches = match(Word("a.client-1*", lab.root), lab.diagnostics, nowhere(lab), NODE)
    assert [found.element.path for found in matches] == [
        "a.client-1", "a.client-10", "a.client-11", "a.client-12",
    ]  # fmt: skip


def test_a_pattern_may_stand_for_scopes(lab: Expanded) -> None:
    matches = match(Word("*.gw.inside", lab.root), lab.diagnostics, nowhere(lab), NODE)
    assert [(found.element.path, found.rest) for found in matches] == [
        ("a.gw", ("inside",)),
        ("b.gw", ("inside",)),
    ]


def test_a_pattern_stands_for_elements_before_parts_of_others(lab: Expanded) -> None:
    matches = match(Word("*.client-1", lab.root), lab.diagnostics, nowhere(lab), NODE)
    assert [(found.element.path, found.rest) for found in matches][:1] == [("a.client-1", ())]
    assert "pc-9" not in [found.element.path for found in matches], "no interface `client-1` of the node `pc-9`"


def test_a_pattern_stays_in_the_nearest_scope(lab: Expanded) -> None:
    inner = lab.root.inner["a"]
    matches = match(Word("client-9*", inner), lab.diagnostics, nowhere(lab), NODE)
    assert [found.element.path for found in matches] == ["a.client-9"]


def test_the_first_kind_that_matches_counts(lab: Expanded) -> None:
    kinds = (ElementKind.NODE, ElementKind.NETWORK)
    assert [one.element.path for one in match(Word("*", lab.root), lab.diagnostics, nowhere(lab), kinds)] == ["pc-9"]
    assert [one.element.path for one in match(Word("l*", lab.root), lab.diagnostics, nowhere(lab), kinds)] == ["lan"]


@pytest.mark.parametrize(
    ("name", "code", "help_text"),
    [
        ("gw", "unknown-name", "did you mean `a.gw` or `b.gw`?"),
        ("a.gv", "unknown-name", "did you mean `a.gw`?"),
        ("cp-9", "unknown-name", "did you mean `pc-9`?"),
        ("zzzzzz", "unknown-name", None),
        ("lan", "wrong-element", None),
        ("a", "wrong-element", None),
        ("a.gw.inside", "wrong-element", "the node is `a.gw`"),
        ("a.*", "pattern-not-allowed", None),
    ],
)
def test_a_word_that_names_no_node(lab: Expanded, name: str, code: str, help_text: str | None) -> None:
    assert lookup(Word(name, lab.root), lab.diagnostics, nowhere(lab), NODE) is None
    assert (only(lab).rule.code, only(lab).help) == (code, help_text)


OUTER = """
lab x
import "site.net" as site
template inner { host h { interface on trunk } }
template outer { network trunk 10.0.0.0/24 ; use inner as i }
router gw
use outer as o
use site as s
"""


@pytest.mark.parametrize(
    ("scope", "name", "kind", "help_text"),
    [
        (
            "o.i",
            "trunk",
            ElementKind.NETWORK,
            "pass it: `(net = trunk)` where it is used, an input `net` of the template, and `$net` here",
        ),
        (
            "s",
            "gw",
            ElementKind.NODE,
            "pass it: `(node = gw)` where it is used, `param node` in this file, and `$node` here",
        ),
        (
            "s.l",  # a template of the file: it sees the file's params
            "gw",
            ElementKind.NODE,
            "pass it: `(node = gw)` where it is used, `param node` in this file, and `$node` here",
        ),
        ("s", "gw", ElementKind.NETWORK, None),
        ("o", "nowhere", ElementKind.NODE, None),
    ],
)
def test_a_name_of_the_place_of_use_is_to_be_passed(
    scope: str, name: str, kind: ElementKind, help_text: str | None
) -> None:
    lab = expanded(OUTER, {"site.net": "network lan 10.1.0.0/24\ntemplate t { host h }\nuse t as l\n"})
    inside = lab.root
    for segment in scope.split("."):
        inside = inside.inner[segment]
    assert lookup(Word(name, inside), lab.diagnostics, nowhere(lab), (kind,)) is None
    assert only(lab).help == help_text


def test_another_kind_of_element_is_shown_where_it_is_declared(lab: Expanded) -> None:
    lookup(Word("lan", lab.root), lab.diagnostics, nowhere(lab), NODE)
    assert only(lab).message == "a node must stand here, and `lan` is a network"
    assert [str(label.place) for label in only(lab).related] == ["lab.net:2:9"]


def test_a_pattern_that_matches_nothing(lab: Expanded) -> None:
    assert match(Word("x-*", lab.root), lab.diagnostics, nowhere(lab), NODE) == ()
    assert (only(lab).rule.code, only(lab).message) == ("no-match", "`x-*` matches no node")


@given(st.text("ab-*", max_size=8), st.text("ab-", max_size=8))
def test_a_star_stands_for_any_characters(pattern: str, name: str) -> None:
    def matches(pattern: str, name: str) -> bool:
        if not pattern:
            return not name
        if pattern[0] == "*":
            return matches(pattern[1:], name) or (bool(name) and matches(pattern, name[1:]))
        return bool(name) and pattern[0] == name[0] and matches(pattern[1:], name[1:])

    assert segment_matches(pattern, name) == matches(pattern, name)


@given(st.lists(st.integers(0, 10_000)))
def test_numbers_in_names_sort_as_numbers(numbers: list[int]) -> None:
    names = [f"a.client-{number}" for number in numbers]
    assert sorted(names, key=natural_key) == [f"a.client-{number}" for number in sorted(numbers)]

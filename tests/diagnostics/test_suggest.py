"""'Did you mean' finds one typing mistake, and keeps silent where nothing is near."""

import pytest

from netdsl.diagnostics.suggest import closest, did_you_mean, edit_distance


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        ("netwrok", ["network", "node"], "network"),  # two neighbours swapped is one edit
        ("clint-1", ["client-1", "client-2"], "client-1"),
        ("routr", ["router", "route"], "route"),  # both one edit away: the alphabet decides
        ("gateway", ["server", "client"], None),
        ("gw", ["gw-a", "ns"], None),
        ("gw", ["g", "fw"], "fw"),
        ("a", ["b"], None),  # nothing of the word would be left
        ("a", ["ab"], "ab"),
        ("lan", ["lan"], None),
        ("lan", [], None),
        ("", ["a"], None),
        ("interafce", ["interfaces", "interface"], "interface"),
        ("x" * 100, ["x" * 99], None),
    ],
)
def test_the_nearest_candidate_is_chosen(word: str, candidates: list[str], expected: str | None) -> None:
    assert closest(word, candidates) == expected


def test_the_help_names_the_candidate() -> None:
    assert did_you_mean("forwrad", ["forward", "input", "output"]) == "did you mean `forward`?"
    assert did_you_mean("quux", ["forward", "input", "output"]) is None


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [("", "", 0), ("", "ab", 2), ("ab", "ba", 1), ("abc", "acb", 1), ("kitten", "sitting", 3), ("a", "", 1)],
)
def test_a_distance_counts_inserts_deletes_replacements_and_swaps(left: str, right: str, distance: int) -> None:
    assert edit_distance(left, right, 5) == distance


def test_a_distance_over_the_limit_is_none() -> None:
    assert edit_distance("kitten", "sitting", 2) is None


def test_the_order_of_candidates_does_not_matter() -> None:
    names = ["wan-b", "wan-a", "wan-c"]
    assert closest("wan-", names) == closest("wan-", names[::-1]) == "wan-a"


@pytest.mark.parametrize(
    ("word", "expected"),
    [("cleint-4999", "client-4999"), ("client-49990", "client-4990"), ("client-499_", "client-499"), ("server", None)],
)
def test_among_thousands_one_edit_is_found(word: str, expected: str | None) -> None:
    assert closest(word, [f"client-{number}" for number in range(5000)]) == expected


def test_thousands_of_words_among_thousands_come_to_an_end() -> None:
    """Comparing each with each would take minutes."""
    names = {f"client-{number}" for number in range(5000)}
    found = [closest(f"cleint-{number}0", names) for number in range(2000)]
    assert found[10] == "client-100"

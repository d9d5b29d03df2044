"""What the values of a lab cost is bounded for all of them together: members of lists, parts of expressions, messages."""

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.pipeline.analysis import check_text
from netdsl.semantics import scopes, texts
from tests.bounds.test_work import counted

MANY = "let a = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10\nlet b = $a, $a, $a, $a, $a, $a, $a, $a, $a, $a\n"
OVER = "the lab reads more than 1,000 values, in all turns of its loops together"


def errors(source: str) -> list[str]:
    found = check_text(
        f"lab x\nnetwork n 10.0.0.0/24\nhost h {{ interface on n }}\n{MANY}{source}".encode()
    ).diagnostics
    return [one.message for one in found if one.is_error]


@pytest.mark.parametrize(
    "statement",
    [
        "let _c = [$b, 1]",
        "let _c = ${hash(b)}",
        "if $b == $a { host k-$i { interface on n } }",
        "let _c = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26]",
        "if " + " and ".join(["$i == 0"] * 30) + " { host k-$i { interface on n } }",
        "let _c = ${" + " + ".join(["1"] * 30) + "}",
    ],
)
def test_values_that_are_read_are_counted_in_each_turn(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netdsl.semantics.extent.MOST_VALUES", 1000)
    assert errors(f"for i in 1..3 {{ {statement} }}") == []
    assert errors(f"for i in 1..90 {{ {statement} }}") == [OVER]


def test_a_list_is_counted_wherever_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netdsl.semantics.extent.MOST_VALUES", 1000)
    hosts = "let c = ${subnet(10.1.0.0/16, 24, 1)}, ${subnet(10.1.0.0/16, 24, 2)}, ${subnet(10.1.0.0/16, 24, 3)}\n"
    route = "for i in 1..%d { host r-$i { interface on n ; route $c via h } }"
    assert errors(hosts + route % 3) == []
    assert errors(hosts + route % 250)[-1:] == [OVER]


def test_a_member_that_is_picked_costs_no_look_at_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netdsl.semantics.extent.MOST_VALUES", 1000)
    assert errors("for i in 1..90 { let _c = ${pick(b, i)} }") == []


def test_of_a_long_list_a_message_reads_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    read = counted(texts, "text_of", monkeypatch)
    assert (
        texts.described(tuple(range(10_000)))
        == "`[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, …` is a list"
    )
    assert read.calls <= 61


def test_of_too_many_findings_the_first_are_kept_and_an_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netdsl.diagnostics.core.MOST_PLACES", 10)
    template = "template t { interface on $x }\nfor i in 1..9 { host k-$i { use t (x = nope-$i) } }\n"
    source = f"lab x\nnetwork n 10.0.0.0/24\n{template.replace('t {', 't(x) {')}"
    found = check_text(source.encode()).diagnostics
    codes = [one.rule.code for one in found]
    assert codes.count("unknown-name") == 5
    assert codes.count("loop-limit") == 1
    assert found.has_errors


def test_warnings_that_are_not_kept_leave_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netdsl.diagnostics.core.MOST_PLACES", 1)
    found: Diagnostics = check_text(
        b"lab x\nnetwork n 10.0.0.0/24\nhost a { interface on n }\nlet b = 1\nlet c = 1\n"
    ).diagnostics
    assert [one.message for one in found] == [
        "nothing uses the value `b`",
        "the lab has more findings than can be listed: 1 places are the most",
    ]
    assert found.has_errors


def test_findings_that_are_equal_count_for_the_search_of_near_names(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = counted(scopes, "visible_names", monkeypatch)
    source = (
        "lab x\nnetwork n 10.0.0.0/24\ntemplate t { host h { interface on nope } }\nfor i in 1..300 { use t as s-$i }\n"
    )
    assert [one.rule.code for one in check_text(source.encode()).diagnostics] == ["unknown-name"]
    assert searched.calls <= scopes.MOST_FINDINGS + 1

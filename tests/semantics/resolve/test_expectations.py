"""Expectations: lists taken apart, names resolved."""

import pytest

from netdsl.ir.expectation import Encrypted, GoesThrough, Reaches, Resolves, RoutesVia, TunnelUp
from netdsl.semantics.resolve import work
from tests.semantics.resolve.resolving import NODES, codes, only, resolved

LAB = (
    NODES.replace("default via gw }", "default via gw ; serve http app }") + "ipsec t { between gw and b ; auth psk }\n"
)


def claims(line: str) -> list[object]:
    (expectation,) = resolved(LAB + f"expect {{ {line} }}").expectations
    return [one.claim for one in expectation.lines]


def pairs(line: str) -> list[tuple[str, str | None]]:
    return [(one.source, one.goal.node) for one in claims(line) if isinstance(one, Reaches)]


def test_each_source_with_each_goal_but_nobody_with_himself() -> None:
    assert pairs("a, b reach a, gw, b") == [("a", "gw"), ("a", "b"), ("b", "a"), ("b", "gw")]


def test_a_network_as_source_is_every_node_on_it() -> None:
    assert pairs("lan reaches b") == [("gw", "b"), ("a", "b")]


def test_a_network_as_goal_stays_one() -> None:
    (one,) = claims("a reaches wan http")
    assert isinstance(one, Reaches)
    assert (one.goal.network, [str(service) for service in one.goal.services]) == ("wan", ["tcp/80"])


def test_all_that_a_line_can_say() -> None:
    (one,) = claims("a reaches gw.wan ipv4 tcp/80 answered by b.app through t without fragmentation up to 1400")
    assert isinstance(one, Reaches)
    assert (one.goal.node, one.goal.interface, one.goal.family) == ("gw", "wan", 4)
    assert (one.answered_by, one.through, one.is_negative) == (("b", "app"), ("t",), False)
    assert one.whole_up_to == 1400


def test_each_kind_of_line() -> None:
    kinds = claims(
        "t, t.t are not up\na to b is not encrypted on lan\na to b goes through gw\na resolves www.example to b\n"
        "a routes 10.9.0.0/16 via gw"
    )
    assert [type(one) for one in kinds] == [TunnelUp, TunnelUp, Encrypted, GoesThrough, Resolves, RoutesVia]


def test_a_line_is_worth_what_it_says_else_what_its_block_says() -> None:
    lab = resolved(
        LAB + "expect points 3 { a, b reach gw points 2 ; a reaches b }\nexpect failure points 5 { t is up }"
    )
    first, second = lab.expectations
    assert [line.points for line in first.lines] == [2, 2, 3]
    assert (first.points, second.points) == (3, 5)
    assert [block.points for block in resolved(LAB + "expect { a reaches b }").expectations] == [1]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("expect { a reaches b points 0 }", "out-of-range"),
        ("expect { a reaches b points -1 }", "out-of-range"),
        ("expect { a reaches b points 1001 }", "out-of-range"),
        ("expect points 0 { a reaches b }", "out-of-range"),
        ("expect { a reaches b points 0.5 }", "wrong-kind"),
        ("expect { a reaches b points few }", "wrong-kind"),
    ],
)
def test_points_that_are_none(line: str, code: str) -> None:
    assert codes(LAB + line) == [code]


def test_the_state_of_a_link_and_of_a_tunnel() -> None:
    lab = resolved(LAB + 'expect "x" while gw -- b down within 1s { a reaches gw }\nexpect while t up { a reaches b }')
    first, second = lab.expectations
    assert first.state is not None
    assert second.state is not None
    assert (first.title, first.state.link, first.state.is_up, first.within_seconds) == ("x", "wan", False, 1.0)
    assert (second.state.tunnel, second.state.is_up) == ("t", True)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("a reaches bb", "unknown-name"),
        ("a reaches b.lam", "unknown-name"),
        ("a.lan reaches b", "wrong-element"),
        ("a reaches b answered by b.web", "unknown-expected-service"),
        ("a reaches b answered by app", "unknown-expected-service"),
        ("a reaches b htp", "unknown-protocol"),
        ("a reaches b without fragmentation up to 20", "out-of-range"),
        ("a reaches b without fragmentation up to 1kB", "wrong-kind"),
        ("a reaches b through a", "wrong-element"),
        ("t.foo is up", "unknown-name"),
        ("a to b is encrypted on lam", "unknown-name"),
        ("a to b is encrypted on lan.x", "wrong-element"),
        ("a to b is encrypted on *.x", "no-match"),
        ("a to b goes through z*", "no-match"),
        ("a routes gw via gw", "wrong-kind"),
        ('a resolves "x y" to b', "invalid-zone"),
    ],
)
def test_a_line_that_is_wrong(line: str, code: str) -> None:
    assert codes(LAB + f"expect {{ {line} }}") == [code]


def test_nodes_without_a_network_between_them_have_no_link() -> None:
    assert codes(LAB + "expect while a -- b down { a reaches b }") == ["wrong-element"]


def test_lists_that_multiply_beyond_all_measure_are_reported_once() -> None:
    text = (
        "network n 10.0.0.0/16\nfor i in 1..400 { host h$i { interface on n } }\nexpect { h* reach h* ; h* reach h* }"
    )
    one = only(text)
    assert (one.rule.code, one.help) == ("loop-limit", "a network as the goal is one line for each source")


@pytest.mark.parametrize(
    "line",
    [
        "a, b reach gw, b",
        "a, b resolve x.y to a, b",
        "a, b, gw, lan route 10.9.0.0/16 via gw",
        "t, t, t, t are up",
        "t, t, t, t use esp",
        "t, t, t, t are compressed",
        "t, t are begun by gw, b",
        "t, t are behind nat at gw, a",
        "gw, a have 172.16.0.1, 172.16.0.2 from t",
    ],
)
def test_lines_of_every_sort_are_counted(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_LINES", 3)
    one = only(LAB + f"expect {{ {line} ; b reaches a }}")
    assert (one.rule.code, one.message) == (
        "loop-limit",
        "the lines of all expectations, taken apart, are more than 3",
    )

"""What filters ask of connection tracking and of the TCP header."""

from tests.verify.asking import ask, checked, count_same, world

TEXT = """
network a 10.1.0.0/24
network b 10.2.0.0/24
router r { interface on a .1 ; interface on b .1 ; firewall { %s } }
host h { interface on a .10 ; default via r }
host s { interface on b .10 ; default via r ; serve http }
"""
ANSWERS_GO_ANOTHER_WAY = """
network a 10.1.0.0/24
network b 10.2.0.0/24
router there { interface on a .1 ; interface on b .1 }
router back { interface on a .2 ; interface on b .2 ; firewall { %s } }
host h { interface on a .10 ; default via there }
host s { interface on b .10 ; default via back ; serve http ; serve udp udp/514 }
"""


def outcomes(text: str, *services: str | None) -> list[str]:
    return [ask(text, "h", "10.2.0.10", service).outcome.value for service in services]


def test_the_first_packet_of_a_connection_is_new() -> None:
    assert outcomes(TEXT % "policy drop ; accept forward state new", "tcp/80", None) == ["answered"] * 2
    assert outcomes(TEXT % "policy drop ; accept forward state invalid", "tcp/80", None) == ["dropped"] * 2


def test_an_answer_whose_request_went_another_way_is_invalid_but_for_a_datagram() -> None:
    dropping = ANSWERS_GO_ANOTHER_WAY % "policy accept ; drop forward state invalid"
    assert outcomes(dropping, "tcp/80", "tcp/81", None, "udp/514") == ["no-way-back"] * 3 + ["answered"]
    accepting = ANSWERS_GO_ANOTHER_WAY % "policy drop ; accept forward state invalid"
    assert outcomes(accepting, "tcp/81", None, "udp/514") == ["refused", "answered", "no-way-back"]


def test_what_follows_an_invalid_answer_begins_a_connection_in_the_middle() -> None:
    invalid = ANSWERS_GO_ANOTHER_WAY % "policy drop ; accept forward state invalid"
    assert outcomes(invalid, "tcp/80") == ["not-verified"]
    assert outcomes(invalid.replace("invalid", "invalid, new"), "tcp/80") == ["answered"]


def test_a_connection_begins_with_a_syn_alone() -> None:
    assert outcomes(TEXT % "policy drop ; accept forward flags syn without ack", "tcp/80", "udp/514") == [
        "answered", "dropped",
    ]  # fmt: skip
    assert outcomes(TEXT % "policy drop ; accept forward flags syn, ack", "tcp/80") == ["dropped"]
    assert outcomes(TEXT % "policy drop ; accept forward tcp/80 without fin, rst, ack", "tcp/80") == ["answered"]


def test_the_answer_of_a_connection_is_syn_and_ack_its_refusal_rst() -> None:
    text = ANSWERS_GO_ANOTHER_WAY % "policy drop ; accept forward state new ; accept forward state invalid flags %s"
    assert outcomes(text % "syn, ack", "tcp/80", "tcp/81") == ["answered", "no-way-back"]
    assert outcomes(text % "rst", "tcp/80", "tcp/81") == ["no-way-back", "refused"]


def test_the_matrix_agrees_with_each_flow_by_itself() -> None:
    for where in (ANSWERS_GO_ANOTHER_WAY % "policy drop ; accept forward state invalid", TEXT % "policy drop"):
        assert count_same(world(where)) > 3


def test_lines_for_answers_alone_see_no_packet() -> None:
    found = checked(TEXT % "policy drop ; accept forward state established, related ; accept forward state new")
    assert [(one.rule.code, one.primary.place.span.text) for one in found.diagnostics] == [
        ("rule-never-matches", "established")
    ]


def test_a_line_for_less_states_or_more_flags_is_hidden_by_one_for_more() -> None:
    hidden = "policy drop ; accept forward tcp state new, invalid ; drop forward tcp state new flags syn"
    assert [one.rule.code for one in checked(TEXT % hidden).diagnostics] == ["rule-never-matches"]
    seen = "policy drop ; accept forward tcp state new flags syn without ack ; drop forward tcp state new flags syn"
    assert list(checked(TEXT % seen).diagnostics) == []


def test_a_line_for_a_type_of_icmp_hides_one_for_a_code_of_it() -> None:
    text = TEXT % "policy drop ; accept forward icmp/destination-unreachable ; drop forward icmp/port-unreachable"
    assert [one.rule.code for one in checked(text).diagnostics] == ["rule-never-matches"]
    text = TEXT % "policy drop ; accept forward icmp/port-unreachable ; drop forward icmp/destination-unreachable"
    assert list(checked(text).diagnostics) == []


def test_a_near_miss_names_the_state_or_the_flags() -> None:
    line = "policy drop ; accept forward tcp/80 %s"
    text = TEXT % line + "expect { h reaches s tcp/80 }"
    (found,) = checked(text % "state invalid").diagnostics
    assert "takes packets whose state is invalid only" in str(found)
    (found,) = checked(text % "flags syn, ack without rst").diagnostics
    assert "takes packets with the flags syn, ack, no rst only" in str(found)

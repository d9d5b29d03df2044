"""Filters: the three chains, first match, replies, reject, what the reason says."""

import pytest

from netdsl.verify import Hook, Outcome

from .asking import ask

TEXT = """
network a 10.1.0.0/24
network b 10.2.0.0/24
router r { interface on a .1 ; interface on b .1 ; firewall { %s } }
host h { interface on a .10 ; default via r }
host s { interface on b .10 ; default via r ; serve http ; serve tcp echo tcp/7 }
"""


def test_what_is_accepted_passes_and_so_does_its_answer() -> None:
    text = TEXT % "policy drop ; accept forward tcp/80 from a"
    assert ask(text, "h", "10.2.0.10", "tcp/80").outcome is Outcome.ANSWERED
    assert ask(text, "h", "10.2.0.10", "tcp/7").outcome is Outcome.DROPPED
    assert ask(text, "s", "10.1.0.10").outcome is Outcome.DROPPED


def test_the_reason_names_node_chain_and_statement() -> None:
    verdict = ask(TEXT % "policy drop ; drop forward tcp/7 ; accept forward", "h", "10.2.0.10", "tcp/7")
    assert verdict.reason == "dropped by `drop forward tcp/7` at `r`"
    assert (verdict.node, verdict.hook) == ("r", Hook.FORWARD)
    assert verdict.origin is not None
    assert verdict.origin.span.text == "drop forward tcp/7"


def test_the_first_match_wins() -> None:
    both = "policy accept ; %s ; %s"
    drop, accept = "drop forward from a", "accept forward tcp/80"
    assert ask(TEXT % (both % (accept, drop)), "h", "10.2.0.10", "tcp/80").passes
    assert not ask(TEXT % (both % (drop, accept)), "h", "10.2.0.10", "tcp/80").passes


def test_reject_is_told_apart_from_drop() -> None:
    assert ask(TEXT % "policy accept ; reject forward tcp/7", "h", "10.2.0.10", "tcp/7").outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("chain", "source", "destination"),
    [("input", "h", "10.1.0.1"), ("output", "r", "10.1.0.10"), ("forward", "h", "10.2.0.10")],
)
def test_each_chain_sees_its_own_packets(chain: str, source: str, destination: str) -> None:
    for name in ("input", "output", "forward"):
        verdict = ask(TEXT % f"policy accept ; drop {name} icmp", source, destination)
        assert verdict.passes is (name != chain)


def test_interfaces_are_those_of_the_packet() -> None:
    text = TEXT % "policy drop ; policy output accept ; accept forward in a out b"
    assert ask(text, "h", "10.2.0.10").passes
    assert not ask(text, "s", "10.1.0.10").passes


def test_types_of_icmp() -> None:
    assert ask(TEXT % "policy drop ; accept forward icmp/echo-request", "h", "10.2.0.10").passes
    assert not ask(TEXT % "policy drop ; accept forward icmp/echo-reply", "h", "10.2.0.10").passes


def test_an_answer_is_no_answer_to_a_node_that_has_not_seen_the_question() -> None:
    text = """
    network a 10.1.0.0/24
    network b 10.2.0.0/24
    router there { interface on a .1 ; interface on b .1 }
    router back  { interface on a .2 ; interface on b .2 ; firewall { policy %s } }
    host h { interface on a .10 ; default via there }
    host s { interface on b .10 ; default via back }
    """
    assert ask(text % "accept", "h", "10.2.0.10").passes
    verdict = ask(text % "drop", "h", "10.2.0.10")
    assert (verdict.outcome, verdict.node) == (Outcome.NO_WAY_BACK, "back")


def test_the_own_firewall_of_the_destination() -> None:
    text = (TEXT % "policy accept").replace(
        "serve http ;", "serve http ; firewall { policy drop ; accept input tcp/80 } ;"
    )
    assert ask(text, "h", "10.2.0.10", "tcp/80").passes
    assert ask(text, "h", "10.2.0.10", "tcp/7").node == "s"

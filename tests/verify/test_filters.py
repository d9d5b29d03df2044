"""Filters: the three chains, first match, replies, reject, what the reason says."""

import pytest

from netdsl.pipeline.analysis import check_text
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


NEAR = """
network lan 10.1.0.0/24
network dmz 10.2.0.0/24
network core 192.0.2.0/24
network far 10.9.0.0/24
router gw {{
  interface lan on lan .1 ; interface dmz on dmz .1 ; interface out on core .1
  default via other
  firewall {{
    policy output accept
    policy drop
    accept tunnel vpn
    {rule}
  }}
}}
router other {{ interface out on core .2 ; interface far on far .1 ; default via gw }}
host pc {{ interface on lan ; default via gw }}
host www {{ interface on dmz ; default via gw ; serve http tcp/80 }}
host server {{ interface on far ; default via other }}
ipsec vpn {{ between gw protecting lan and other protecting far ; auth psk }}
expect {{ {line} }}
"""


@pytest.mark.parametrize(
    ("rule", "line", "said"),
    [
        ("accept forward tcp/443 from lan to dmz", "pc reaches www tcp/80", "(line 13) takes tcp/443 only"),
        ("accept forward from far to dmz", "pc reaches www", "takes what comes from 10.9.0.0/24 only, not from 10.1.0.2"),
        ("accept forward from lan to far", "pc reaches www", "takes what goes to 10.9.0.0/24 only, not to 10.2.0.2"),
        ("accept forward from lan in dmz", "pc reaches www", "takes what comes in by `dmz` only"),
        ("accept forward from lan out out", "pc reaches www", "takes what leaves by `out` only"),
        ("accept forward while vpn down", "pc reaches www", "takes it while `vpn` is down only"),
        ("accept forward through vpn", "pc reaches www", "takes only what goes through `vpn`"),
        ("accept forward through vpn", "pc reaches www", "; tunnel `vpn` covers only 10.1.0.0/24 to 10.9.0.0/24"),
        ("accept forward icmp in dmz", "pc reaches www tcp/80", None),  # two things are missing
    ],
)  # fmt: skip
def test_a_packet_dropped_is_told_its_policy_and_what_would_nearly_have_taken_it(
    rule: str, line: str, said: str | None
) -> None:
    checked = check_text(f"lab near{NEAR.format(rule=rule, line=line)}".encode())
    (found,) = [one for one in checked.diagnostics if one.rule.code == "expectation-fails"]
    assert found.message == "this does not hold: dropped by `policy drop` of the forward chain at `gw` (line 11)"
    assert [label.place.span.text for label in found.related] == ["policy drop"]
    text = found.help or ""
    assert said in text if said is not None else "takes" not in text
    assert text.endswith("the request's way: `pc`, `gw`")


HUB = """
network isp 192.0.2.0/24
router hub { interface wan on isp .1 ; serve http ; firewall { policy drop ; accept tunnel t ; accept input %(input)s } }
host one { interface on isp .2 }
host two { interface on isp .3 ; firewall { policy drop ; accept output icmp ; %(two)s } }
%(tunnel)s
"""
HUBS = [
    "ipsec t { gateway hub ; client one ; client two ; auth psk }",
    "wireguard t { addresses 10.9.0.0/29 ; gateway hub ; client one ; client two }",
    "tinc t { addresses 10.9.0.0/29 ; gateway hub ; client one ; client two }",
]
"""Kinds with a gateway that has a connection to each client."""


@pytest.mark.parametrize("tunnel", HUBS)
@pytest.mark.parametrize("state", ["t", "t.t"])
def test_at_a_gateway_a_tunnel_is_up_while_all_of_its_clients_have_it(tunnel: str, state: str) -> None:
    """As its node settles it: tests/payload/test_tunnels.py."""
    for two, is_up in (("accept tunnel t", True), ("", False)):
        for wanted, passes in (("up", is_up), ("down", not is_up)):
            text = HUB % {"input": f"tcp/80 while {state} {wanted}", "two": two, "tunnel": tunnel}
            assert ask(text, "one", "192.0.2.1", "tcp/80").passes is passes, (two, wanted)

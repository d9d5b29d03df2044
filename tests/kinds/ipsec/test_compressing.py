"""Tunnels that compress: what is too small for it comes to the filter as IP in IP."""

import pytest

from netdsl.verify import Outcome
from tests.kinds.asking import files
from tests.verify.asking import ask, lab

LAB = """lab compressing
network inet 192.0.2.0/24
network left 10.1.0.0/24, fc00:1::/64
network right 10.2.0.0/24, fc00:2::/64
router a {
  interface on inet .1
  interface on left .1, ::1
  firewall { policy drop ; policy output accept ; ACCEPTED ; accept forward through t }
}
router b { interface on inet .2 ; interface on right .1, ::1 }
host p { interface on left .10, ::10 ; default via a }
host s { interface on right .10, ::10 ; default via b }
ipsec t { between a protecting left and b protecting right ; over ipv4 ; auth psk ; ipcomp yes }
"""
BY_HAND = "accept input udp/500, udp/4500 ; accept input esp from b"


def _lab(accepted: str) -> str:
    return LAB.replace("ACCEPTED", accepted)


@pytest.mark.parametrize("destination", ["10.2.0.10", "fc00:2::10"])
@pytest.mark.parametrize("size", [84, 1000])
def test_the_line_for_the_tunnel_takes_what_comes_uncompressed(destination: str, size: int) -> None:
    assert ask(_lab("accept tunnel t"), "p", destination, size=size).outcome is Outcome.ANSWERED


def test_the_rules_of_the_filter_name_it_where_it_comes_out_of_esp_alone() -> None:
    rules = files(lab(_lab("accept tunnel t")), "a")["filter.nft"]
    taken = [line.strip() for line in rules.splitlines() if "meta ipsec exists accept" in line and "l4proto" in line]
    assert taken == [
        'iifname "inet" ip saddr 192.0.2.2 ip daddr 192.0.2.1 meta l4proto { 4, 41 } meta ipsec exists accept'
    ]


@pytest.mark.parametrize(
    ("size", "outcome", "told"),
    [
        (84, Outcome.DROPPED, "dropped by `policy drop` of the input chain at `a`"),
        (1000, Outcome.NOT_VERIFIED, "whether tunnel `t` compresses"),
    ],
)
def test_without_it_small_packets_are_dropped_and_large_ones_perhaps(size: int, outcome: Outcome, told: str) -> None:
    verdict = ask(_lab(BY_HAND), "s", "10.1.0.10", size=size)
    assert verdict.outcome is outcome
    assert told in verdict.reason


@pytest.mark.parametrize("end", ["a", "b"])
def test_where_one_end_alone_would_compress_none_does(end: str) -> None:
    text = _lab(BY_HAND).replace("ipcomp yes", f"ipcomp yes for {end}")
    assert ask(text, "s", "10.1.0.10").outcome is Outcome.ANSWERED


def test_beside_a_child_that_compresses_another_one_does_not() -> None:
    text = _lab(BY_HAND).replace(
        "a protecting left and b protecting right ; over ipv4 ; auth psk ; ipcomp yes",
        "a protecting left and b protecting right, more ; over ipv4 ; auth psk"
        " ; child x { between left and right ; ipcomp yes } ; child y { between left and more }",
    )
    text = text.replace("interface on right .1, ::1 }", "interface on right .1, ::1 ; interface on more .1 }")
    text += "network more 10.3.0.0/24\nhost m { interface on more .10 ; default via b }\n"
    assert ask(text, "m", "10.1.0.10").outcome is Outcome.ANSWERED
    assert ask(text, "s", "10.1.0.10").outcome is Outcome.DROPPED


def test_a_line_by_hand_names_ip_in_ip() -> None:
    text = _lab(f"{BY_HAND} ; accept input ipip from b")
    assert ask(text, "p", "10.2.0.10").outcome is Outcome.ANSWERED


def test_a_child_that_does_not_compress_beside_one_that_does_needs_no_line() -> None:
    children = "child one { between left and right } ; child two { between more and right ; ipcomp yes }"
    more = "network more 10.3.0.0/24\nhost q { interface on more .10 ; default via a }\n"
    text = (
        _lab(BY_HAND).replace(" protecting left", "").replace(" protecting right", "").replace("ipcomp yes", children)
    )
    text = text.replace("  firewall", "  interface on more .1\n  firewall", 1).replace("ipsec t", more + "ipsec t")
    assert ask(text, "s", "10.1.0.10").outcome is Outcome.ANSWERED
    assert ask(text, "s", "10.3.0.10").outcome is Outcome.DROPPED


def test_where_one_end_alone_would_compress_nothing_is_compressed() -> None:
    text = _lab(BY_HAND).replace("ipcomp yes", "ipcomp yes for b")
    assert ask(text, "s", "10.1.0.10").outcome is Outcome.ANSWERED


def test_a_translation_of_all_that_comes_may_take_it() -> None:
    text = _lab("accept tunnel t").replace("policy drop", "policy accept", 1)
    text = text.replace("host p {", "host p2 { interface on left .11 ; default via a }\nhost p {")
    taken = text.replace("  firewall", "  nat { dnat ipip to a.inet in inet -> p2 }\n  firewall", 1)
    assert ask(taken, "s", "10.1.0.10").outcome is Outcome.NOT_VERIFIED

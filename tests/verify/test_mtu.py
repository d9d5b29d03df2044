"""Sizes: of links, routes and tunnels; whether the sender is told."""

import pytest

from netdsl.verify import Outcome

from .asking import ask

TEXT = """
network a 10.1.0.0/24
network core 192.0.2.0/24 { mtu 1400 }
network b 10.2.0.0/24
router r1 { interface on core .1 ; interface on a .1 ; routing auto ; %s }
router r2 { interface on core .2 ; interface on b .1 ; routing auto }
host h { interface on a .10 ; default via r1 }
host s { interface on b .10 ; default via r2 }
"""


@pytest.mark.parametrize(
    ("size", "outcome"), [(1400, Outcome.ANSWERED), (1401, Outcome.TOO_BIG), (1501, Outcome.TOO_BIG)]
)
def test_the_smallest_link_of_the_way_decides(size: int, outcome: Outcome) -> None:
    assert ask(TEXT % "", "h", "10.2.0.10", size=size).outcome is outcome


def test_the_sender_is_told_by_who_cannot_pass_it_on() -> None:
    verdict = ask(TEXT % "", "h", "10.2.0.10", size=1450)
    assert verdict.node == "r1"
    assert "is told so" in verdict.reason


def test_the_message_is_related_to_the_flow_and_passes_filters() -> None:
    told = ask(TEXT % "firewall { policy accept ; drop output icmp }", "h", "10.2.0.10", size=1450)
    assert "is told so" in told.reason


TUNNEL = """
network inet 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface on inet .1 ; interface on left .1 ; default via b }
router b { interface on inet .2 ; interface on right .1 ; default via a }
host h { interface on left .10 ; default via a }
host s { interface on right .10 ; default via b }
ipsec vpn { between a protecting left and b protecting right ; auth psk ; start on traffic }
"""


OVER_GRE = """
network inet 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
network da 10.3.0.0/24
network db 10.4.0.0/24
router g1 { interface on inet .1 ; interface on left .1 ; route right via 172.16.0.2 ; %s }
router g2 { interface on inet .2 ; interface on right .1 ; route left via 172.16.0.1 }
router a { interface on left .10 ; interface on da .1 ; default via g1 ; %s }
router b { interface on right .10 ; interface on db .1 ; default via g2 }
host h { interface on da .10 ; default via a }
host s { interface on db .10 ; default via b }
tunnel g gre { between g1 and g2 ; addresses 172.16.0.0/30 }
ipsec t { between a protecting da and b protecting db ; auth psk }
"""
TOO_BIG_FOR_GRE = "1492 bytes are too big for tunnel `g` at `g1`, which takes 1476"


def test_an_outer_packet_that_is_too_big_is_lost_and_the_sender_is_told_of_the_next_one() -> None:
    verdict = ask(OVER_GRE % ("", ""), "h", "10.4.0.10", size=1438)
    assert verdict.reason == f"{TOO_BIG_FOR_GRE}; it is lost, `a` is told so, and tells `h` when the next one comes"


def test_whether_an_end_is_told_depends_on_the_way_of_the_error() -> None:
    drop = "firewall stateless { policy accept ; drop %s icmp }"
    verdict = ask(OVER_GRE % (drop % "output", ""), "h", "10.4.0.10", size=1438)
    assert verdict.reason.startswith(f"{TOO_BIG_FOR_GRE}; and `a` is not told: dropped by `drop output icmp` at `g1`")
    verdict = ask(OVER_GRE % ("", drop % "output"), "h", "10.4.0.10", size=1438)
    assert verdict.reason.startswith(f"{TOO_BIG_FOR_GRE}; `a` is told so, and cannot tell the sender: dropped by")
    assert verdict.reason.endswith("(a black hole)")


def test_a_tunnel_costs_what_its_cipher_needs() -> None:
    assert ask(TUNNEL, "h", "10.2.0.10", size=1300).passes
    verdict = ask(TUNNEL, "h", "10.2.0.10", size=1480)
    assert (verdict.outcome, verdict.node) == (Outcome.TOO_BIG, "a")
    assert not ask(TUNNEL, "h", "192.0.2.2", size=1480).is_encrypted

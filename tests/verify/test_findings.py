"""What is found without any `expect`; and that each warning is silent where the lab says that it is meant so."""

import pytest

from .asking import codes

LOOP = """
network a 10.1.0.0/24
network core 192.0.2.0/24
network b 10.2.0.0/24
router r1 { interface on core .1 ; interface on a .1 ; route b via r2 }
router r2 { interface on core .2 ; route b via r%s ; route a via r1 }
router r3 { interface on core .3 ; interface on b .1 ; route a via r1 }
host h { interface on a ; default via r1 }
host s { interface on b ; default via r3 }
"""
SITES = """
network inet  192.0.2.0/24
network left  10.1.0.0/24
network right 10.2.0.0/24
router a { interface on inet .1 ; interface on left .1 ; default via b ; %s }
router b { interface on inet .2 ; interface on right .1 ; default via a }
host h { interface on left ; default via a }
host s { interface on right ; default via b }
ipsec vpn { between a protecting left and b protecting right ; auth psk ; start %s }
"""


def test_a_circle_is_told_once() -> None:
    assert codes(LOOP % 1) == ["routing-loop"]
    assert codes(LOOP % 3) == []


def test_two_defaults_towards_each_other_are_no_circle_for_the_lab_s_own_networks() -> None:
    assert codes(SITES % ("", "on traffic")) == []


@pytest.mark.parametrize("guard", ["firewall { policy accept ; policy forward drop ; accept forward through vpn }"])
def test_a_tunnel_whose_traffic_arrives_without_it(guard: str) -> None:
    assert codes(SITES % ("", "at boot")) == ["clear-when-down"]
    assert codes(SITES % (guard, "at boot")) == []


def test_a_lab_that_is_meant_to_fail_is_not_warned_of() -> None:
    assert codes(f"{LOOP % 1}\nexpect failure {{ h reaches s }}") == []


def test_nothing_is_said_of_routes_beside_a_node_with_commands() -> None:
    assert codes((LOOP % 1).replace("router r3 {", 'router r3 { run "true" ;')) == []


def test_default_routes_that_go_round_are_told_once_for_what_no_router_of_the_circle_knows_better() -> None:
    ring = "".join(
        f"network lan-{n} 10.{n}.0.0/24\nlink r{n}.on -- r{n % 9 + 1}.back 192.0.2.{n * 2}/31\n"
        f"router r{n} {{ interface lan on lan-{n} .1 ; default via r{n % 9 + 1} }}\n"
        f"host h{n} {{ interface on lan-{n} ; default via r{n} }}\n"
        for n in range(1, 10)
    )
    assert codes(ring) == []
    apart = "network off 10.99.0.0/24\nrouter z { interface on off .1 ; routing auto }\n"
    assert codes(f"{ring}{apart}host hz {{ interface on off ; default via z }}\n") == ["routing-loop"]

"""What is found without any `expect`; and that each warning is silent where the lab says that it is meant so."""

import pytest

from tests.verify.asking import checked, codes

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


# --- ways without a way back

BEHIND_A_DEFAULT = """
network lan 10.1.0.0/24
network core 10.0.0.0/24
network dmz 10.2.0.0/24
router r   { interface on lan .1 ; interface on core .1 ; default via fw%s }
router fw  { interface on core .2 ; interface on dmz .1%s }
host pc  { interface on lan .10 ; default via r }
host www { interface on dmz .80 ; default via fw ; serve http }
"""


def test_a_host_whose_requests_arrive_and_whose_answers_have_no_way_is_told_at_its_route() -> None:
    (found,) = checked(BEHIND_A_DEFAULT % ("", "")).diagnostics
    assert found.rule.code == "one-way-path"
    assert found.message == "`pc` has a way to `www`, and `fw` none back to 10.1.0.0/24"
    assert found.primary.place.span.text == "default via r"
    assert [label.place.span.text.split()[1] for label in found.related] == ["fw"]


@pytest.mark.parametrize(
    "mend", [("", " ; route lan via r"), (" ; nat { masquerade out core }", ""), (" ; firewall { policy drop }", "")]
)
def test_a_way_back_a_translation_or_a_filter_that_lets_nothing_there_is_none(mend: tuple[str, str]) -> None:
    assert "one-way-path" not in codes(BEHIND_A_DEFAULT % mend)


def test_two_routers_of_one_segment_of_which_one_does_not_know_the_other_s_network() -> None:
    assert codes("""
network a 10.1.0.0/24
network b 10.2.0.0/24
router r1 { interface a on a .1 ; interface b on b .1 }
router r2 { interface b on b .2 }
host x { interface on a .10 ; default via r1 }
host y { interface on b .10 ; default via r2 }
""") == ["one-way-path"]

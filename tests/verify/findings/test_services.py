"""Services that the firewall of their own node lets nobody ask."""

import pytest

from tests.semantics.rules.sketch import Sketch
from tests.verify.asking import codes


def server() -> Sketch:
    return Sketch().network("lan", "10.0.0.0/24").host("www", lan="10.0.0.5/24").serve("www", "http", "tcp/80")


def test_nobody_comes_to_a_service_behind_a_closed_door() -> None:
    (found,) = server().firewall("www").findings
    assert found.rule.code == "service-blocked"
    assert found.message == "`www` serves `http` on tcp/80, and its own firewall lets nobody in"
    assert found.primary.place.span.text == "serve http tcp/80"
    assert [label.place.span.text for label in found.related] == ["firewall of www"]
    assert found.help == "`accept input http`"


@pytest.mark.parametrize("what", ["tcp/80", "tcp/1-99", "tcp", "", "http https"])
def test_any_line_that_lets_somebody_in_is_enough(what: str) -> None:
    sketch = server()
    assert sketch.firewall("www", sketch.rule("accept", "input", what, source="10.0.0.7/32")).told == []


def test_a_line_that_shuts_everybody_out_is_named() -> None:
    sketch = server()
    sketch.firewall("www", sketch.rule("drop", "input", "tcp/80"), input="accept")
    (found,) = sketch.findings
    assert [label.place.span.text for label in found.related] == ["drop input tcp/80 "]


def test_a_line_that_shuts_some_out_is_fine() -> None:
    sketch = server()
    rule = sketch.rule("drop", "input", "tcp/80", source="10.0.0.7/32")
    assert sketch.firewall("www", rule, input="accept").told == []


BEHIND = """
network inet 192.0.2.0/24
network l1 10.1.0.0/24
network l2 10.2.0.0/24
router a {
  interface on inet .1
  interface on l1 .1
  serve http
  firewall { policy drop ; accept tunnel vpn ; accept input %s }
}
router b { interface on inet .2 ; interface on l2 .1 }
"""
IPSEC = "ipsec vpn { between a protecting l1 and b protecting l2 ; auth psk ; start on traffic }"
GRE = "tunnel vpn gre { between a protecting l1 and b protecting l2 }"


@pytest.mark.parametrize(("kind", "tunnel"), [("ipsec", IPSEC), ("gre", GRE)])
def test_a_rule_that_only_tunnels_meet_lets_their_packets_in(kind: str, tunnel: str) -> None:
    assert codes(BEHIND % "through vpn" + tunnel) == []
    assert codes(BEHIND % f"through {kind}" + tunnel) == []


def test_a_rule_for_what_a_tunnel_does_not_carry_lets_nothing_in() -> None:
    assert codes(BEHIND % "from 10.3.0.0/24 through vpn" + IPSEC) == ["service-blocked"]
    assert codes(BEHIND % "through ipsec" + GRE) == ["service-blocked"]


def test_of_rules_that_leave_nothing_over_none_lets_anybody_in() -> None:
    sketch = server()
    halves = [sketch.rule("drop", "input", "tcp/80", source=f"10.0.0.{at}/25") for at in (0, 128)]
    sketch.firewall("www", *halves, sketch.rule("accept", "input", "tcp/80", source="10.0.0.0/24"))
    assert "service-blocked" in {code for code, _ in sketch.told}


def test_a_rule_that_only_a_virtual_address_meets_lets_packets_in() -> None:
    found = codes("""
network inet 192.0.2.0/24
router b { interface on inet .2 }
host a {
  interface on inet .1
  serve http
  firewall { policy drop ; accept tunnel vpn ; accept input through vpn }
}
ipsec vpn { gateway b ; client a ; pool 10.9.0.0/28 ; auth psk }
""")
    assert found == []

"""Hosts without a route, beside a router."""

import pytest

from netdsl.ir.expectation import TunnelUp
from netdsl.ir.ids import TunnelId
from tests.semantics.rules.sketch import Sketch
from tests.verify.asking import codes


def lab() -> Sketch:
    """A host `h` and a router `r` on `lan`; `r` leads to `wan`."""
    sketch = Sketch().network("lan", "10.0.0.0/24", "fd00::/64").network("wan", "192.0.2.0/24")
    sketch.router("r", lan="10.0.0.1/24 10.0.0.9/24 fd00::1/64", wan="192.0.2.1/24")
    return sketch.host("h", lan="10.0.0.5/24 fd00::5/64")


def test_a_host_beside_a_router_has_a_route() -> None:
    (found,) = lab().findings
    assert (found.rule.code, found.help) == ("no-route", "`default via r`")


def test_a_router_that_leads_nowhere_is_no_way_out() -> None:
    sketch = Sketch().network("lan", "10.0.0.0/24").router("r", lan="10.0.0.1/24").host("h", lan="10.0.0.5/24")
    assert sketch.told == []


def test_the_tunnel_of_a_host_is_its_way() -> None:
    assert lab().tunnel("t", "h.lan", "r.lan").told == []


@pytest.mark.parametrize("is_failure", [True, False])
def test_a_lab_broken_on_purpose_may_lack_routes(is_failure: bool) -> None:
    sketch = lab().network("far", "10.8.0.0/24").router("x", far="10.8.0.1/24").tunnel("t", "r.wan", "x.far")
    sketch.expect(TunnelUp(TunnelId("t"), None, False), is_failure=is_failure)
    assert bool(sketch.told) is not is_failure


def test_behind_translation_the_answers_of_a_host_need_no_route() -> None:
    text = """
network inet 203.0.113.0/24
network lan 10.0.0.0/24
router fw { interface wan on inet .1 ; interface lan on lan .1 %s }
host srv { interface on lan .5 ; default via fw }
host outsider { interface on inet .66 }
"""
    assert codes(text % "") == ["no-route"]
    assert codes(text % "; nat { masquerade out wan }") == []
    assert codes(text % "; nat { masquerade out wan } ; uplink nat") == ["no-route"]


def test_what_a_filter_lets_pass_is_not_only_pings() -> None:
    text = """
network inet 203.0.113.0/24
network lan 10.0.0.0/24
router fw {
  interface wan on inet .1
  interface lan on lan .1
  nat { %s }
  firewall { policy drop ; accept forward tcp/80 from lan out wan }
}
host srv { interface on lan .5 ; default via fw }
host outsider { interface on inet .66 ; serve http }
"""
    assert codes(text % "masquerade from lan out wan") == []
    assert codes(text % "snat out wan -> 203.0.113.1") == []
    assert codes(text % "snat udp out wan -> 203.0.113.1") == ["no-route"]
    assert codes(text % "masquerade to 192.0.2.0/24 out wan") == ["no-route"]

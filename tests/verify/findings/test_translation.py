"""Translation to where no packet gets, or from where no answer comes."""

from tests.semantics.rules.sketch import Sketch
from tests.verify.asking import codes


def lab() -> Sketch:
    """`gw` with `server` behind it on `lan`, on `wan` with `peer`."""
    sketch = Sketch().network("lan", "10.0.0.0/24", "fd00::/64").network("wan", "192.0.2.0/24")
    sketch.router("gw", lan="10.0.0.1/24 fd00::1/64", wan="192.0.2.1/24").router("peer", wan="192.0.2.9/24")
    return sketch.host("server", lan="10.0.0.2/24").route("server", "default", "10.0.0.1")


def test_a_target_has_to_be_reached() -> None:
    sketch = lab().network("far", "10.9.0.0/24").host("x", far="10.9.0.5/24").dnat("gw", "gw.wan", "tcp/80", "x")
    assert sketch.told == [("nat-target-unreachable", "x")]
    assert sketch.route("gw", "default", "192.0.2.9").told == []


def test_a_tunnel_leads_to_a_target_too() -> None:
    sketch = lab().network("far", "10.9.0.0/24").router("q", far="10.9.0.1/24", wan="192.0.2.8/24")
    sketch.tunnel("t", "gw.wan", "q.wan", protecting=("10.0.0.0/24", "10.9.0.0/24"))
    assert sketch.dnat("gw", "gw.lan", "tcp/80", "10.9.0.7/32").told == []


def test_source_nat_is_to_an_address_of_one_s_own() -> None:
    assert lab().masquerade("gw", "wan", target="192.0.2.1/32").told == []
    assert lab().masquerade("gw", "wan", target="192.0.2.5/32").told == [("snat-address-foreign", "192.0.2.5/32")]


def test_a_virtual_address_is_the_client_s_own() -> None:
    text = """
network inet 192.0.2.0/24
network lan 10.1.0.0/24
network far 10.2.0.0/24
router m { interface on inet .1 ; interface on lan .1 ; nat { snat from lan out inet -> %s } }
router s { interface on inet .2 ; interface on far .1 }
host h { interface on lan .10 ; default via m }
host t { interface on far .10 ; default via s }
ipsec vpn { gateway s protecting far ; client m ; pool 10.4.0.0/24 ; auth psk }
"""
    assert codes(text % "10.4.0.1") == []
    assert codes(text % "10.4.0.2") == ["snat-address-foreign"]


def test_an_end_may_protect_what_it_translates_to() -> None:
    text = """
network inet 192.0.2.0/24
network lan 10.1.0.0/24
network far 10.2.0.0/24
router m { interface on inet .1 ; interface on lan .1 ; default via s ; nat { snat from lan to far out inet -> %s } }
router s { interface on inet .2 ; interface on far .1 }
host h { interface on lan .10 ; default via m }
host t { interface on far .10 ; default via s }
ipsec vpn { between m protecting 10.4.0.0/24 and s protecting far ; auth psk }
"""
    assert codes(text % "10.4.0.1") == []
    assert "protected-not-attached" in codes(text % "192.0.2.1")


def test_an_address_that_a_neighbour_routes_to_the_node_comes_back() -> None:
    text = """
network wan 192.0.2.0/24
network lan 10.1.0.0/24
router r { interface on wan .1 ; interface on lan .1 ; default via isp ; nat { snat from lan out wan -> 203.0.113.7 } }
router isp { interface on wan .2 %s }
host h { interface on lan ; default via r }
"""
    assert codes(text % "") == ["snat-address-foreign"]
    assert codes(text % "; route 203.0.113.0/24 via r") == []

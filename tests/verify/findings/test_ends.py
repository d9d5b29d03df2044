"""The way between the ends of a tunnel."""

from tests.semantics.rules.sketch import Sketch, place, site_to_site, two_gateways
from tests.verify.asking import checked, codes


def test_the_ends_need_a_way_to_each_other() -> None:
    (found,) = site_to_site().change("ga", routes=()).findings
    assert found.rule.code == "tunnel-ends-do-not-meet"
    assert found.message == ("the ends of `t` cannot reach each other: what `ga` sends to 192.0.2.130 finds no way")
    assert found.primary.place.span.text == "end ga.wa"
    assert found.help == "a `route` or `default` in `ga` that leads to 192.0.2.130"


def test_the_way_is_followed_to_where_it_ends() -> None:
    sketch = site_to_site().network("wc", "192.0.3.0/24").router("far", wc="192.0.3.2/24")
    sketch.tunnel("u", "ga.wa", "far.wc")
    (found,) = sketch.findings
    assert found.message.endswith("what `ga` sends to 192.0.3.2 gets no further than `core`")


def test_outside_the_lab_is_no_end_of_a_tunnel() -> None:
    sketch = site_to_site().network("wc", "192.0.3.0/24").router("far", wc="192.0.3.2/24")
    sketch.tunnel("u", "ga.wa", "far.wc").change("core", uplink=place("uplink nat"))
    (found,) = sketch.findings
    assert found.message.endswith("what `ga` sends to 192.0.3.2 leaves the lab by the uplink of `core`")


def test_routes_in_a_circle_lead_nowhere() -> None:
    sketch = two_gateways().network("wc", "192.0.3.0/24").router("far", wc="192.0.3.2/24")
    sketch.route("core", "192.0.3.0/24", "192.0.2.2").tunnel("u", "ga.wa", "far.wc")
    assert [code for code, _ in sketch.told] == ["tunnel-ends-do-not-meet"]


def test_automatic_routes_count_as_a_way() -> None:
    sketch = site_to_site()
    assert sketch.change("ga", routes=(), has_auto_routing=True).told == []


def test_behind_nat_one_direction_is_enough() -> None:
    sketch = Sketch().network("home", "192.168.1.0/24").network("wan", "192.0.2.0/24")
    sketch.router("hub", wan="192.0.2.1/24").router("box", home="192.168.1.1/24", wan="192.0.2.2/24")
    sketch.router("gw", home="192.168.1.2/24").route("gw", "default", "192.168.1.1")
    sketch.tunnel("t", "hub.wan", "gw.home")
    assert [code for code, _ in sketch.told] == ["tunnel-ends-do-not-meet"]
    assert sketch.masquerade("box", "wan").told == []


def test_of_a_tunnel_whose_opener_does_not_know_the_other_end_it_is_told_that_it_stays_down() -> None:
    (found,) = checked("""
network inet   203.0.113.0/24
network vpc    172.31.0.0/20
network office 192.168.60.0/24
router igw {
  interface wan on inet .1, .100
  interface vpc on vpc .0.1
  nat { dnat tcp, udp, icmp, esp to 203.0.113.100 -> gw ; snat from gw out wan -> 203.0.113.100 }
}
router gw { interface on vpc .0.10 ; default via igw }
router fw { interface wan on inet .2 ; interface lan on office .1 }
ipsec vpn {
  between fw.wan protecting office and gw
  auth psk
  identity "203.0.113.100" for gw
  start at boot by fw
}
""").diagnostics
    assert found.rule.code == "tunnel-stays-down"
    assert found.message.endswith("no end that may open it knows where the other one is")


def test_after_an_error_about_packets_the_expectations_are_not_asked() -> None:
    found = checked("""
network left 192.0.2.0/24
network right 198.51.100.0/24
router moon { interface on left .1 }
router sun { interface on right .1 }
ipsec t { between moon and sun ; auth psk }
expect { t is up }
""")
    assert [each.rule.code for each in found.diagnostics] == ["tunnel-ends-do-not-meet"]
    assert (found.lab is None, found.summary is None) == (False, True)


def test_where_a_command_on_the_way_may_add_a_route_nothing_is_said() -> None:
    text = """
network left 192.0.2.0/24
network right 198.51.100.0/24
router core { interface on left .254 ; interface on right .254 %s }
router moon { interface on left .1 ; %s }
router sun { interface on right .1 ; default via core }
ipsec t { between moon and sun ; auth psk }
"""
    assert codes(text % ("", 'capability NET_ADMIN ; run "ip route add default via 192.0.2.254"')) == []

"""Ends that are reached at another address than their own: port forwards, elastic addresses, double NAT."""

import pytest

from netdsl.kinds.ipsec.ir import end_inside
from netdsl.verify import Esp
from tests.verify.asking import ask, checked, codes, lab, way, world

TEXT = """
lab x
network inet   203.0.113.0/24
network home-a 192.168.0.0/24
network home-b 192.168.1.0/24
network lan-a  10.1.0.0/24
network lan-b  10.2.0.0/24
router isp-a {
  interface wan on inet .1
  interface lan on home-a .1
  nat { %(forward)s ; masquerade from home-a out wan }
}
router isp-b {
  interface wan on inet .2, .22
  interface lan on home-b .1
  nat { dnat ike to 203.0.113.2 in wan -> b ; %(source)s }
}
router a { interface on home-a .10 ; interface on lan-a .1 ; default via isp-a ; %(a)s }
router b { interface on home-b .10 ; interface on lan-b .1 ; default via isp-b ; %(b)s }
host h { interface on lan-a .10 ; default via a }
host s { interface on lan-b .10 ; default via b ; serve http }
ipsec vpn { between a protecting lan-a and b protecting lan-b ; auth psk ; %(vpn)s }
"""
PLAIN = {
    "forward": "dnat ike to isp-a.wan in wan -> a", "source": "masquerade from home-b out wan", "a": "", "b": "",
    "vpn": "at isp-a.wan for a ; at isp-b.wan for b",
}  # fmt: skip
FIREWALL = "firewall { policy drop ; accept tunnel vpn ; accept forward through vpn }"


def text(**changed: str) -> str:
    return TEXT % (PLAIN | changed)


@pytest.mark.parametrize("esp", Esp)
def test_two_gateways_behind_port_forwards_meet(esp: Esp) -> None:
    verdict = ask(world(text(), esp), "h", "10.2.0.10", "tcp/80")
    assert verdict.passes
    shown = [(str(wire.network), str(wire.packet)) for wire in verdict.wires[1:4]]
    assert shown == [
        ("home-a", "esp in udp 192.168.0.10:4500 > 203.0.113.2:4500"),
        ("inet", "esp in udp 203.0.113.1:4500 > 203.0.113.2:4500"),
        ("home-b", "esp in udp 203.0.113.1:4500 > 192.168.1.10:4500"),
    ]
    assert ask(world(text(), esp), "s", "10.1.0.10").passes


def test_each_end_sends_to_where_the_other_is_reached_and_is_known_by_its_own_address() -> None:
    (one,), (other,) = (node.tunnels for node in lab(text()).nodes if node.tunnels)
    assert ([*map(str, one.peer_addresses)], [*map(str, other.peer_addresses)]) == (["203.0.113.2"], ["203.0.113.1"])
    assert [auth.identity for auth in (*end_inside(one).own_auth, *end_inside(one).peer_auth)] == [
        "192.168.0.10", "192.168.1.10",
    ]  # fmt: skip


@pytest.mark.parametrize("vpn", ["at isp-b.wan for b", "at 203.0.113.2 for b"])
def test_one_end_that_knows_where_the_other_is_reached_is_enough(vpn: str) -> None:
    assert ask(text(vpn=vpn), "s", "10.1.0.10").passes


def test_an_end_whose_packets_come_from_another_address_than_it_is_reached_at_is_known_by_both() -> None:
    there = text(source="snat from home-b out wan -> 203.0.113.22", a=FIREWALL)
    (one,) = (node.tunnels[0] for node in lab(there).nodes if node.id == "a")
    assert [*map(str, one.peer_addresses)] == ["203.0.113.2", "203.0.113.22"]
    assert ask(there, "s", "10.1.0.10").passes
    assert ask(there, "h", "10.2.0.10").passes


def test_a_firewall_lets_the_tunnel_pass_with_where_the_other_is_reached_only() -> None:
    guarded = text(a=FIREWALL, b=FIREWALL)
    assert ask(guarded, "h", "10.2.0.10", "tcp/80").passes
    (rule,) = (node.firewall.rules[0] for node in lab(guarded).nodes if node.id == "b" and node.firewall)
    assert "203.0.113.1" in str(rule)
    assert "192.168.0.10" not in str(rule)


def test_an_address_that_leads_to_another_node_leaves_the_tunnel_down() -> None:
    assert codes(text(vpn="at 203.0.113.22 for b ; start at boot by a")) == ["tunnel-stays-down"]


@pytest.mark.parametrize(
    ("vpn", "advice"), [("", "`at 203.0.113.2 for b`"), ("start at boot by b", "`at 203.0.113.1 for a`")]
)
def test_ends_that_only_a_forward_leads_to_get_the_line_as_help(vpn: str, advice: str) -> None:
    (found,) = checked(text(vpn=vpn)).diagnostics
    assert (found.rule.code, found.help) == ("tunnel-ends-do-not-meet", advice)
    assert codes(text(vpn=f"{vpn} ; {advice.strip('`')}" if vpn else advice.strip("`"))) == []


def test_where_no_forward_leads_to_an_end_a_route_is_the_help() -> None:
    (found,) = checked(text(vpn="", forward="", source="").replace("dnat ike", "dnat esp")).diagnostics
    assert found.help == "a `route` or `default` in `isp-a` that leads to 192.168.1.10"


def test_a_gateway_with_an_elastic_address_has_clients() -> None:
    hub = """
    lab x
    network inet 203.0.113.0/24
    network vpc  172.31.0.0/24
    network sub  10.1.0.0/24
    router igw {
      interface wan on inet .1, .100
      interface on vpc .1
      nat { dnat udp, esp to 203.0.113.100 -> gw ; snat from gw out wan -> 203.0.113.100 }
    }
    router gw { interface on vpc .10 ; interface on sub .1 ; default via igw }
    host app { interface on sub .5 ; route 10.3.0.0/28 via gw ; serve http }
    host one { interface on inet .7 }
    host two { interface on inet .8 }
    ipsec road { gateway gw protecting sub ; client one, two ; pool 10.3.0.0/28 ; auth certificate
    at 203.0.113.100 for gw }
    expect { road is up ; one, two reach app tcp/80 through road }
    """
    assert codes(hub) == []
    assert way(ask(hub, "two", "10.1.0.5"))[1] == "igw"

"""tinc as packets meet it: who connects, the way through the mesh, NAT, what is seen on the wire."""

import pytest

from netdsl.verify import Esp, Outcome, World
from tests.kinds.asking import findings, lab, outer, ping, said
from tests.verify.asking import ask
from tests.verify.asking import lab as broken

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24, fd00:1::/64
network right 10.2.0.0/24, fd00:2::/64
router a { interface wan on isp .1 ; interface lan on left .1, ::1 ; %(a)s }
router b { interface wan on isp .2 ; interface lan on right .1, ::1 ; %(b)s }
host pc { interface on left .10, ::10 ; default via a }
host www { interface on right .10, ::10 ; default via b ; serve http }
tinc t { between a protecting left and b protecting right ; over ipv4 ; addresses 10.9.0.0/30 ; %(t)s }
expect { %(expect)s }
"""
PLAIN = {"a": "", "b": "", "t": "", "expect": "t is up"}


def sites(**changed: str) -> str:
    return SITES % (PLAIN | changed)


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("goal", ["10.2.0.10", "fd00:2::10"])
def test_both_families_go_through_the_tunnel_encrypted(esp: Esp, goal: str) -> None:
    verdict = ask(World(lab(sites()), esp), "pc", goal, "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED
    assert (verdict.tunnels, verdict.is_encrypted) == (("t",), True)


def test_without_a_cipher_it_can_be_read() -> None:
    assert not ask(World(broken(sites(t="cipher none"))), "pc", "10.2.0.10", "tcp/80").is_encrypted


def test_what_the_device_has_no_room_for_is_told_to_the_sender() -> None:
    world = World(lab(sites()))
    assert outer(ping(world, "pc", "10.2.0.10", 1437), "isp")[0] == ("192.0.2.1", "192.0.2.2", "udp", 28 + 1456 + 4)
    verdict = ping(world, "pc", "10.2.0.10", 1438)
    assert (verdict.outcome, verdict.node) == (Outcome.TOO_BIG, "a")


def test_a_packet_inside_may_have_any_source() -> None:
    text = sites() + "network more 10.3.0.0/24\nhost alien { interface on more .10 ; default via a }\n"
    text = text.replace("interface lan on left .1, ::1 ;", "interface lan on left .1, ::1 ; interface on more .1 ;", 1)
    text = text.replace(
        "interface lan on right .1, ::1 ;", "interface lan on right .1, ::1 ; route 10.3.0.0/24 via t.a ;"
    )
    verdict = ask(World(broken(text)), "alien", "10.2.0.10", "tcp/80")
    assert [hop.node for hop in verdict.request] == ["alien", "a", "b", "www"]
    assert (verdict.outcome, verdict.node) == (Outcome.NO_WAY_BACK, "b")  # no daemon has 10.3.0.0/24


def test_of_what_no_other_end_has_the_daemon_says_so() -> None:
    text = sites(a="route 10.8.0.0/16 via t.b", expect="a cannot reach 10.8.0.1")
    verdict = ask(World(lab(text)), "a", "10.8.0.1", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.UNREACHABLE, "a")


def test_the_device_stays_while_the_tunnel_is_down_and_nothing_leaves() -> None:
    world = World(lab(sites()), held=["t"])  # type: ignore[list-item]
    verdict = ask(world, "pc", "10.2.0.10", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.UNREACHABLE, "a")
    assert not [wire for wire in verdict.wires if wire.network == "isp"]
    assert not world.is_up("t")  # type: ignore[arg-type]


FILTERED = "firewall { policy drop ; %s accept forward through t ; accept input, output icmp }"


def test_a_filter_has_to_accept_the_connection_and_the_data() -> None:
    assert findings(sites(a=FILTERED % "accept tunnel t ; ")) == []
    assert said(sites(a=FILTERED % ""))[0] == "tunnel-blocked-by-firewall"
    assert said(sites(a=FILTERED % "accept output tcp/655 ; "))[0] == "tunnel-blocked-by-firewall"
    assert findings(sites(a=FILTERED % "accept output tcp/655 ; accept input, output udp/655 ; ")) == []


def test_data_that_one_end_alone_may_begin_depend_on_who_sends_first() -> None:
    text = sites(a=FILTERED % "accept output tcp/655, udp/655 ; ")
    verdict = ask(World(broken(text)), "pc", "10.2.0.10", "tcp/80")
    assert verdict.raw


MESH = """
network isp 192.0.2.0/24
network three 10.3.0.0/24
host a { interface wan on isp .1 %(a)s }
router b { interface wan on isp .2 %(b)s }
router c { interface wan on isp .3 ; interface lan on three .1
  firewall { policy drop ; accept input, output icmp ; accept input tcp/655, udp/655 from b.wan%(c)s
             accept output udp/655 to b.wan ; accept forward through t } }
host www { interface on three .10 ; default via c ; serve http }
tinc t { between a.wan, b.wan and c.wan protecting three ; addresses 10.9.0.0/29 }
expect { t is up ; %(expect)s }
"""
THIRD = "a reaches www tcp/80 through t ; a reaches t.c ; a to www is encrypted on isp ; a to www goes through b"
WAYS = {"a": "", "b": "", "c": "", "expect": THIRD}


def test_an_end_that_is_not_connected_is_reached_by_a_third_one() -> None:
    text = MESH % WAYS
    assert findings(text) == []
    verdict = ask(World(lab(text)), "a", "10.3.0.10", "tcp/80")
    pairs = [(str(wire.packet.source), str(wire.packet.destination)) for hop in verdict.request for wire in hop.wires]
    assert pairs[:2] == [("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.3")]
    assert verdict.outcome is Outcome.ANSWERED


def test_connected_ends_send_to_one_another() -> None:
    text = MESH % (WAYS | {"c": ", a.wan", "expect": "a reaches www tcp/80"})
    verdict = ask(World(broken(text)), "a", "10.3.0.10", "tcp/80")
    assert "b" not in [hop.node for hop in verdict.request]


def test_what_is_passed_on_meets_the_filter_and_the_routes_of_who_does() -> None:
    dropping = WAYS | {"b": "; firewall { policy forward drop }", "expect": "a reaches t.b"}
    verdict = ask(World(lab(MESH % dropping)), "a", "10.3.0.10", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, "b")
    text = (MESH % (WAYS | {"expect": "a reaches t.b"})).replace("router b", "host b")
    verdict = ask(World(broken(text)), "a", "10.3.0.10", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.UNREACHABLE, "b")


def test_of_two_that_could_pass_it_on_the_first_by_name_does() -> None:
    text = (MESH % (WAYS | {"expect": "a reaches t.c"})).replace("from b.wan", "from b.wan, aa.wan")
    text = text.replace("to b.wan", "to b.wan, aa.wan").replace("a.wan, b.wan and", "a.wan, b.wan, aa.wan and")
    verdict = ask(World(lab(text + "router aa { interface wan on isp .4 }\n")), "a", "10.3.0.10", "tcp/80")
    assert [hop.node for hop in verdict.request][1:2] == ["aa"]


HOME = """
network isp 192.0.2.0/24
network home 192.168.1.0/24
network other 192.168.2.0/24
network hq 10.0.0.0/24
router hub { interface wan on isp .1 ; interface lan on hq .1 ; firewall { policy drop ; accept tunnel t
  %s accept output icmp } }
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan } }
router box2 { interface wan on isp .3 ; interface on other .1 ; nat { masquerade out wan } }
host a { interface on home .10 ; default via box }
host b { interface on home .11 ; default via box }
host c { interface on other .10 ; default via box2 ; serve http }
tinc t { %s ; addresses 10.9.0.0/29 }
"""
CLIENTS = "gateway hub protecting hq ; client a, b, c"
MEETING = "between hub protecting hq and a, b, c"


@pytest.mark.parametrize("ends", [CLIENTS, MEETING])
@pytest.mark.parametrize("start", ["a", "b"])
def test_ends_behind_nat_meet_by_one_that_is_not(ends: str, start: str) -> None:
    text = HOME % ("accept forward through t\n", ends) + "expect { t is up ; hub reaches t.a }\n"
    verdict = ask(World(lab(text)), start, "10.9.0.4", "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED
    assert "hub" in [hop.node for hop in verdict.request]
    wires = {wire.network: wire.packet for hop in verdict.request for wire in hop.wires}
    assert {str(packet.protocol) for packet in wires.values()} == {"tcp"}
    assert verdict.is_encrypted


@pytest.mark.parametrize("ends", [CLIENTS, MEETING])
def test_of_what_a_client_that_is_not_connected_has_the_other_daemons_do_not_know(ends: str) -> None:
    text = HOME % ("accept forward through t\n", ends)
    away = text.replace("via box2 ;", "via box2 ; firewall { policy output drop } ;")
    gone = ask(World(broken(away)), "a", "10.9.0.4", "tcp/80")
    assert (gone.outcome, gone.node) == (Outcome.UNREACHABLE, "a")  # not the hub, which has no part in it
    there = ask(World(broken(away)), "a", "10.9.0.3", "tcp/80")
    assert (there.outcome, there.node) == (Outcome.REFUSED, "b")


def test_two_that_are_both_behind_nat_do_not_meet() -> None:
    text = (HOME % ("", "between a and c")).replace("accept tunnel t", "")
    assert said(text)[0] == "tunnel-ends-do-not-meet"


def test_an_end_behind_a_port_forward_is_reached_at_its_box() -> None:
    text = """
network isp 192.0.2.0/24
network home 192.168.1.0/24
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan
  dnat tcp/655 to 192.0.2.2 -> a } }
host a { interface on home .10 ; default via box }
host b { interface on isp .9 }
tinc t { between a and b ; addresses 10.9.0.0/30 ; at 192.0.2.2 for a }
expect { t is up ; b reaches t.a ; a reaches t.b }
"""
    assert findings(text) == []


INSIDE = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 }
router b { interface wan on isp .2 ; interface lan on right .1 }
"""


def test_outer_packets_go_into_ipsec_between_the_same_nodes() -> None:
    text = INSIDE + "ipsec outer { between a.wan and b.wan ; auth psk }\n"
    text += "tinc t { between a.wan protecting left and b.wan protecting right ; addresses 10.9.0.0/30 }\n"
    text += "expect { t, outer are up }"
    for esp in Esp:
        assert ask(World(lab(text), esp), "a", "10.2.0.1", None).tunnels == ("outer", "t")


def test_its_own_outer_packets_are_not_led_into_it() -> None:
    text = sites(a="route 192.0.2.2/32 via t.b", expect="a cannot reach 10.2.0.1")
    assert not World(broken(text)).is_up("t")  # type: ignore[arg-type]
    assert "tunnel-carries-itself" in {one.rule.code for one in findings(text)}


def test_a_host_sends_into_its_device_from_the_address_of_that() -> None:
    """Nothing is said of its other networks, to which the other end has no way back."""
    text = (
        HOME % ("accept forward through t\n  accept forward icmp\n", CLIENTS)
        + "host s { interface on hq .9 ; default via hub }\n"
    )
    assert findings(text + "expect { a reaches s }\n") == []

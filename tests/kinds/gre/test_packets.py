"""GRE as packets meet it: in both kinds of ESP, through filters, with and without the tunnel, in other tunnels."""

from functools import partial

import pytest

from netdsl.ir.ids import TunnelId
from netdsl.verify import Esp, Outcome, World
from tests.kinds.asking import files, lab, outer, ping, said
from tests.kinds.asking import sites as sites_of
from tests.verify.asking import ask, checked
from tests.verify.asking import lab as broken

sites = partial(sites_of, "tunnel t gre")


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("goal", ["10.2.0.10", "fd00:2::10"])
def test_both_families_go_through_the_tunnel_in_clear(esp: Esp, goal: str) -> None:
    verdict = ask(World(lab(sites()), esp), "pc", goal, "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED
    assert (verdict.tunnels, verdict.is_encrypted) == (("t",), False)


@pytest.mark.parametrize(("line", "more"), [("", 24), ("key 7", 28)])
def test_the_outer_packet_is_gres_between_the_two_addresses(line: str, more: int) -> None:
    verdict = ping(World(lab(sites(t=line))), "pc", "10.2.0.10", 100)
    assert outer(verdict, "isp") == [
        ("192.0.2.1", "192.0.2.2", "gre", 100 + more), ("10.1.0.10", "10.2.0.10", "icmp", 100),
    ]  # fmt: skip
    assert [len(outer(verdict, network)) for network in ("left", "right")] == [1, 1]


def test_the_devices_answer_and_speak_from_their_addresses() -> None:
    verdict = ping(World(lab(sites())), "a", "10.9.0.2")
    assert verdict.passes
    assert outer(verdict, "isp")[-1][:2] == ("10.9.0.1", "10.9.0.2")


def test_what_the_device_has_no_room_for_is_told_to_the_sender() -> None:
    world = World(lab(sites()))
    assert ping(world, "pc", "10.2.0.10", 1476).passes
    verdict = ping(world, "pc", "10.2.0.10", 1477)
    assert (verdict.outcome, verdict.node) == (Outcome.TOO_BIG, "a")
    assert "takes 1476" in verdict.reason


def test_an_mtu_that_the_links_have_no_room_for_fails_on_the_link() -> None:
    world = World(broken(sites(t="mtu 1500")))
    assert ping(world, "pc", "10.2.0.10", 1476).passes
    assert ping(world, "pc", "10.2.0.10", 1477).reason == "1501 bytes are too big for `isp` at `a`, which takes 1500"


def test_without_the_tunnel_there_is_no_route() -> None:
    found = lab(sites())
    fallen = World(found, held={TunnelId("t")})
    assert not fallen.is_up(TunnelId("t"))
    assert ping(fallen, "pc", "10.2.0.10").reason == "`a` has no route to 10.2.0.10"
    assert not ping(fallen, "a", "10.9.0.2").passes


def test_expectations_are_proved_as_for_any_tunnel() -> None:
    lines = (
        "pc reaches www ipv6 tcp/80 through t ; pc to www tcp/80 is not encrypted on isp ; t is up ; "
        "pc reaches www ipv4 without fragmentation up to 1476 }\nexpect while t down { pc cannot reach www ; t is not up"
    )
    assert list(checked(sites(expect=lines)).diagnostics) == []
    code, _, message, _ = said(sites(expect="pc to www ipv4 tcp/80 is encrypted on isp"))
    assert (code, "on `isp` it is in GRE, not encrypted" in message) == ("expectation-fails", True)


# --- filters


@pytest.mark.parametrize(
    ("lines", "passes"),
    [
        ("accept tunnel t ; accept forward through t", True),
        ("accept forward through t", False),
        ("accept tunnel t ; accept forward tcp/80 through t", False),
        ("accept tunnel t", False),
    ],
)
def test_filters_see_the_outer_packet_and_the_one_inside(lines: str, passes: bool) -> None:
    world = World(broken(sites(a=f"firewall {{ policy drop ; {lines} }}")))
    assert ping(world, "pc", "10.2.0.10").passes is passes


def test_a_firewall_that_lets_no_gre_pass_is_told() -> None:
    found = checked(sites(b="firewall { policy drop ; accept forward }", expect="a reaches b.wan"))
    assert "tunnel-blocked-by-firewall" in [one.rule.code for one in found.diagnostics]


def test_the_address_inside_stands_for_the_end() -> None:
    lines = "firewall { policy drop ; policy output accept ; accept tunnel t ; accept input icmp from t.b }"
    world = World(lab(sites(a=lines)))
    assert ping(world, "b", "10.9.0.1").passes
    assert not ping(world, "www", "10.1.0.1").passes


def test_rules_can_hold_while_the_tunnel_is_up() -> None:
    lines = "firewall { policy accept ; drop forward icmp while t up ; drop forward tcp/80 while t down }"
    world = World(lab(sites(a=lines)))
    assert not ping(world, "pc", "10.2.0.10").passes
    assert ask(world, "pc", "10.2.0.10", "tcp/80").passes


# --- another end than was meant


TRANSLATED = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .1, .9 ; interface lan on left .1 ; %s }
router b { interface wan on isp .2, .8 ; interface lan on right .1 ; %s }
host pc { interface on left .10 ; default via a }
host www { interface on right .10 ; default via b }
tunnel t gre { between a protecting left and b protecting right }
expect failure { pc reaches b.lan }
"""
OF_A, OF_B = "nat { snat out wan -> 192.0.2.9 }", "nat { snat out wan -> 192.0.2.8 }"


def test_a_device_takes_outer_packets_from_the_other_end_only() -> None:
    """Both ends translate what they send, and look for one another at their own addresses."""
    verdict = ping(World(broken(TRANSLATED % (OF_A, OF_B))), "pc", "10.2.0.1")
    assert verdict.outcome is Outcome.DROPPED
    assert "its device takes them from 192.0.2.1 to 192.0.2.2 only" in verdict.reason


def test_translation_of_one_direction_depends_on_which_end_sends_first() -> None:
    """What `b` sends is answered in its flow, untranslated. What `a` sends first is translated; `b` does not take it."""
    world = World(broken(TRANSLATED % (OF_A, "")))
    for source, goal in (("pc", "10.2.0.10"), ("www", "10.1.0.10")):
        verdict = ping(world, source, goal)
        assert verdict.outcome is Outcome.NOT_VERIFIED
        assert "depends on which end sent first" in verdict.reason


# --- in other tunnels

BASE = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
network deep-l 10.11.0.0/24
network deep-r 10.12.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 ; interface deep on deep-l .1 }
router b { interface wan on isp .2 ; interface lan on right .1 ; interface deep on deep-r .1 }
host pc { interface on deep-l .10 ; default via a }
host www { interface on deep-r .10 ; default via b }
"""
OVER_IPSEC = """
ipsec out { between a.wan and b.wan ; auth psk }
tunnel in gre { between a.wan protecting deep-l and b.wan protecting deep-r }
"""
IPSEC_OVER = """
tunnel out gre { between a.wan protecting left and b.wan protecting right }
ipsec in { between a.lan protecting deep-l and b.lan protecting deep-r ; auth psk }
"""
IN_GRE = """
tunnel out gre { between a.wan protecting left and b.wan protecting right }
tunnel in gre { between a.lan protecting deep-l and b.lan protecting deep-r }
"""


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize(
    ("tunnels", "is_encrypted", "mtu"),
    [(OVER_IPSEC, True, 1414), (IPSEC_OVER, True, 1414), (IN_GRE, False, 1452)],
    ids=["over IPsec", "IPsec over it", "in GRE"],
)
def test_tunnels_carry_one_another(tunnels: str, is_encrypted: bool, mtu: int, esp: Esp) -> None:
    found = lab(f"{BASE}{tunnels}expect {{ pc reaches www through in, out ; in, out are up }}")
    verdict = ping(World(found, esp), "pc", "10.12.0.10")
    assert verdict.passes
    assert verdict.tunnels == ("out", "in")
    assert verdict.is_encrypted is is_encrypted
    assert [one.mtu for node in found.nodes for one in node.tunnels if one.tunnel == "in"] == [mtu, mtu]
    assert len(outer(verdict, "isp")) == 3


def test_without_the_outer_one_the_device_stands_and_nothing_passes() -> None:
    found = lab(f"{BASE}{IN_GRE}expect {{ pc reaches www }}")
    fallen = World(found, held={TunnelId("out")})
    assert fallen.is_up(TunnelId("in"))
    assert not ping(fallen, "pc", "10.12.0.10").passes


@pytest.mark.parametrize("esp", Esp)
def test_filters_find_the_outer_packets_of_another_tunnel_at_the_device(esp: Esp) -> None:
    rules = "firewall { policy drop ; accept tunnel out ; accept tunnel in ; accept forward through in }"
    text = BASE.replace("deep on deep-l .1 }", f"deep on deep-l .1 ; {rules} }}")
    found = lab(f"{text}{IPSEC_OVER}expect {{ in is up ; pc reaches www through in, out }}")
    assert ping(World(found, esp), "pc", "10.12.0.10").passes
    assert (
        'iifname "out" ip saddr 10.2.0.1 ip daddr 10.1.0.1 meta l4proto { esp, ah } accept'
        in files(found, "a")["filter.nft"]
    )


def test_a_packet_that_goes_round_through_a_long_tunnel_ends_with_its_time_to_live() -> None:
    length = 35
    lines = [f"network n{number} 192.0.{number}.0/30" for number in range(length + 1)]
    lines += [
        f"router r{number} {{ interface on n{number} .2 ; interface on n{number + 1} .1 ; routing auto }}"
        for number in range(length)
    ]
    lines += [
        "network lan 192.168.0.0/24",
        "host h { interface on lan .2 ; default via a }",
        "router a { interface on lan .1 ; interface on n0 .1 ; routing auto ; route 10.0.0.0/8 via t.b }",
        f"router b {{ interface on n{length} .2 ; routing auto ; route 10.0.0.0/8 via t.a }}",
        "tunnel t gre { between a and b ; addresses 172.16.0.0/30 }",
    ]
    verdict = ask("\n".join(lines), "h", "10.0.0.1")
    assert verdict.outcome is Outcome.LOOP
    assert verdict.reason.startswith("it goes round between `a`, ")


def test_an_end_with_an_elastic_address_is_reached_there() -> None:
    text = """
    lab x
    network inet 203.0.113.0/24
    network vpc 172.31.0.0/24
    network sub 10.1.0.0/24
    network office 10.2.0.0/24
    router igw {
      interface wan on inet .1, .100
      interface on vpc .1
      nat { dnat gre to 203.0.113.100 -> gw ; snat from gw out wan -> 203.0.113.100 }
    }
    router gw { interface on vpc .10 ; interface on sub .1 ; default via igw }
    host app { interface on sub .5 ; default via gw ; serve http }
    router fw { interface wan on inet .2 ; interface on office .1 }
    host pc { interface on office .10 ; default via fw }
    tunnel t gre { between fw.wan protecting office and gw protecting sub ; at 203.0.113.100 for gw }
    expect { pc reaches app tcp/80 through t ; app reaches pc through t }
    """
    assert [found.rule.code for found in checked(text).diagnostics] == []

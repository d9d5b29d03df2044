"""WireGuard as packets meet it: who begins, through which NAT, what a device takes for whom, how large it gets."""

from functools import partial

import pytest

from netdsl.pipeline.analysis import check_text
from netdsl.pipeline.mending import with_near_misses
from netdsl.verify import Esp, Outcome, World
from tests.kinds.asking import findings, lab, outer, ping, said
from tests.kinds.asking import sites as sites_of
from tests.verify.asking import ask
from tests.verify.asking import lab as broken

sites = partial(sites_of, "wireguard t")


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("goal", ["10.2.0.10", "fd00:2::10"])
def test_both_families_go_through_the_tunnel_encrypted(esp: Esp, goal: str) -> None:
    verdict = ask(World(lab(sites()), esp), "pc", goal, "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED
    assert (verdict.tunnels, verdict.is_encrypted) == (("t",), True)


@pytest.mark.parametrize(
    ("size", "padded"), [(28, 32), (32, 32), (33, 48), (84, 96), (1424, 1424), (1425, 1440), (1440, 1440)]
)
def test_what_is_inside_is_padded_to_a_multiple_of_16(size: int, padded: int) -> None:
    verdict = ping(World(lab(sites())), "pc", "10.2.0.10", size)
    assert outer(verdict, "isp") == [
        ("192.0.2.1", "192.0.2.2", "udp", padded + 60), ("10.1.0.10", "10.2.0.10", "icmp", size),
    ]  # fmt: skip


@pytest.mark.parametrize(("size", "padded"), [(1300, 1300), (1297, 1300), (1296, 1296)])
def test_padding_ends_at_the_mtu_of_the_device(size: int, padded: int) -> None:
    verdict = ping(World(lab(sites(t="mtu 1300"))), "pc", "10.2.0.10", size)
    assert outer(verdict, "isp")[0][3] == padded + 60


def test_what_the_device_has_no_room_for_is_told_to_the_sender() -> None:
    verdict = ping(World(lab(sites())), "pc", "10.2.0.10", 1441)
    assert (verdict.outcome, verdict.node) == (Outcome.TOO_BIG, "a")


def test_a_source_that_is_not_behind_the_peer_is_dropped_by_its_line() -> None:
    text = sites(a="loopback 10.7.0.1/32") + "network more 10.3.0.0/24\n"
    text = text.replace("host pc", "host alien { interface on more .10 ; default via a }\nhost pc")
    text = text.replace(
        "interface lan on left .1, ::1 ;", "interface lan on left .1, ::1 ; interface more on more .1 ;", 1
    )
    world = World(lab(text))
    assert ask(world, "pc", "10.2.0.10", "tcp/80").passes
    verdict = ask(world, "alien", "10.2.0.10", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, "b")
    assert "of 10.3.0.10 inside, which is not behind `a`" in verdict.reason
    assert verdict.origin is not None
    assert verdict.origin.span.text.startswith("wireguard t")


NO_PEER = [(Esp.KERNEL, Outcome.UNREACHABLE), (Esp.USER, Outcome.DROPPED)]
"""The kernel has an ICMP error for what it has no peer for, wireguard-go has none."""


@pytest.mark.parametrize(("space", "outcome"), NO_PEER)
def test_what_no_peer_has_is_lost_where_it_enters(space: Esp, outcome: Outcome) -> None:
    text = sites(a="route 10.0.0.0/8 via t.b", expect="a cannot reach 10.8.0.1")
    verdict = ask(World(lab(text), space), "a", "10.8.0.1", "tcp/80")
    assert (verdict.outcome, verdict.node) == (outcome, "a")


@pytest.mark.parametrize("space", Esp)
def test_what_is_for_a_peer_that_does_not_answer_waits_in_vain(space: Esp) -> None:
    world = World(broken(sites(b=FILTERED % "")), space)
    verdict = ask(world, "pc", "10.2.0.10", "tcp/80")
    assert not world.is_up("t")  # type: ignore[arg-type]
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, "a")


@pytest.mark.parametrize(("space", "outcome"), NO_PEER)
def test_the_device_stays_while_the_tunnel_is_down_and_nothing_leaves(space: Esp, outcome: Outcome) -> None:
    world = World(lab(sites()), space, held=["t"])  # type: ignore[list-item]
    verdict = ask(world, "pc", "10.2.0.10", "tcp/80")
    assert (verdict.outcome, verdict.node) == (outcome, "a")
    assert not [wire for wire in verdict.wires if wire.network == "isp"]
    assert not world.is_up("t")  # type: ignore[arg-type]


def test_from_which_of_two_addresses_the_user_space_answers_is_not_known() -> None:
    """The kernel answers from the one that was reached; over IPv6 the last one set is the route's."""
    text = sites(b="interface second on v6 .2, fd00:6::2, fd00:6::9").replace("on isp .1 ;", "on v6 .1, fd00:6::1 ;")
    text = text.replace("interface wan on isp .2 ; ", "").replace("over ipv4", "over ipv6")
    text = "network v6 192.0.2.0/24, fd00:6::/64\n" + text.replace("network isp 192.0.2.0/24\n", "")
    for esp in Esp:
        verdict = ask(World(lab(text), esp), "pc", "10.2.0.10", "tcp/80")
        assert bool(verdict.raw) == (esp is Esp.USER), verdict


FILTERED = "firewall { policy drop ; %s accept forward through t ; accept input, output icmp }"


def test_one_end_that_can_begin_is_enough() -> None:
    """The other end's answer belongs to the flow."""
    world = World(lab(sites(a=FILTERED % "accept output udp/51820 ; ")))
    assert world.is_up("t")  # type: ignore[arg-type]
    assert said(sites(a=FILTERED % ""))[0] == "tunnel-blocked-by-firewall"
    assert findings(sites(a=FILTERED % "accept tunnel t ; ")) == []


HOME = """
network isp 192.0.2.0/24
network home 192.168.1.0/24
network other 192.168.1.0/24
network hq 10.0.0.0/24
router hub { interface wan on isp .1 ; interface lan on hq .1 ; firewall { policy drop ; accept tunnel t
  accept forward through t ; accept output icmp } }
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan } }
router box2 { interface wan on isp .3 ; interface on other .1 ; nat { masquerade out wan } }
host a { interface on home .10 ; default via box ; firewall { policy drop ; accept tunnel t ; accept input icmp } }
host b { interface on home .11 ; default via box }
host c { interface on other .10 ; default via box2 ; serve http }
wireguard t { addresses 10.9.0.0/29 ; gateway hub protecting hq ; client a, b, c { keepalive 25s } ; %s }
"""


def test_clients_behind_one_nat_begin_and_the_gateway_answers_to_where_they_came_from() -> None:
    world = World(lab(HOME % "relay no"))
    assert world.is_up("t")  # type: ignore[arg-type]
    for client, address in (("a", "10.9.0.2"), ("b", "10.9.0.3"), ("c", "10.9.0.4")):
        verdict = ask(world, "hub", address, None)
        assert verdict.passes, verdict.reason
        assert verdict.answered_by is not None
        assert verdict.answered_by[0] == client
    assert outer(ping(world, "hub", "10.9.0.4"), "isp")[0][:2] == ("192.0.2.1", "192.0.2.3")


def test_clients_get_to_one_another_by_a_gateway_that_relays() -> None:
    verdict = ask(World(lab(HOME % "relay yes")), "b", "10.9.0.4", "tcp/80")
    assert verdict.passes
    assert verdict.is_encrypted
    assert "hub" in [hop.node for hop in verdict.request]
    verdict = ask(World(lab(HOME % "relay no")), "b", "10.9.0.4", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.UNREACHABLE, "b")


def test_two_that_are_both_behind_nat_do_not_meet() -> None:
    text = (HOME % "").rpartition("wireguard")[0].replace("accept tunnel t\n", "").replace("accept tunnel t ;", "")
    text = text.replace("accept forward through t ;", "")
    code, *_ = said(text + "wireguard t { between a and c ; addresses 10.9.0.0/30 }")
    assert code == "tunnel-stays-down"


def test_an_end_behind_a_port_forward_is_reached_at_its_box() -> None:
    text = """
network isp 192.0.2.0/24
network home 192.168.1.0/24
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan
  dnat udp/51820 to 192.0.2.2 -> a } }
host a { interface on home .10 ; default via box }
host b { interface on isp .9 }
wireguard t { between a and b ; addresses 10.9.0.0/30 ; at 192.0.2.2 for a ; keepalive 25s for a }
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
    text += "wireguard t { between a.wan protecting left and b.wan protecting right ; addresses 10.9.0.0/30 }\n"
    text += "expect { t, outer are up }"
    for esp in Esp:
        assert ask(World(lab(text), esp), "a", "10.2.0.1", None).tunnels == ("outer", "t")


def test_ipsec_between_addresses_inside_goes_through_the_device() -> None:
    text = INSIDE + "wireguard t { between a.wan protecting left and b.wan protecting right ; addresses 10.9.0.0/30 }\n"
    text += "ipsec inner { between a.lan and b.lan ; auth psk }\nexpect { t, inner are up }"
    for esp in Esp:
        assert ask(World(lab(text), esp), "a", "10.2.0.1", None).tunnels == ("t", "inner")


def test_its_own_outer_packets_are_not_led_into_it() -> None:
    text = sites(a="route 192.0.2.2/32 via t.b", expect="a cannot reach 10.2.0.1")
    assert not World(broken(text)).is_up("t")  # type: ignore[arg-type]
    assert "tunnel-carries-itself" in {one.rule.code for one in findings(text)}


NESTED = """
network isp 192.0.2.0/24
network wide 10.0.0.0/8
network deep 10.2.0.0/24
router hub { interface wan on isp .1 }
router a { interface wan on isp .2 ; interface lan on wide .0.0.1 }
router b { interface wan on isp .3 ; interface lan on deep .1 }
wireguard t { addresses 172.20.0.0/29 ; gateway hub ; client a protecting 10.0.0.0/8 ; client b protecting deep }
"""


def test_the_longest_prefix_decides_to_whom_and_from_whom() -> None:
    world = World(broken(NESTED))
    assert ask(world, "hub", "10.2.0.1", None).answered_by == ("b", None)
    assert ask(world, "hub", "10.0.0.1", None).answered_by == ("a", None)


def test_a_gateway_that_does_not_relay_is_told_where_a_line_needs_it() -> None:
    checked = with_near_misses(check_text((HOME % "" + "expect { b reaches t.c tcp/80 }\n").encode()), {})
    (finding,) = checked.diagnostics
    assert finding.rule.code == "expectation-fails"
    assert finding.help is not None
    assert "the clients of tunnel `t` reach one another with `relay yes`" in str(finding.help)


def test_a_peer_that_does_not_protect_a_network_of_its_own_is_told() -> None:
    text = sites(a="route 10.2.0.0/24 via t.b", expect="pc reaches 10.2.0.10").replace("b protecting right", "b")
    checked = with_near_misses(check_text(text.encode()), {})
    (finding,) = (one for one in checked.diagnostics if one.rule.code == "expectation-fails")
    assert "`between a protecting left and b protecting right`" in str(finding.help)

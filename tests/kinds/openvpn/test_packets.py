"""OpenVPN as packets meet it: who begins, through which NAT, what a device takes for whom, how large it gets."""

import pytest

from netdsl.ir.filter import Flag
from netdsl.pipeline.analysis import check_text
from netdsl.pipeline.mending import with_near_misses
from netdsl.verify import Esp, Outcome, World
from tests.kinds.asking import findings, lab, outer, ping, said
from tests.kinds.hubs import hub_of
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
openvpn t { between b protecting right and a protecting left ; over ipv4 ; addresses 10.9.0.0/30 ; %(t)s }
expect { %(expect)s }
"""
PLAIN = {"a": "", "b": "", "t": "", "expect": "t is up"}


def sites(**changed: str) -> str:
    return SITES % (PLAIN | changed)


def is_up(world: World) -> bool:
    return world.is_up("t")  # type: ignore[arg-type]


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("goal", ["10.2.0.10", "fd00:2::10"])
def test_both_families_go_through_the_tunnel_encrypted(esp: Esp, goal: str) -> None:
    verdict = ask(World(lab(sites()), esp), "pc", goal, "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED
    assert (verdict.tunnels, verdict.is_encrypted) == (("t",), True)


@pytest.mark.parametrize("size", [28, 29, 84, 1447, 1448])
def test_a_packet_grows_by_52_bytes_over_ipv4_whatever_its_size(size: int) -> None:
    verdict = ping(World(lab(sites())), "pc", "10.2.0.10", size)
    assert outer(verdict, "isp") == [
        ("192.0.2.1", "192.0.2.2", "udp", size + 52), ("10.1.0.10", "10.2.0.10", "icmp", size),
    ]  # fmt: skip


def test_what_the_device_has_no_room_for_is_told_to_the_sender() -> None:
    verdict = ping(World(lab(sites())), "pc", "10.2.0.10", 1449)
    assert (verdict.outcome, verdict.node) == (Outcome.TOO_BIG, "a")


ALIEN = """
network isp 192.0.2.0/24
network hq 10.0.0.0/24
network left 10.1.0.0/24
network more 10.3.0.0/24
router hub { interface wan on isp .1 ; interface lan on hq .1 ; %s }
router a { interface wan on isp .2 ; interface lan on left .1 ; interface more on more .1 ; %s }
host alien { interface on more .10 ; default via a }
host s { interface on hq .10 ; default via hub ; serve http }
openvpn t { gateway hub protecting hq ; client a protecting left ; addresses 10.9.0.0/29 }
"""


def test_a_server_drops_a_source_that_is_not_the_clients() -> None:
    world = World(lab(ALIEN % ("", "")))
    assert ask(world, "a", "10.0.0.10", "tcp/80").passes
    verdict = ask(world, "alien", "10.0.0.10", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, "hub")
    assert "of 10.3.0.10 inside, which is not behind `a`" in verdict.reason
    assert verdict.origin is not None
    assert verdict.origin.span.text.startswith("openvpn t")


def test_a_server_drops_what_no_client_has_and_a_client_sends_whatever_is_led_to_it() -> None:
    text = ALIEN % ("route 10.8.0.0/16 via t.a", "route 10.7.0.0/16 via t.hub")
    text += "expect { hub cannot reach 10.8.0.1 ; a cannot reach 10.7.0.1 }"
    verdict = ask(World(lab(text)), "hub", "10.8.0.1", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, "hub")
    verdict = ask(World(lab(text)), "a", "10.7.0.1", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.NO_ROUTE, "hub")


def test_each_of_two_ends_takes_any_source() -> None:
    text = sites(a="interface more on more .1", b="route 10.3.0.0/24 via t.a") + "network more 10.3.0.0/24\n"
    text += "host alien { interface on more .10 ; default via a }\n"
    assert ask(World(lab(text)), "alien", "10.2.0.10", "tcp/80").passes


def test_the_device_stays_while_the_tunnel_is_down_and_nothing_leaves() -> None:
    world = World(lab(sites()), held=["t"])  # type: ignore[list-item]
    verdict = ask(world, "pc", "10.2.0.10", "tcp/80")
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, "a")
    assert not [wire for wire in verdict.wires if wire.network == "isp"]
    assert not is_up(world)


FILTERED = "firewall { policy drop ; %s accept forward through t ; accept input, output icmp }"


def test_the_client_has_to_get_out_and_the_servers_answer_belongs_to_the_flow() -> None:
    assert is_up(World(lab(sites(a=FILTERED % "accept output udp/1194 ; "))))
    assert is_up(World(lab(sites(b=FILTERED % "accept input udp/1194 ; "))))
    assert said(sites(a=FILTERED % "accept input udp/1194 ; "))[0] == "tunnel-blocked-by-firewall"
    assert said(sites(b=FILTERED % "accept output udp/1194 ; "))[0] == "tunnel-blocked-by-firewall"
    assert findings(sites(a=FILTERED % "accept tunnel t ; ", b=FILTERED % "accept tunnel t ; ")) == []


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_over_tcp_packets_are_encrypted_in_a_stream_whose_parts_have_no_size_of_their_own(cipher: str) -> None:
    verdict = ping(World(lab(sites(t=f"listen tcp/1194 ; cipher {cipher}"))), "pc", "10.2.0.10", 1500)
    assert verdict.passes
    wire = next(wire for wire in verdict.wires if wire.network == "isp")
    assert (str(wire.packet), wire.is_encrypted) == ("openvpn 192.0.2.1:40000 > 192.0.2.2:1194", True)
    assert (wire.packet.has_size, wire.packet.size) == (False, 1500)
    assert wire.packet.flags == {Flag.ACK}


def test_over_tcp_the_client_has_to_get_out_and_the_servers_answer_belongs_to_the_flow() -> None:
    over = {"t": "listen tcp/1194"}
    assert is_up(World(lab(sites(a=FILTERED % "accept output tcp/1194 ; ", **over))))
    assert is_up(World(lab(sites(b=FILTERED % "accept input tcp/1194 ; ", **over))))
    assert said(sites(a=FILTERED % "accept output udp/1194 ; ", **over))[0] == "tunnel-blocked-by-firewall"
    assert findings(sites(a=FILTERED % "accept tunnel t ; ", b=FILTERED % "accept tunnel t ; ", **over)) == []


def test_over_tcp_clients_behind_nat_are_answered_to_where_they_came_from() -> None:
    world = World(lab((HOME % "accept forward through t").replace("relay yes", "relay yes ; listen tcp/1194")))
    assert is_up(world)
    assert outer(ping(world, "hub", "10.9.0.4"), "isp")[0][:3] == ("192.0.2.1", "192.0.2.3", "tcp")
    assert ask(world, "b", "10.9.0.4", "tcp/80").passes


NARROW = """
network one 192.0.2.0/24
network two 198.51.100.0/24 { mtu 1280 }
network three 203.0.113.0/24
router r { interface on one .1 ; interface on two .1 }
router s { interface on two .2 ; interface on three .1 ; route 192.0.2.0/24 via 198.51.100.1 }
host a { interface on one .2 ; default via r }
host b { interface on three .2 ; default via s }
openvpn t { between a and b ; addresses 10.9.0.0/30 ; listen tcp/1194 }
"""


@pytest.mark.parametrize(("size", "outcome"), [(1202, Outcome.ANSWERED), (1203, Outcome.NOT_VERIFIED)])
def test_whether_tcp_cuts_for_a_narrow_network_on_the_way_is_not_known(size: int, outcome: Outcome) -> None:
    text = NARROW.replace("on two .1 }", "on two .1 ; default via s }")
    verdict = ping(World(lab(text)), "a", "10.9.0.2", size)
    assert (verdict.outcome, verdict.is_exact) == (outcome, outcome is Outcome.ANSWERED)


HOME = """
network isp 192.0.2.0/24
network home 192.168.1.0/24
network other 192.168.1.0/24
network hq 10.0.0.0/24
router hub { interface wan on isp .1 ; interface lan on hq .1 ; firewall { policy drop ; accept tunnel t
  %s ; accept output icmp } }
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan } }
router box2 { interface wan on isp .3 ; interface on other .1 ; nat { masquerade out wan } }
host a { interface on home .10 ; default via box ; firewall { policy drop ; accept tunnel t ; accept input icmp } }
host b { interface on home .11 ; default via box }
host c { interface on other .10 ; default via box2 ; serve http }
openvpn t { addresses 10.9.0.0/29 ; gateway hub protecting hq ; client a, b, c ; relay yes }
"""


def test_clients_behind_one_nat_begin_and_the_server_answers_to_where_they_came_from() -> None:
    world = World(lab(HOME % "accept forward through t"))
    assert is_up(world)
    for client, address in (("a", "10.9.0.2"), ("b", "10.9.0.3"), ("c", "10.9.0.4")):
        verdict = ask(world, "hub", address, None)
        assert verdict.passes, verdict.reason
        assert verdict.answered_by is not None
        assert verdict.answered_by[0] == client
    assert outer(ping(world, "hub", "10.9.0.4"), "isp")[0][:2] == ("192.0.2.1", "192.0.2.3")


@pytest.mark.parametrize(("line", "passes"), [("accept forward through t", True), ("accept forward in wan", False)])
def test_packets_between_clients_pass_the_servers_forward_chain(line: str, passes: bool) -> None:
    verdict = ask(World(broken(HOME % line)), "b", "10.9.0.4", "tcp/80")
    assert verdict.passes is passes
    assert "hub" in [hop.node for hop in verdict.request]
    assert verdict.is_encrypted or not passes


def test_a_server_behind_nat_is_not_reached() -> None:
    text = (HOME % "").rpartition("openvpn")[0].replace("accept tunnel t\n", "").replace("accept tunnel t ;", "")
    code, *_ = said(text + "openvpn t { between a and c ; addresses 10.9.0.0/30 }")
    assert code == "tunnel-stays-down"


FORWARDED = """
network isp 192.0.2.0/24
network home 192.168.1.0/24
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan
  dnat udp/1194 to 192.0.2.2 -> a } }
host a { interface on home .10 ; default via box }
host b { interface on isp .9 }
openvpn t { between %s ; addresses 10.9.0.0/30 ; at 192.0.2.2 for a }
expect { t is up ; b reaches t.a ; a reaches t.b }
"""


@pytest.mark.parametrize("ends", ["a and b", "b and a"])
def test_a_server_behind_a_port_forward_is_reached_at_its_box_and_a_client_begins_from_behind_it(ends: str) -> None:
    assert findings(FORWARDED % ends) == []


INSIDE = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 }
router b { interface wan on isp .2 ; interface lan on right .1 }
"""
OVER = "openvpn t { between a.wan protecting left and b.wan protecting right ; addresses 10.9.0.0/30 }\n"


def test_outer_packets_go_into_ipsec_between_the_same_nodes() -> None:
    text = INSIDE + "ipsec outer { between a.wan and b.wan ; auth psk }\n" + OVER + "expect { t, outer are up }"
    for esp in Esp:
        assert ask(World(lab(text), esp), "a", "10.2.0.1", None).tunnels == ("outer", "t")


def test_ipsec_between_addresses_inside_goes_through_the_device() -> None:
    text = INSIDE + OVER + "ipsec inner { between a.lan and b.lan ; auth psk }\nexpect { t, inner are up }"
    for esp in Esp:
        assert ask(World(lab(text), esp), "a", "10.2.0.1", None).tunnels == ("t", "inner")


def test_its_own_outer_packets_are_not_led_into_it() -> None:
    text = sites(a="route 192.0.2.2/32 via t.b", expect="a cannot reach 10.2.0.1")
    assert not is_up(World(broken(text)))
    assert "tunnel-carries-itself" in {one.rule.code for one in findings(text)}


NESTED = """
network isp 192.0.2.0/24
network wide 10.0.0.0/8
network deep 10.2.0.0/24
router hub { interface wan on isp .1 }
router a { interface wan on isp .2 ; interface lan on wide .0.0.1 ; loopback 10.2.0.9/32 }
router b { interface wan on isp .3 ; interface lan on deep .1 }
openvpn t { addresses 172.20.0.0/29 ; gateway hub ; client a protecting 10.0.0.0/8 ; client b protecting deep }
"""


def test_the_longest_prefix_decides_to_whom() -> None:
    world = World(broken(NESTED))
    assert ask(world, "hub", "10.2.0.1", None).answered_by == ("b", None)
    assert ask(world, "hub", "10.0.0.1", None).answered_by == ("a", None)


@pytest.mark.parametrize("revoked", ["a", "b"])
def test_no_tunnel_comes_up_with_a_revoked_certificate(revoked: str) -> None:
    text = sites(t="authority p") + f"pki p {{ revoke {revoked} }}\n"
    (failed,) = (one for one in findings(text) if one.rule.code == "tunnel-stays-down")
    assert f"the certificate of `{revoked}` is revoked" in str(failed)


@pytest.mark.parametrize("lines", ["", " ; relay no"])
def test_a_gateway_that_does_not_relay_is_told_where_a_line_needs_it(lines: str) -> None:
    text = hub_of("openvpn", t=f"keepalive 5s{lines}") + "host pc { interface on one .10 ; default via a }\n"
    text += "host www { interface on two .10 ; default via b ; serve http }\nexpect { pc reaches www tcp/80 through t }"
    (finding,) = with_near_misses(check_text(text.encode()), {}).diagnostics
    assert "the clients of tunnel `t` reach one another with `relay yes`" in str(finding.help)

"""`only`: services, the ports of the other end, types of ICMP; what passes then, with each kind of ESP."""

import pytest

from netdsl.backends.strongswan.swanctl import swanctl_conf
from netdsl.verify import Esp, Outcome
from tests.verify.asking import ask, codes, lab, world

PAIR = """
network inet 192.0.2.0/24
host a { interface on inet .1 ; serve udp udp/1701 ; serve http }
host b { interface on inet .2 ; serve udp udp/1701 ; serve http ; serve tcp tcp/23 ; serve tcp t24 tcp/24 }
ipsec vpn { between a and b ; auth psk ; start on traffic ; %s }
"""
SITES = """
network inet 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface on inet .1 ; interface on left .1 }
router b { interface on inet .2 ; interface on right .1 }
host h { interface on left .10 ; default via a }
host s { interface on right .10 ; default via b ; serve udp udp/1701 ; serve http }
ipsec vpn { between a protecting left and b protecting right ; auth psk ; %s }
"""


def _conf(text: str, name: str) -> str:
    found = lab(text)
    return str(swanctl_conf(next(node for node in found.nodes if node.id == name), found))


def test_a_source_port_is_one_that_the_client_does_not_choose() -> None:
    text = PAIR % "only udp/1701 from udp/1701"
    for esp in Esp:
        assert not ask(world(text, esp), "a", "192.0.2.2", "udp/1701").is_encrypted
    assert ask(PAIR % "only udp/1701", "a", "192.0.2.2", "udp/1701").is_encrypted


def test_what_the_tunnel_does_not_take_is_dropped_in_user_space_and_goes_in_clear_with_the_kernel() -> None:
    text = SITES % "only udp/1701 from udp/1701"
    dropped = ask(world(text, Esp.USER), "h", "10.2.0.10", "udp/1701")
    assert (dropped.outcome, dropped.node) == (Outcome.DROPPED, "a")
    clear = ask(text, "h", "10.2.0.10", "udp/1701")
    assert (clear.passes, clear.is_encrypted) == (True, False)


@pytest.mark.parametrize("only", ["only tcp/80", "only icmp, tcp from tcp/1024-65535"])
def test_a_gateways_own_packets_have_an_address_inside_but_where_the_kernel_has_a_protocol(only: str) -> None:
    """The daemon makes no route for selectors of a protocol then (kernel_netlink_ipsec.c, add_policy_internal)."""
    assert ask(world(SITES % only, Esp.USER), "a", "10.2.0.10", "tcp/80").tunnels == ("vpn",)
    clear = ask(SITES % only, "a", "10.2.0.10", "tcp/80")
    assert (clear.passes, clear.is_encrypted) == (True, False)
    assert ask(SITES % "", "a", "10.2.0.10", "tcp/80").tunnels == ("vpn",)


@pytest.mark.parametrize("esp", Esp)
def test_a_range_of_source_ports_takes_what_clients_choose(esp: Esp) -> None:
    where = world(SITES % "only tcp/80 from tcp/32768-65535", esp)
    assert ask(where, "h", "10.2.0.10", "tcp/80").tunnels == ("vpn",)
    assert not ask(where, "h", "10.2.0.10", "udp/1701").is_encrypted
    assert not ask(where, "s", "10.1.0.10").is_encrypted


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("sources", ["tcp/49152-65535", "tcp/32768-39999", "tcp/40000"])
def test_a_part_of_the_ports_that_clients_choose_cannot_be_known(sources: str, esp: Esp) -> None:
    verdict = ask(world(SITES % f"only tcp/80 from {sources}", esp), "h", "10.2.0.10", "tcp/80")
    assert verdict.outcome is Outcome.NOT_VERIFIED
    assert verdict.reason.endswith("depends on the port that the client chose")


def test_an_answer_goes_by_the_ports_turned_round() -> None:
    verdict = ask(SITES % "only tcp/80 from tcp/1024-65535", "h", "10.2.0.10", "tcp/80")
    assert verdict.passes
    assert all(wire.is_encrypted for wire in verdict.wires if wire.network == "inet")


def test_the_kernel_takes_the_range_that_a_mask_can_say_and_user_space_the_one_that_is_written() -> None:
    """21 and 22 differ in two bits, and so do 20 and 23 (ts2ports)."""
    text = PAIR % "only tcp/21-22"
    assert ask(text, "a", "192.0.2.2", "tcp/23").is_encrypted
    assert not ask(text, "a", "192.0.2.2", "tcp/24").is_encrypted
    assert not ask(world(text, Esp.USER), "a", "192.0.2.2", "tcp/23").is_encrypted


def test_of_two_ranges_the_narrower_is_asked_first() -> None:
    text = PAIR % "child x { only tcp/21-22 } ; child y { only tcp/23 ; esp aes128gcm16-x25519 }"
    verdict = ask(text, "a", "192.0.2.2", "tcp/23")
    assert "child `y`" in str([step.text for hop in verdict.request for step in hop.steps])


def test_the_ports_of_both_ends_make_a_range_narrow() -> None:
    """As the kernel has them both take 60001: from 32768 on, and from 57344 on."""
    halves = ("only tcp/80 from tcp/32768-60000", "only tcp/80 from tcp/60001-65535 ; esp aes128gcm16-x25519")
    for one, other in (halves, halves[::-1]):
        verdict = ask(PAIR % f"child x {{ {one} }} ; child y {{ {other} }}", "a", "192.0.2.2", "tcp/80")
        assert verdict.reason.endswith("depends on the port that the client chose")


def test_an_echo_request_alone_is_answered_in_clear() -> None:
    text = PAIR % "only icmp/echo-request"
    verdict = ask(text, "a", "192.0.2.2")
    assert verdict.passes
    assert [wire.is_encrypted for wire in verdict.wires] == [True, False]
    assert not ask(text, "a", "192.0.2.2", "tcp/80").is_encrypted


@pytest.mark.parametrize(
    "lines",
    [
        "only icmp/echo-request, icmp/echo-reply",
        "only icmp/echo-request ; only icmp/echo-reply",
        "child there { only icmp/echo-request } ; child back { only icmp/echo-reply }",
    ],
)
def test_both_types_carry_a_ping(lines: str) -> None:
    verdict = ask(SITES % lines, "h", "10.2.0.10")
    assert verdict.passes
    assert all(wire.is_encrypted for wire in verdict.wires if wire.network == "inet")
    assert "only-icmp-type" not in codes(SITES % lines)


def test_errors_go_by_their_type() -> None:
    """A refused port is answered by an error, which is in a child with its type and in clear without."""
    for more, is_encrypted in (("icmp/port-unreachable", True), ("icmp/network-unreachable", True), ("icmp", True)):
        text = PAIR % f"only udp/9, {more}"
        assert [wire.is_encrypted for wire in ask(text, "a", "192.0.2.2", "udp/9").wires] == [True, is_encrypted]
    text = PAIR % "only udp/9, icmp/host-unreachable"
    assert [wire.is_encrypted for wire in ask(text, "a", "192.0.2.2", "udp/9").wires] == [True, False]


def test_user_space_knows_no_types() -> None:
    up = {
        esp: (found := world(PAIR % "only icmp/echo-reply", esp)).is_up(found.lab.nodes[0].tunnels[0].tunnel)
        for esp in Esp
    }
    assert up == {Esp.KERNEL: True, Esp.USER: False}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("only icmp/echo-request", "only-icmp-type"),
        ("child x { only tcp/80, icmp/echo-reply }", "only-icmp-type"),
        ("only icmp/packet-too-big", "only-impossible"),
        ("only udp/1701 from tcp/1701", "only-impossible"),
        ("only udp/1701 from icmp", "only-impossible"),
        ("child x { only icmp from udp/1 }", "only-impossible"),
        ("child x { only tcp/80 from tcp/1 } ; child y { only tcp/80 from tcp/1-9 }", "selectors-overlap"),
        ("only udp/1701 from udp/1701 for a", "ends-disagree"),
    ],
)
def test_a_line_that_is_wrong(line: str, code: str) -> None:
    assert code in codes(PAIR % line)


@pytest.mark.parametrize(
    "line",
    [
        "only icmp, tcp/80",
        "only udp/1701, tcp/80 from udp/1701",
        "child x { only tcp/80 from tcp/1 } ; child y { only tcp/80 from tcp/2 ; esp aes128gcm16-x25519 }",
        "child x { only icmp/echo-request, icmp/echo-reply } ; child y { only icmp/port-unreachable }",
    ],
)
def test_a_line_that_is_right(line: str) -> None:
    assert not {"only-icmp-type", "only-impossible", "selectors-overlap"} & {*codes(PAIR % line)}


def test_selectors_have_ports_where_they_are_and_types_at_both_ends() -> None:
    text = _conf(SITES % "only udp/1701, tcp/80, icmp/echo-request from udp/1701", "a")
    assert "local_ts = 10.1.0.0/24[17/1701], 10.1.0.0/24[6], 10.1.0.0/24[1/2048]\n" in text
    assert "remote_ts = 10.2.0.0/24[17/1701], 10.2.0.0/24[6/80], 10.2.0.0/24[1/2048]\n" in text


def test_a_type_is_the_number_of_its_family() -> None:
    text = SITES.replace("10.1.0.0/24", "fc00:1::/64").replace("10.2.0.0/24", "fc00:2::/64").replace(" .1 }", " ::1 }")
    text = text.replace("interface on left .10", "interface on left ::10").replace("right .10", "right ::10")
    conf = _conf(text.replace("left .1", "left ::1") % "only icmp/echo-reply, icmp/destination-unreachable", "a")
    assert "local_ts = fc00:1::/64[58/33024], fc00:1::/64[58/256-511]\n" in conf

"""`firewall stateless`: each packet is judged by the lines alone, in both directions; and what follows a handshake."""

from netdsl.verify import Esp, Verdict
from tests.verify.asking import ask, checked, count_same, world

TEXT = """
network a 10.1.0.0/24, fd01::/64
network b 10.2.0.0/24, fd02::/64
router r { interface on a .1, fd01::1 ; interface on b .1, fd02::1 ; firewall stateless { policy drop ; %s } }
host h { interface on a .10, fd01::10 ; default via r }
host s { interface on b .10, fd02::10 ; default via r ; serve http ; serve udp udp/514 }
"""
ANSWERS_GO_ANOTHER_WAY = """
network a 10.1.0.0/24
network b 10.2.0.0/24
router there { interface on a .1 ; interface on b .1 ; firewall { policy drop ; %s } }
router back { interface on a .2 ; interface on b .2 }
host h { interface on a .10 ; default via there }
host s { interface on b .10 ; default via back ; serve http }
"""


def verdict(lines: str, service: str | None = "tcp/80", text: str = TEXT) -> Verdict:
    return ask(text % lines, "h", "10.2.0.10", service)


def test_an_answer_needs_a_line_of_its_own() -> None:
    lost = verdict("accept forward tcp/80 to s")
    assert lost.outcome == "no-way-back"
    assert lost.reason == (
        "it arrives at `s`, and the answer does not come back: dropped by `policy drop` of the forward chain at `r`, "
        "whose firewall is stateless: answers need a line of their own"
    )
    assert verdict("accept forward tcp/80 to s ; accept forward tcp from s flags ack").outcome == "answered"


def test_a_line_for_the_flags_of_answers_lets_no_connection_begin() -> None:
    lines = "accept forward tcp/80 to s ; accept forward tcp from s flags ack"
    assert ask(TEXT % lines, "s", "10.1.0.10", "tcp/80").outcome == "dropped"


def test_pings_and_refused_datagrams_need_lines_for_their_answers() -> None:
    assert verdict("accept forward icmp/echo-request", None).outcome == "no-way-back"
    assert verdict("accept forward icmp/echo-request, icmp/echo-reply", None).outcome == "answered"
    assert verdict("accept forward udp", "udp/9").outcome == "no-way-back"
    assert verdict("accept forward udp, icmp/destination-unreachable", "udp/9").outcome == "refused"
    assert verdict("accept forward udp, icmp/port-unreachable", "udp/9").outcome == "refused"
    assert verdict("accept forward udp, icmp/host-unreachable", "udp/9").outcome == "no-way-back"


def test_a_port_that_the_client_chooses_is_not_known() -> None:
    some = verdict("accept forward udp/514 to s ; accept forward udp/32768-50000 from s", "udp/514")
    assert some.outcome == "not-verified"
    assert some.reason.endswith("whether `r` lets the answer pass depends on the port that the client chose")
    assert (
        verdict("accept forward udp/514 to s ; accept forward udp/1024-65535 from s", "udp/514").outcome == "answered"
    )
    assert verdict("accept forward udp/514 to s ; accept forward udp/1-1023 from s", "udp/514").outcome == "no-way-back"


def test_what_follows_a_handshake_has_to_pass_too() -> None:
    half = verdict("accept forward flags syn")
    assert half.outcome == "not-verified"
    assert half.reason == (
        "the SYN and the SYN/ACK of the connection pass, and what follows does not: "
        "dropped by `policy drop` of the forward chain at `r`"
    )
    assert verdict("accept forward flags syn ; accept forward flags ack without syn").outcome == "answered"


def test_where_answers_go_another_way_tracking_takes_what_follows_a_syn_for_invalid() -> None:
    assert verdict("accept forward tcp/80", text=ANSWERS_GO_ANOTHER_WAY).outcome == "answered"
    assert verdict("accept forward tcp/80 state new", text=ANSWERS_GO_ANOTHER_WAY).outcome == "not-verified"
    assert verdict("accept forward tcp/80 state new, invalid", text=ANSWERS_GO_ANOTHER_WAY).outcome == "answered"


def test_that_a_packet_is_too_big_is_told_by_a_packet_that_lines_judge() -> None:
    text = TEXT.replace("network b 10.2.0.0/24, fd02::/64", "network b 10.2.0.0/24, fd02::/64 { mtu 1400 }")
    lines = "accept forward ; accept output %s"
    for destination, kind, other in (
        ("10.2.0.10", "destination-unreachable", "packet-too-big"),
        ("10.2.0.10", "fragmentation-needed", "port-unreachable"),
        ("fd02::10", "packet-too-big", "destination-unreachable"),
    ):
        told = ask(text % (lines % f"icmp/{kind}"), "h", destination, size=1500)
        assert told.reason.endswith("; `h` is told so")
        untold = ask(text % (lines % f"icmp/{other}"), "h", destination, size=1500)
        assert "the sender is not told" in untold.reason


def test_fragments_at_a_stateless_filter_are_not_known() -> None:
    text = """
network left 10.1.0.0/24
network one 192.0.2.0/24
network two 198.51.100.0/24 { mtu 1200 }
network three 203.0.113.0/24
network right 10.2.0.0/24
router a { interface on left .1 ; interface on one .1 ; default via m1 }
router m1 { interface on one .2 ; interface on two .1 ; route three via m2 }
router m2 { interface on two .2 ; interface on three .1 ; route one via m1 ; firewall %s { policy accept } }
router b { interface on three .2 ; interface on right .1 ; default via m2 }
host h { interface on left .10 ; default via a }
host s { interface on right .10 ; default via b }
ipsec t { between a protecting left and b protecting right ; auth psk }
"""
    for kind, outcome in (("stateless", "not-verified"), ("", "answered")):
        where = world(text % kind, Esp.USER)
        assert ask(where, "h", "10.2.0.10", size=1250).outcome == outcome
        assert ask(where, "h", "10.2.0.10").outcome == "answered"


def test_the_matrix_agrees_with_each_flow_by_itself() -> None:
    where = world(TEXT % "accept forward tcp/80 to s ; accept forward icmp ; accept forward tcp flags ack")
    assert count_same(where) > 5


def test_what_needs_tracking_is_refused() -> None:
    text = TEXT.replace(
        "interface on b .1, fd02::1 ;", "interface on b .1, fd02::1 ; uplink nat ; nat { masquerade out b } ;"
    )
    found = checked(text % "accept forward state new").diagnostics
    errors = [one for one in found if one.rule.severity == "error"]
    assert {one.rule.code for one in errors} == {"needs-tracking"}
    assert {one.message.split(" needs")[0] for one in errors} == {"`state`", "address translation", "`uplink nat`"}


def test_blocks_of_one_node_are_of_one_kind() -> None:
    text = TEXT.replace("host h", "template t { firewall { accept input } }\nhost h").replace(
        "router r {", "router r { use t ;"
    )
    (found,) = [one for one in checked(text % "accept forward").diagnostics if one.rule.severity == "error"]
    assert found.message == "the firewall of `r` is `stateless` in one block and not in another"

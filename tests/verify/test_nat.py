"""Address translation: destination, source, the way back, what is seen between."""

import pytest

from netdsl.verify import Decision, Outcome

from .asking import ask, checked, codes, world

TEXT = """
network lan 10.0.0.0/24
network out 203.0.113.0/24
router gw { interface on lan .1 ; interface on out .1 ; nat { %s } }
host pc { interface on lan .10 ; default via gw }
host www { interface on lan .80 ; default via gw ; serve http ; serve tcp other tcp/81 }
host far { interface on out .9 ; serve http }
"""
MASQUERADE = TEXT % "masquerade out out"


def test_masquerade_gives_the_outside_a_source_that_it_can_answer() -> None:
    verdict = ask(MASQUERADE, "pc", "203.0.113.9", "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED
    assert [str(wire.packet.source) for hop in verdict.request for wire in hop.wires] == ["10.0.0.10", "203.0.113.1"]
    assert [str(wire.packet.destination) for hop in verdict.answer for wire in hop.wires] == [
        "203.0.113.1",
        "10.0.0.10",
    ]
    assert ask(TEXT % "masquerade from 10.0.0.80 out out", "pc", "203.0.113.9").outcome is Outcome.NO_WAY_BACK


def test_a_redirected_port_is_answered_by_the_target_and_another_is_not() -> None:
    text = TEXT % "dnat tcp/8080 to gw.out -> www tcp/80"
    verdict = ask(text, "far", "203.0.113.1", "tcp/8080")
    assert verdict.answered_by == ("www", "http")
    assert Decision.DNAT in [step.decision for hop in verdict.request for step in hop.steps]
    assert ask(text, "far", "203.0.113.1", "tcp/8081").answered_by == ("gw", None)


def test_loopback_addresses_are_the_node_s_own() -> None:
    for address in ("::1", "127.0.0.1", "127.9.9.9"):
        verdict = ask(TEXT % "", "www", address, "tcp/80")
        assert (verdict.outcome, verdict.answered_by) == (Outcome.ANSWERED, ("www", "http"))
        assert ask(TEXT % "", "pc", address, "tcp/80").answered_by == ("pc", None)


@pytest.mark.parametrize(("asked", "source"), [("127.9.9.9", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1")])
def test_a_node_asks_its_loopback_with_the_address_that_the_kernel_s_route_has(asked: str, source: str) -> None:
    """`ip route get 127.9.9.9`: src 127.0.0.1."""
    assert str(ask(TEXT % "", "www", asked).seen_from) == source


def test_the_broadcast_address_of_the_loopback_is_no_node_s_own() -> None:
    assert ask(TEXT % "", "www", "127.255.255.255", "tcp/80").outcome is Outcome.NOT_VERIFIED


def test_a_node_of_one_family_has_both_loopback_addresses() -> None:
    text = """
network four 192.0.2.0/24
network six fd00::/64
host h { interface on four .1 ; serve http }
host s { interface on six ::1 ; firewall { policy drop } }
expect {
  h reaches ::1 ipv6 tcp/80
  h reaches ::1, 127.0.0.1
  s reaches 127.0.0.1
  s reaches 127.0.0.1 without fragmentation up to 1500
}
"""
    assert codes(text) == []
    assert codes(text.replace("h reaches ::1, ", "h cannot reach ::1, ")) == ["expectation-fails"] * 2


def test_a_node_without_ipv6_may_have_no_loopback_address_of_it() -> None:
    text = """
network four 192.0.2.0/24
host h { interface on four .1 ; sysctl net.ipv6.conf.all.disable_ipv6 = 1 }
"""
    assert not ask(text, "h", "::1").is_exact


def test_no_packet_from_outside_is_led_to_a_loopback_address() -> None:
    text = """
network n 192.0.2.0/24, 2001:db8::/64
router r { interface on n .1, 2001:db8::1 ; serve http ; nat { dnat tcp/8080 to r.n -> %s tcp/80 } }
host h { interface on n .2, 2001:db8::2 }
"""
    (found,) = checked(text % "::1").diagnostics
    assert (found.rule.code, found.message) == ("nat-target-unreachable", "`r` has no route to ::1")
    assert ask(text % "127.0.0.1", "h", "192.0.2.1", "tcp/8080").outcome is Outcome.DROPPED
    assert ask(text % "127.0.0.1", "r", "192.0.2.1", "tcp/8080").answered_by == ("r", "http")


def test_the_port_stays_where_none_is_said() -> None:
    assert ask(TEXT % "dnat tcp/81 to gw.out -> www", "far", "203.0.113.1", "tcp/81").answered_by == ("www", "other")


def test_a_node_is_redirected_itself() -> None:
    assert ask(TEXT % "dnat tcp/80 to gw.out -> www", "gw", "203.0.113.1", "tcp/80").answered_by == ("www", "http")


def test_a_neighbour_of_the_target_gets_the_answer_from_the_wrong_address() -> None:
    text = TEXT % "dnat tcp/80 to gw.out -> www"
    hairpin = ask(text, "pc", "203.0.113.1", "tcp/80")
    assert hairpin.outcome is Outcome.NO_WAY_BACK
    assert "10.0.0.80" in hairpin.reason
    assert ask(text.replace("-> www", "-> www ; masquerade out lan"), "pc", "203.0.113.1", "tcp/80").passes


def test_source_nat_by_service_and_with_exceptions() -> None:
    text = TEXT % "masquerade out out except to far"
    assert ask(text, "pc", "203.0.113.9").outcome is Outcome.NO_WAY_BACK
    snat = TEXT % "snat tcp/80 out out -> 203.0.113.1"
    assert ask(snat, "pc", "203.0.113.9", "tcp/80").passes
    assert not ask(snat, "pc", "203.0.113.9").passes


def test_a_redirection_leaves_out_whom_it_excepts() -> None:
    text = TEXT % "dnat tcp/80 to 203.0.113.0/24 except from 203.0.113.128/25 except to gw.out -> www"
    more = text + "host near { interface on out .200 ; serve http }\n"
    assert ask(more, "far", "203.0.113.200", "tcp/80").answered_by == ("near", "http")  # not by the router
    far = more.replace("host far {", "host far { route 203.0.113.16/28 via gw ;")
    assert ask(far, "far", "203.0.113.20", "tcp/80").answered_by == ("www", "http")
    near = more.replace("host near {", "host near { route 203.0.113.16/28 via gw ;")
    assert ask(near, "near", "203.0.113.20", "tcp/80").outcome is Outcome.UNREACHABLE
    assert ask(far, "far", "203.0.113.1", "tcp/80").answered_by == ("gw", None)


def test_an_exception_by_source_leaves_a_packet_to_the_next_line() -> None:
    text = TEXT % "masquerade out out except from www ; snat out out -> 203.0.113.77"
    sources = [str(ask(text, name, "203.0.113.9").request[1].wires[0].packet.source) for name in ("pc", "www")]
    assert sources == ["203.0.113.1", "203.0.113.77"]


def test_an_exception_for_a_tunnel_is_none_for_the_outer_packets_of_another_one() -> None:
    text = """
    network inet 192.0.2.0/24
    network lan 10.1.0.0/24
    router gw { interface wan on inet .1 ; interface lan on lan .1 ; nat { masquerade out wan except through there } }
    host h { interface on lan .2 ; default via gw }
    host peer { interface on inet .9 }
    host other { interface on inet .8 }
    ipsec here { between h and peer ; auth psk }
    ipsec there { between gw.wan and other ; auth psk }
    """
    assert world(text).tunnels.connections.keys() == {"here", "there"}

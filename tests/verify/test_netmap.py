"""`netmap`: one address for one, in both directions, whoever begins."""

import pytest

from netdsl.verify import Esp, Outcome
from tests.verify.asking import ask, checked, count_same, world

TEXT = """
network wan 203.0.113.0/24, 2001:db8:ff::/64
network lan 10.0.1.0/24, fd00:1::/64
router gw { interface on wan .1, 2001:db8:ff::1 ; interface on lan .1, fd00:1::1
  nat { netmap 10.0.1.0/24 -> 192.168.1.0/24 out wan %(to)s
    netmap fd00:1::/64 -> 2001:db8:1::/64 out wan
    masquerade out wan } }
host pc { interface on lan .10, fd00:1::10 ; default via gw ; serve http }
router isp { interface on wan .2, 2001:db8:ff::2 ; route 192.168.1.0/24, 2001:db8:1::/64 via gw ; serve http }
host far { interface on wan .9 ; route 192.168.1.0/24 via gw ; serve http }
"""
BOTH_SITES_HAVE_ONE_RANGE = """
network inet 203.0.113.0/24
network la 10.0.1.0/24
network lb 10.0.1.0/24
router a { interface wan on inet .1 ; interface lan on la .1 ; default via b
  nat { netmap la -> 192.168.1.0/24 out wan } }
router b { interface wan on inet .2 ; interface lan on lb .1 ; default via a
  nat { netmap lb -> 192.168.2.0/24 out wan } }
host pa { interface on la .10 ; default via a }
host pb { interface on lb .10 ; default via b ; serve http }
ipsec t { between a protecting 192.168.1.0/24 and b protecting 192.168.2.0/24 ; auth psk }
expect { pa reaches 192.168.2.10 tcp/80 answered by pb.http }
"""


def lab(to: str = "") -> str:
    return TEXT % {"to": to}


def on_wires(text: str, source: str, destination: str) -> list[str]:
    verdict = ask(text, source, destination, "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED, verdict.reason
    wires = (wire.packet for hop in (*verdict.request, *verdict.answer) for wire in hop.wires)
    return [f"{packet.source} > {packet.destination}" for packet in wires]


def test_what_goes_out_has_the_mapped_source_with_its_host_bits() -> None:
    assert on_wires(lab(), "pc", "203.0.113.9") == [
        "10.0.1.10 > 203.0.113.9", "192.168.1.10 > 203.0.113.9",
        "203.0.113.9 > 192.168.1.10", "203.0.113.9 > 10.0.1.10",
    ]  # fmt: skip


def test_a_new_connection_to_the_mapped_address_comes_in() -> None:
    assert on_wires(lab(), "far", "192.168.1.10") == [
        "203.0.113.9 > 192.168.1.10", "203.0.113.9 > 10.0.1.10",
        "10.0.1.10 > 203.0.113.9", "192.168.1.10 > 203.0.113.9",
    ]  # fmt: skip


def test_prefixes_of_ipv6_are_mapped_too() -> None:
    assert on_wires(lab(), "isp", "2001:db8:1::10")[1] == "2001:db8:ff::2 > fd00:1::10"
    assert on_wires(lab(), "pc", "2001:db8:ff::2")[1] == "2001:db8:1::10 > 2001:db8:ff::2"


def test_with_a_destination_it_is_for_packets_to_it_and_from_it() -> None:
    text = lab("to far")
    assert on_wires(text, "far", "192.168.1.10")[1] == "203.0.113.9 > 10.0.1.10"
    assert not ask(text, "isp", "192.168.1.10").passes
    assert on_wires(text, "pc", "203.0.113.2")[1] == "203.0.113.1 > 203.0.113.2"


def test_an_exception_holds_in_both_directions() -> None:
    text = lab("except to far")
    assert on_wires(text, "pc", "203.0.113.2")[1] == "192.168.1.10 > 203.0.113.2"
    assert on_wires(text, "pc", "203.0.113.9")[1] == "203.0.113.1 > 203.0.113.9"
    assert not ask(text, "far", "192.168.1.10").passes


def test_the_node_itself_and_the_inside_do_not_find_the_mapped_address() -> None:
    assert not ask(lab(), "gw", "192.168.1.10").passes


def test_a_single_address_is_one_to_one_as_well() -> None:
    text = lab().replace("10.0.1.0/24 -> 192.168.1.0/24", "pc -> 192.168.1.77")
    assert on_wires(text, "far", "192.168.1.77")[1] == "203.0.113.9 > 10.0.1.10"
    assert on_wires(text, "pc", "203.0.113.9")[1] == "192.168.1.77 > 203.0.113.9"


def test_the_matrix_agrees_with_each_flow_by_itself() -> None:
    assert count_same(world(lab())) > 20


@pytest.mark.parametrize("esp", Esp)
def test_two_sites_with_one_range_meet_through_a_tunnel_between_their_mapped_ones(esp: Esp) -> None:
    verdict = ask(world(BOTH_SITES_HAVE_ONE_RANGE, esp), "pa", "192.168.2.10", "tcp/80")
    assert (verdict.outcome, verdict.answered_by, verdict.tunnels) == (Outcome.ANSWERED, ("pb", "http"), ("t",))


def test_addresses_that_are_mapped_are_no_strangers_to_the_gateway() -> None:
    assert [one.rule.code for one in checked(BOTH_SITES_HAVE_ONE_RANGE).diagnostics] == []


def test_a_tunnel_that_protects_the_addresses_inside_gets_a_hint_at_the_mapped_ones() -> None:
    text = BOTH_SITES_HAVE_ONE_RANGE.replace("protecting 192.168.1.0/24", "protecting 10.0.1.0/24")
    found = [one for one in checked(text).diagnostics if one.rule.code == "masquerade-hits-tunnel"]
    assert [one.help for one in found] == [
        "`netmap … except through t`, or a tunnel that protects what the addresses become"
    ]


def test_without_a_route_to_it_the_mapped_prefix_gets_no_answers() -> None:
    text = (
        lab().replace("route 192.168.1.0/24, 2001:db8:1::/64 via gw ;", "").replace("route 192.168.1.0/24 via gw", "")
    )
    found = [one for one in checked(text).diagnostics if one.rule.code == "snat-address-foreign"]
    assert [one.message for one in found] == [
        "192.168.1.0/24 is no address of `gw`: answers will not come back to it",
        "2001:db8:1::/64 is no address of `gw`: answers will not come back to it",
    ]


def test_an_answer_over_the_loopback_keeps_its_flow_and_does_not_find_another_one() -> None:
    """gw masquerades the request, gets it back from isp, and is itself what it is mapped to."""
    verdict = ask(
        """
        network lan fd00:1::/64
        network dmz fd00:2::/64
        network wan 2001:db8::/64
        router isp { interface on wan ::2 ; route 2001:db8:1::/64 via gw }
        router gw {
          interface on lan ::1
          interface on dmz ::1
          interface on wan ::1
          route 2001:db8:1::/64 via isp
          nat { netmap dmz -> 2001:db8:1::/64 out wan ; masquerade out wan }
        }
        host pc { interface on lan ::10 ; default via gw }
        """,
        "pc",
        "2001:db8:1::1",
    )
    assert (verdict.outcome, verdict.node) == (Outcome.NO_WAY_BACK, "gw")
    assert verdict.reason == "it arrives at `gw`, and the answer ends at `gw`, not at `pc`"


@pytest.mark.parametrize("service", [None, "udp/9"])
def test_the_own_address_of_another_network_comes_back_as_a_new_flow(service: str | None) -> None:
    """Its question has the same source and destination outside, and is no answer to itself."""
    text = """lab circle
    network lan 10.1.0.0/24
    network wan 192.0.2.0/24
    router gw { interface lan on lan .1 ; interface wan on wan .1 ; default via core
      nat { netmap lan -> 10.201.0.0/24 out wan }
      firewall { policy drop ; accept forward out wan } }
    router core { interface wan on wan .2 ; route 10.201.0.0/24 via gw.wan }
    host pc { interface on lan .2 ; default via gw }
    """
    verdict = ask(text, "pc", "10.201.0.2", service)
    assert (verdict.outcome, verdict.node, verdict.hook) == (Outcome.DROPPED, "gw", "forward")
    passing = text.replace("accept forward out wan", "accept forward")
    assert ask(passing, "pc", "10.201.0.2").outcome is Outcome.ANSWERED

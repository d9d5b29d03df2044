"""Transport mode through NAT, and what user space does not know of ports."""

from netdsl.verify import Esp, Outcome
from tests.verify.asking import ask, codes, world

HOME = """
network inet 203.0.113.0/24
network home 192.168.1.0/24
router cpe { interface on inet .7 ; interface on home .1 ; nat { %s } }
host gw { interface on inet .1 ; default via cpe ; serve udp udp/1701 ; serve http }
host a { interface on home .11 ; default via cpe }
host b { interface on home .12 ; default via cpe }
ipsec l2tp { gateway gw.inet ; client %s ; mode transport ; auth psk ; %s }
"""
MASQUERADE = "masquerade out inet"


def test_behind_nat_the_selector_is_the_address_of_the_nat_and_the_packet_comes_from_it() -> None:
    where = world(HOME % (MASQUERADE, "a", "only udp/1701"))
    verdict = ask(where, "a", "203.0.113.1", "udp/1701")
    assert verdict.outcome is Outcome.ANSWERED
    assert verdict.tunnels == ("l2tp",)
    arrived = verdict.request[-1].steps[-1].packet
    assert (str(arrived.source), str(arrived.destination)) == ("203.0.113.7", "203.0.113.1")
    assert not ask(where, "a", "203.0.113.1", "tcp/80").is_encrypted
    (gateway,) = [node for node in where.lab.nodes if node.id == "gw"]
    assert [child.remote for child in gateway.tunnels[0].children] == [()], "dynamic"


def test_an_error_that_quotes_what_came_through_the_nat_reaches_nobody() -> None:
    where = world(HOME % (MASQUERADE, "a", ""))
    verdict = ask(where, "a", "203.0.113.1", "udp/9")
    assert verdict.outcome is Outcome.NO_WAY_BACK
    assert verdict.reason == (
        "it arrives at `gw`, and the answer does not come back: `a` has sent nothing that the error out of tunnel `l2tp`"
        " fits: a NAT has written into the header outside, and not into what the error quotes"
    )
    assert ask(where, "a", "203.0.113.1", "tcp/9").outcome is Outcome.REFUSED
    assert ask(world(PAIR % "mode transport"), "a", "192.0.2.2", "udp/9").outcome is Outcome.REFUSED


def test_user_space_has_no_transport_mode_through_nat_either() -> None:
    found = world(HOME % (MASQUERADE, "a", ""), Esp.USER)
    assert not found.is_up(found.lab.nodes[1].tunnels[0].tunnel)


def test_two_clients_in_transport_mode_behind_one_nat_are_one_to_the_gateway() -> None:
    assert "policies-coincide" in codes(HOME % (MASQUERADE, "a, b", ""))
    assert "policies-coincide" in codes(HOME % (MASQUERADE, "a, b", "start by hand"))
    assert "policies-coincide" not in codes(HOME % (MASQUERADE, "a", ""))
    assert "policies-coincide" not in codes((HOME % (MASQUERADE, "a, b", "")).replace("mode transport ;", ""))


PAIR = """
network inet 192.0.2.0/24
host a { interface on inet .1 }
host b { interface on inet .2 }
ipsec vpn { between a and b ; auth psk ; %s }
"""


def test_user_space_knows_no_ports_of_sctp() -> None:
    up = {
        esp: (found := world(PAIR % "only sctp/5000", esp)).is_up(found.lab.nodes[0].tunnels[0].tunnel) for esp in Esp
    }
    assert up == {Esp.KERNEL: True, Esp.USER: False}

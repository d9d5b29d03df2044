"""What the kernel does not believe: strict and loose reverse-path filtering, martians."""

import pytest

from netdsl.verify import Esp, Hook, Outcome

from .asking import ask, world

TEXT = """
network a 10.1.0.0/24
network b 10.2.0.0/24
network c 10.3.0.0/24
router r1 { interface on a .1 ; interface on b .1 ; route c via 10.2.0.3 }
router r2 { interface on a .2 ; interface on c .2 }
router s { interface on b .3 ; interface on c .3 ; route a via r2 ; %s }
host h { interface on a .10 ; default via r1 }
"""


@pytest.mark.parametrize(("mode", "passes"), [(0, True), (1, False), (2, True)])
def test_a_source_that_is_reached_another_way(mode: int, passes: bool) -> None:
    verdict = ask(TEXT % f"sysctl net.ipv4.conf.all.rp_filter = {mode}", "h", "10.3.0.3")
    assert verdict.passes is passes
    if not passes:
        assert (verdict.node, verdict.hook, verdict.outcome) == ("s", Hook.SOURCE_CHECK, Outcome.DROPPED)


def test_only_the_interface_that_is_asked_for() -> None:
    assert not ask(TEXT % "sysctl net.ipv4.conf.b.rp_filter = 1", "h", "10.3.0.3").passes
    assert ask(TEXT % "sysctl net.ipv4.conf.c.rp_filter = 1", "h", "10.3.0.3").passes


def test_a_destination_without_a_route_is_told_before_the_source_is_looked_at() -> None:
    strict = "sysctl net.ipv4.conf.all.rp_filter = 1"
    lab = TEXT.replace("route c via 10.2.0.3", "route c via 10.2.0.3 ; route 203.0.113.0/24 via 10.2.0.3") % strict
    verdict = ask(lab, "h", "203.0.113.9")
    assert (verdict.node, verdict.hook, verdict.outcome) == ("s", Hook.ROUTE, Outcome.NO_ROUTE)


def test_who_is_not_believed_gets_no_answer_to_arp_either() -> None:
    lab = TEXT % "route 10.2.0.1/32 via r2 ; sysctl net.ipv4.conf.all.rp_filter = 1"
    verdict = ask(lab, "r1", "10.3.0.3")
    assert (verdict.node, verdict.hook, verdict.outcome) == ("s", Hook.SOURCE_CHECK, Outcome.UNREACHABLE)
    assert "ARP of 10.2.0.1" in verdict.reason
    forwarded = ask(lab, "h", "10.3.0.3")  # r1 asks for the MAC with its own address
    assert forwarded.outcome is Outcome.UNREACHABLE
    assert "ARP of 10.2.0.1" in forwarded.reason


def test_a_packet_with_the_receiver_s_own_source_is_a_martian() -> None:
    text = """
    network a 10.1.0.0/24
    network b 10.2.0.0/24
    router r { interface on a .1 ; interface on b .1 ; nat { snat out b -> 10.2.0.9 } }
    host h { interface on a .10 ; default via r }
    host s { interface on b .9 ; default via r ; %s }
    """
    assert "own address" in ask(text % "routing none", "h", "10.2.0.9").reason
    accepted = ask(text % "sysctl net.ipv4.conf.all.accept_local = 1", "h", "10.2.0.9")
    assert accepted.outcome is not Outcome.DROPPED


BEHIND_A_TUNNEL = """
network inet 192.0.2.0/24
network lan 10.1.0.0/24
router gw-a { interface wan on inet .1, .101 ; default via 192.0.2.2 ; sysctl net.ipv4.conf.all.rp_filter = 1 }
router gw-b { interface wan on inet .2 ; interface lan on lan .1 }
host h { interface on lan .2 ; default via gw-b }
ipsec t { between gw-a.wan and gw-b.wan ; auth psk }
"""


def test_a_packet_that_is_believed_waits_for_arp_of_a_neighbour_that_is_not() -> None:
    user = world(BEHIND_A_TUNNEL, Esp.USER)  # gw-a has its route to gw-b by the tunnel's device
    verdict = ask(user, "h", "192.0.2.101")
    assert (verdict.node, verdict.hook, verdict.outcome) == ("gw-b", Hook.NEIGHBOUR, Outcome.UNREACHABLE)
    assert "does not answer ARP of 192.0.2.2 for 192.0.2.101" in verdict.reason
    assert ask(world(BEHIND_A_TUNNEL, Esp.KERNEL), "h", "192.0.2.101").passes
    known = BEHIND_A_TUNNEL.replace("interface lan on lan .1 }", "interface lan on lan .1 ; neighbour 192.0.2.101 %s }")
    mac = next(each.mac for node in user.lab.nodes if node.id == "gw-a" for each in node.interfaces)
    assert ask(world(known % mac, Esp.USER), "h", "192.0.2.101").passes


def test_a_neighbour_that_is_not_believed_may_know_the_address_from_which_the_next_hop_asks_itself() -> None:
    """It forgets it after a while (both were seen of one lab)."""
    beyond = """
    network far 10.9.0.0/24
    host s { interface on far .2 ; default via gw-a }
    """
    lab = BEHIND_A_TUNNEL.replace("on inet .1, .101 ;", "on inet .1, .101 ; interface on far .1 ;") + beyond
    by = {
        address: lab.replace("on lan .1 }", f"on lan .1 ; route far via {address} }}")
        for address in ("192.0.2.1", "192.0.2.101")
    }
    verdict = ask(world(by["192.0.2.1"], Esp.USER), "h", "10.9.0.2")
    assert (verdict.outcome, verdict.node) == (Outcome.NOT_VERIFIED, "gw-b")
    assert "depends on when `gw-a` asked for 192.0.2.2" in verdict.reason
    assert ask(world(by["192.0.2.1"], Esp.USER), "gw-b", "192.0.2.1").passes
    assert ask(world(by["192.0.2.101"], Esp.USER), "h", "10.9.0.2").outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(("inside", "passes"), [("", False), ("addresses 10.8.0.0/30", True)])
def test_loose_reverse_path_filtering_is_strict_on_an_interface_without_an_address(inside: str, passes: bool) -> None:
    """fib_validate_source: `no_addr`."""
    text = f"""
    network left 10.1.0.0/24
    network mid 10.3.0.0/24
    network right 10.2.0.0/24
    router r1 {{ interface on left .1 ; interface on mid .1 }}
    router r2 {{ interface on right .1 ; interface on mid .2 ; route left via 10.3.0.1
      sysctl net.ipv4.conf.all.rp_filter = 2 }}
    host a {{ interface on left .2 ; default via r1 }}
    host b {{ interface on right .2 ; default via r2 }}
    tunnel t gre {{ between r1 and r2 protecting right ; {inside} }}
    """
    verdict = ask(text, "a", "10.2.0.2")
    assert verdict.passes is passes
    if not passes:
        assert verdict.hook is Hook.SOURCE_CHECK

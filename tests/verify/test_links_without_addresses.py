"""Packets over links without prefixes: by link-local next hops, by borrowed addresses."""

from ipaddress import IPv6Address

import pytest

from netdsl.packets.routes import Hop, source_for
from netdsl.verify import Hook, Outcome
from tests.verify.asking import ask, codes, count_same, lab, way, world

ENDS = """
network left  10.1.0.0/24, fd00:1::/64
network right 10.2.0.0/24, fd00:2::/64
link r1.p -- r2.p
link r2.q -- r3.q
host a { interface on left .2, ::2 ; default via r1 }
host b { interface on right .2, ::2 ; default via r3 }
"""
AUTO = (
    ENDS
    + """
router r1 { interface on left .1, ::1 ; loopback 10.9.0.1 ; routing auto }
router r2 { loopback 10.9.0.2 ; routing auto }
router r3 { interface q { unnumbered right } ; interface on right .1, ::1 ; routing auto }
"""
)


@pytest.mark.parametrize("goal", ["10.2.0.2", "fd00:2::2", "10.9.0.2", "10.9.0.1"])
def test_routing_auto_goes_over_links_without_prefixes(goal: str) -> None:
    verdict = ask(AUTO, "a", goal)
    assert verdict.outcome is Outcome.ANSWERED


def test_the_routes_lead_to_borrowed_and_to_link_local_addresses() -> None:
    found = {
        f"{route.prefix} via {route.next_hop} dev {route.interface}"
        for node in lab(AUTO).nodes
        if node.id == "r2"
        for route in node.routes
    }
    assert found == {
        "10.0.0.0/12 via 10.9.0.1 dev p",
        "10.2.0.1/32 via None dev q",
        "10.9.0.1/32 via None dev p",
        "10.2.0.0/24 via 10.2.0.1 dev q",
        "fd00::/30 via fe80::6e:64ff:fe14:3723 dev p",
        "fd00:2::/64 via fe80::6e:64ff:fefb:affd dev q",
    }


def test_strict_reverse_path_filtering_believes_who_is_on_the_link() -> None:
    """What `r2` forwards it asks for by ARP with its own address, to which `r1` has no other route."""
    text = (
        ENDS.replace("link r2.q -- r3.q", "").replace("default via r3", "default via r2")
        + """
    router r1 { interface on left .1, ::1 ; loopback 10.9.0.1 ; sysctl net.ipv4.conf.all.rp_filter = 1
      route 10.2.0.0/24 via r2 }
    router r2 { interface on right .1, ::1 ; loopback 10.9.0.2 ; default via r1 }
    """
    )
    assert ask(text, "b", "10.1.0.2").outcome is Outcome.ANSWERED
    assert ask(text, "r1", "10.9.0.2").passes


def test_the_matrix_says_of_each_flow_what_it_does_alone() -> None:
    assert count_same(world(AUTO)) > 20
    assert codes(AUTO) == []


def test_of_two_neighbours_with_one_link_local_address_a_default_line_leads_to_the_one_on_its_link() -> None:
    text = """
    link r.a -- x.p
    link r.b -- y.p
    network lx fd00:1::/64
    network ly fd00:2::/64
    router x { interface p fe80::1 ; interface on lx ::1 ; routing auto }
    router y { interface p fe80::1 ; interface on ly ::1 ; routing auto }
    router r { interface a fe80::2 ; interface b fe80::2 ; loopback fd00:9::9 ; default via y.p ; routing auto }
    """
    assert ask(text, "r", "fd00:1::1").passes
    assert way(ask(text, "y", "fd00:1::1")) == ["y", "r", "x"]


def test_a_link_with_link_local_addresses_alone_carries_what_routers_forward() -> None:
    text = (
        ENDS.replace("link r1.p -- r2.p\nlink r2.q -- r3.q", "network mid")
        + """
    router r1 { interface on left .1, ::1 ; interface on mid fe80::1 ; route fd00:2::/64 via fe80::3 }
    router r3 { interface on right .1, ::1 ; interface on mid fe80::3 ; route fd00:1::/64 via fe80::1 }
    """
    )
    verdict = ask(text, "a", "fd00:2::2")
    assert (verdict.outcome, way(verdict)) == (Outcome.ANSWERED, ["a", "r1", "r3", "b"])
    own = ask(text, "r1", "fd00:2::2")
    assert str(own.request[0].wires[0].packet.source) == "fd00:1::1"


def test_a_next_hop_that_nobody_has_stops_the_packet() -> None:
    text = (
        ENDS
        + """
    router r1 { interface on left .1, ::1 ; default via fe80::77%p }
    router r2 { routing none }
    router r3 { interface on right .1, ::1 }
    """
    )
    verdict = ask(text, "a", "fd00:2::2")
    assert (verdict.outcome, verdict.hook) == (Outcome.UNREACHABLE, Hook.NEIGHBOUR)
    assert "next-hop-nobody" in codes(text)


def test_what_is_asked_from_a_link_local_address_is_not_followed_and_not_forwarded() -> None:
    text = (
        ENDS
        + """
    router r1 { interface on left .1, ::1 ; interface p fe80::1 ; default via r2.p }
    router r2 { interface p fe80::2 ; route fd00:1::/64 via fe80::1 }
    router r3 { interface on right .1, ::1 ; routing none }
    """
    )
    near, far = ask(text, "r2", "fd00:1::1"), ask(text, "r2", "fd00:1::2")
    assert (near.outcome, far.outcome) == (Outcome.NOT_VERIFIED, Outcome.NO_ROUTE)


def test_but_a_router_sends_back_to_the_link_what_came_from_there() -> None:
    """ip6_forward looks at the source of what leaves by another interface."""
    text = """
    network n fd00:1::/64
    router r { interface on n ::1, fe80::1 }
    host a { interface on n fe80::a ; default via r }
    host b { interface on n ::b }
    """
    assert ask(text, "a", "fd00:1::b").outcome is Outcome.NOT_VERIFIED


def test_a_router_without_an_address_but_link_local_ones_tells_nobody_behind_the_next_router() -> None:
    text = (
        ENDS.replace("link r2.q -- r3.q", "link r2.q -- r3.q { mtu 1300 }")
        + """
    router r1 { interface on left .1, ::1 ; interface p fe80::1 ; default via fe80::2 }
    router r2 { interface p fe80::2 ; interface q fe80::2
      route fd00:1::/64 via fe80::1 ; route fd00:2::/64 via fe80::3 %s }
    router r3 { interface on right .1, ::1 ; interface q fe80::3 ; default via fe80::2 }
    """
    )
    untold, told = (ask(text % line, "a", "fd00:2::2", size=1400) for line in ("", "; loopback fd00:9::2"))
    assert untold.outcome is told.outcome is Outcome.TOO_BIG
    assert "(a black hole)" in untold.reason
    assert "`a` is told so" in told.reason


def test_where_several_interfaces_have_an_address_the_route_says_which_is_the_source() -> None:
    text = """
    network x fd00:1::/64
    network y fd00:2::/64
    link r.p -- s.p
    router r { interface p fe80::1 ; interface on x ; interface on y ; %s ; default via fe80::2 }
    router s { interface p fe80::2 }
    """
    sources = [
        [str(route.source) for node in lab(text % line).nodes for route in node.routes]
        for line in ("routing none", "loopback fd00:9::1")
    ]
    assert sources == [["fd00:1::1"], ["fd00:9::1"]]


def test_of_equally_good_sources_of_other_interfaces_the_first_one_s_is_taken() -> None:
    """ipv6_dev_get_saddr keeps what it has; in an interface the newest address stands first (ipv6_link_dev_addr)."""
    own = [(IPv6Address(one), length, name) for one, length, name in (
        ("fd00:1::1", 128, "lo"), ("fd00:2::1", 64, "x"), ("fd00:2::9", 64, "x"), ("fd00:3::1", 64, "y"))]  # fmt: skip
    goal = IPv6Address("fd00:8::1")
    assert source_for(goal, Hop("p"), own) == IPv6Address("fd00:1::1")
    assert source_for(goal, Hop("p"), own[1:]) == IPv6Address("fd00:2::9")

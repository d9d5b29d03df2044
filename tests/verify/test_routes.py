"""Routes: the longest prefix, the source address, neighbours, who forwards, circles."""

from ipaddress import ip_address, ip_network

import pytest

from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.node import Route
from netdsl.packets.routes import MAIN, RoutingTable
from netdsl.packets.types import Hook
from netdsl.verify import Outcome, World

from .asking import ask, way, world

LINE = """
network a 10.1.0.0/24, fc00:1::/64
network core 192.0.2.0/24, fc00:c::/64
network b 10.2.0.0/24, fc00:2::/64
router r1 { interface on core .1, ::1 ; interface on a .1, ::1 ; %s }
router r2 { interface on core .2, ::2 ; interface on b .1, ::1 ; %s }
host h { interface on a .10, ::10 ; default via r1 }
host s { interface on b .10, ::10 ; default via r2 ; serve http }
"""
BOTH = LINE % ("routing auto", "routing auto")


@pytest.mark.parametrize("address", ["10.2.0.10", "fc00:2::10"])
def test_a_packet_goes_by_the_routers_and_its_answer_comes_back(address: str) -> None:
    verdict = ask(BOTH, "h", address)
    assert verdict.outcome is Outcome.ANSWERED
    assert way(verdict) == ["h", "r1", "r2", "s"]
    assert [str(wire.network) for wire in verdict.wires] == ["a", "core", "b", "b", "core", "a"]


def test_who_listens_answers_and_who_does_not_refuses() -> None:
    assert ask(BOTH, "h", "10.2.0.10", "tcp/80").answered_by == ("s", "http")
    refused = ask(BOTH, "h", "10.2.0.10", "tcp/81")
    assert (refused.outcome, refused.passes) == (Outcome.REFUSED, True)
    assert ask(BOTH, "h", "10.2.0.10", "udp/80").outcome is Outcome.REFUSED


def test_without_a_route_it_ends_at_the_router_that_has_none() -> None:
    verdict = ask(LINE % ("routing none", "routing auto"), "h", "10.2.0.10")
    assert (verdict.outcome, verdict.node) == (Outcome.NO_ROUTE, "r1")


def test_without_a_way_back_it_arrives_and_the_answer_is_lost() -> None:
    verdict = ask(LINE % ("routing auto", "routing none"), "h", "10.2.0.10")
    assert (verdict.outcome, verdict.node) == (Outcome.NO_WAY_BACK, "r2")
    assert verdict.arrives


def test_nobody_has_the_address() -> None:
    verdict = ask(BOTH, "h", "10.2.0.99")
    assert (verdict.outcome, verdict.node) == (Outcome.UNREACHABLE, "r2")


def test_the_longest_prefix_decides() -> None:
    text = LINE % ("route 10.2.0.0/24 via r2 ; default via h", "routing auto")
    assert ask(text, "h", "10.2.0.10").passes
    assert way(ask(text, "h", "10.9.0.1")) == ["h", "r1", "h"]


def test_a_host_does_not_forward() -> None:
    text = LINE.replace("router r2", "host r2") % ("route b via r2", "routing none")
    verdict = ask(text, "h", "10.2.0.10")
    assert (verdict.outcome, verdict.node) == (Outcome.UNREACHABLE, "r2")


def test_a_circle_ends_with_the_time_to_live() -> None:
    text = LINE % ("default via r2", "default via r1")
    verdict = ask(text, "h", "172.31.0.1")
    assert verdict.outcome is Outcome.LOOP
    assert "`r1`" in verdict.reason
    assert "`r2`" in verdict.reason


def test_a_router_answers_on_each_of_its_addresses() -> None:
    assert way(ask(BOTH, "h", "192.0.2.1")) == ["h", "r1"]
    assert ask(BOTH, "h", "192.0.2.1").passes


def test_the_source_is_the_address_of_the_interface_that_it_leaves_by() -> None:
    where = world(BOTH)
    assert str(ask(where, "r1", "10.2.0.10").request[0].wires[0].packet.source) == "192.0.2.1"
    assert str(ask(where, "r1", "10.1.0.10").request[0].wires[0].packet.source) == "10.1.0.1"


def test_of_equal_ipv6_addresses_the_one_added_last_is_the_source() -> None:
    text = BOTH.replace("interface on a .10, ::10", "interface on a .10, ::10, ::11")
    assert str(ask(text, "h", "fc00:2::10").request[0].wires[0].packet.source) == "fc00:1::11"
    assert str(ask(BOTH, "h", "fc00:2::10").request[0].wires[0].packet.source) == "fc00:1::10"


def test_a_switch_joins_networks_and_both_are_crossed() -> None:
    text = """
    network left 10.0.0.0/24
    network right
    switch sw { interface l on left ; interface r on right }
    host a { interface on left .1 }
    host b { interface on right 10.0.0.2/24 }
    """
    text = text.replace("network right\n", "network right 10.0.0.0/24\n").replace("10.0.0.2/24", ".2")
    assert [str(wire.network) for wire in ask(text, "a", "10.0.0.2").request[0].wires] == ["left", "right"]


def test_a_permanent_neighbour_gets_the_frame_whoever_has_the_address() -> None:
    text = """
    network n 10.0.0.0/24
    host a { interface on n .1 ; neighbour 10.0.0.2 02:00:5e:10:00:0%s }
    host b { interface on n .2 { mac 02:00:5e:10:00:02 } }
    host c { interface on n .3 { mac 02:00:5e:10:00:03 } }
    """
    assert ask(text % 2, "a", "10.0.0.2").passes
    wrong = ask(text % 3, "a", "10.0.0.2")
    assert (wrong.outcome, wrong.node) == (Outcome.UNREACHABLE, "c")
    assert ask(text % 4, "a", "10.0.0.2").outcome is Outcome.UNREACHABLE


def test_out_of_the_lab_is_not_verified_and_leads_to_nobody_of_the_lab() -> None:
    text = BOTH.replace("router r1 {", "router r1 { uplink nat ;")
    assert ask(text, "h", "203.0.113.9").outcome is Outcome.NOT_VERIFIED
    hidden = text.replace("interface on b .1, ::1 ; routing auto", "interface on b .1, ::1")
    assert ask(hidden.replace("routing auto", "routing none"), "h", "10.2.0.10").outcome is Outcome.UNREACHABLE


def test_a_command_in_a_node_on_the_way_makes_it_inexact() -> None:
    raw = ask(BOTH.replace("router r2 {", 'router r2 { run "true" ;'), "h", "10.2.0.10")
    assert (raw.is_exact, raw.raw) == (False, ("r2",))
    assert ask(BOTH, "h", "10.2.0.10").is_exact


# --- what is learned

THREE = """
network near 10.1.0.0/24, fc00:1::/64
network far 10.2.0.0/24, fc00:2::/64
router one { interface on near .1, ::1 ; interface on far .1, ::1 }
router two { interface on near .2, ::2 ; interface on far .2, ::2 }
host h { interface on near .10, ::10 ; route far via one }
host s { interface on far .10, ::10 ; route near via one }
"""
FAR = {4: ("10.2.0.0/24", "10.1.0.2", "10.2.0.10"), 6: ("fc00:2::/64", "fc00:1::2", "fc00:2::10")}


def learned(version: int, *, metric: int | None = None, name: str = MAIN, order: int = 32766) -> list[str]:
    """The way to the far host when `h` has learned it from `two`."""
    prefix, gateway, goal = FAR[version]
    where = world(THREE)
    view = where.view(NodeId("h"))
    route = Route(ip_network(prefix), ip_address(gateway), view.node.interfaces[0].name)
    view.learn((RoutingTable((route,), name, order, metric=metric),))
    return way(ask(where, "h", goal))


def test_of_equal_prefixes_in_one_table_the_lowest_metric_decides() -> None:
    assert learned(4, metric=20) == ["h", "one", "s"]  # a line has 0
    assert learned(6, metric=20) == ["h", "two", "s"]  # a line has 1024
    assert learned(6, metric=2000) == ["h", "one", "s"]


def test_a_table_is_asked_in_the_order_of_its_rule() -> None:
    assert learned(4, name="vrf", order=1000, metric=20) == ["h", "two", "s"]
    assert learned(4, name="late", order=40000) == ["h", "one", "s"]


# --- next hops that do not answer

BESIDE = """
network near 10.1.0.0/24, fc00:1::/64
network spare 10.5.0.0/24, fc00:5::/64
network far 10.2.0.0/24, fc00:2::/64
router one { interface on near .1, ::1 ; interface on far .1, ::1 }
router two { interface on spare .2, ::2 ; interface on far .2, ::2 ; route near via one }
%s h { interface on near .10, ::10 ; interface on spare .10, ::10 ; route far via one ; default via two ; %s }
host s { interface on far .10, ::10 ; route near via one ; default via two ; serve http }
"""
CUT = WhileState(False, link=NetworkId("near"))


def beside(kind: str = "host", more: str = "") -> World:
    return world(BESIDE % (kind, more)).during(CUT)


def test_a_host_passes_over_an_ipv6_next_hop_that_does_not_answer() -> None:
    assert way(ask(beside(), "h", "fc00:2::10", "tcp/80")) == ["h", "two", "s"]
    assert way(ask(world(BESIDE % ("host", "")), "h", "fc00:2::10", "tcp/80")) == ["h", "one", "s"]


def test_in_ipv4_and_in_a_router_the_best_route_decides_whether_or_not_its_next_hop_answers() -> None:
    for asked, goal in ((beside(), "10.2.0.10"), (beside("router"), "fc00:2::10")):
        verdict = ask(asked, "h", goal)
        assert (verdict.outcome, verdict.reason) == (Outcome.DROPPED, "the link `near` is down")


def test_a_next_hop_whose_mac_address_is_known_answers_for_the_kernel() -> None:
    verdict = ask(beside(more="neighbour fc00:1::1 02:00:00:00:00:01"), "h", "fc00:2::10")
    assert (verdict.outcome, verdict.hook) == (Outcome.UNREACHABLE, Hook.NEIGHBOUR)


def test_where_no_next_hop_answers_the_best_route_stays() -> None:
    asked = beside().during(WhileState(False, link=NetworkId("spare")))
    assert ask(asked, "h", "fc00:2::10").reason == "the link `near` is down"


def test_nobody_is_passed_over_too() -> None:
    text = BESIDE % ("host", "") + "host x { interface on near .20, ::20 }"
    text = text.replace("route far via one ; default", "route fc00:2::/64 via fc00:1::99 ; default")
    assert way(ask(text, "h", "fc00:2::10")) == ["h", "two", "s"]


SEGMENT = """
network under 192.0.2.0/24, fc00:f::/64
network near fc00:1::/64
network far fc00:2::/64
router one { interface on under .1, ::1 ; interface on near ::1 ; interface on far ::1 ; %s }
host h { interface on under .10, ::10 ; interface on near ::10 ; route far via one.near ; default via two.under }
router two { interface on under .2, ::2 ; interface on far ::2 }
host s { interface on far ::10 ; default via two.far }
tunnel v vxlan { between h.under and one.under ; over ipv4 ; carries near }
"""


@pytest.mark.parametrize("rule", ["accept output udp/4789 to h", "accept input udp/4789 from h"])
def test_on_a_network_that_a_tunnel_carries_question_and_answer_have_to_pass(rule: str) -> None:
    whole = "firewall { policy drop ; accept forward icmp, tcp/80 ; accept tunnel v }"
    assert way(ask(SEGMENT % whole, "h", "fc00:2::10")) == ["h", "one", "s"]
    assert way(ask(SEGMENT % whole.replace("accept tunnel v", rule), "h", "fc00:2::10")) == ["h", "two", "s"]
    down = world(SEGMENT % whole).during(WhileState(False, TunnelId("v")))
    assert way(ask(down, "h", "fc00:2::10")) == ["h", "two", "s"]

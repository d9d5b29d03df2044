"""The matrix is what each flow followed by itself would say, and alike flows share their answer."""

from pathlib import Path

import pytest

from netdsl.ir.ids import NodeId
from netdsl.ir.service import PortService, Protocol, port
from netdsl.kinds.ipsec.ir import ESP
from netdsl.lower.lower import lower
from netdsl.packets import paths
from netdsl.packets.passage import Delivered, Frame, Stop
from netdsl.packets.walk import Walk
from netdsl.pipeline.analysis import check
from netdsl.verify import Esp, Outcome, World, matrix
from netdsl.verify.flow_classes import flow_classes
from tests.differential.comparing import lab_of
from tests.differential.generate import generate

from .asking import count_same, world

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/lab.net"))
SEEDS = (263, 11, 167)  # every feature of random labs
SERVICES = (None, port(Protocol.TCP, 8080), port(Protocol.UDP, 53))
UNANSWERED = (port(Protocol.SCTP, 5060), PortService(ESP), PortService(Protocol.ICMP, icmp_type="echo-reply"))
MORE_SERVICES = (port(Protocol.TCP, 80), port(Protocol.UDP, 500), port(Protocol.UDP, 514), *UNANSWERED)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("esp", Esp)
def test_each_cell_is_its_own_flow_s_verdict(path: Path, esp: Esp) -> None:
    bindings = check(path).bindings
    assert bindings is not None
    asked = World(lower(bindings), esp)
    assert all(count_same(asked, service) for service in (*SERVICES, UNANSWERED[0]))


def test_hosts_that_a_rule_tells_apart_are_not_alike() -> None:
    asked = world("""
    network a 10.1.0.0/24
    network b 10.2.0.0/24
    router r { interface on a .1 ; interface on b .1
      firewall { policy accept ; drop forward from h-3 ; drop forward to s-2 } }
    for i in 1..4 { host h-$i { interface on a .1$i ; default via r } }
    for i in 1..3 { host s-$i { interface on b .1$i ; default via r } }
    """)
    assert count_same(asked) == 8 * 7 + 7
    failing = {(cell.source, cell.destination) for cell in matrix(asked) if not cell.passes}
    assert ("h-3", "s-1") in failing
    assert ("h-1", "s-2") in failing
    assert ("h-1", "s-1") not in failing


def test_a_reason_names_the_flow_s_own_nodes() -> None:
    asked = world("network n 10.0.0.0/24\nfor i in 1..3 { host h-$i { interface on n .$i } }")
    reasons = {(str(cell.source), str(cell.destination)): cell.reason for cell in matrix(asked)}
    assert reasons["h-1", "h-3"] == "`h-3` answers"


MESH = """
for i in 1..9 {
  let next = ${i % 9 + 1}
  network lan-$i 10.1.$i.0/24
  link r$i.next -- r$next.prev ${subnet(172.16.0.0/16, 31, i)}
  router r$i { interface lan on lan-$i .1 ; routing auto MORE }
  host h$i { interface on lan-$i .2 ; default via r$i }
}
network far 10.9.0.0/24
host twin { interface on lan-4 .7, .8 ; default via r4 }
router odd { interface on lan-7 .9 ; interface on far .1 ; default via r7 }
host lost { interface on far .2 ; default via odd }
"""


ONE_IS_ODD = (
    "",
    "; loopback 10.7.0.$i/32",
    "\nif $i == 3 { firewall { policy accept ; drop forward icmp from lan-1 } }",
    "\nif $i == 5 { nat { masquerade out lan } }",
    "\nif $i == 4 { nat { dnat tcp/8080 to 10.1.4.1 -> h4 tcp/80 } }",
    "\nif $i == 2 { sysctl net.ipv4.conf.all.rp_filter = 1 }",
    '\nif $i == 6 { run "true" }',
)
FILTERS = """
firewall {
  policy drop
  accept input icmp
  accept output
  drop forward from lan-${(i + 6) % 9 + 1}
  reject forward tcp/80 to 10.1.0.0/21
  accept forward icmp, udp from 10.1.0.0/16
  accept forward tcp/8080 to lan-$i
}"""
ALL_ARE_ODD = (
    FILTERS,
    FILTERS.replace("policy drop", "policy accept"),
    "; sysctl net.ipv4.conf.all.rp_filter = 1",
    "; sysctl net.ipv4.conf.all.rp_filter = 2",
    FILTERS + "\nsysctl net.ipv4.conf.next.rp_filter = 1",
)


@pytest.mark.slow
@pytest.mark.parametrize("more", [*ONE_IS_ODD, *ALL_ARE_ODD])
def test_what_shares_a_way_is_answered_as_if_it_were_asked_alone(more: str) -> None:
    asked = world(MESH.replace("MORE", more))
    assert all(count_same(asked, service) > 400 for service in SERVICES[:2])


@pytest.mark.slow
@pytest.mark.parametrize("more", ALL_ARE_ODD)
def test_no_flow_is_followed_alone_where_routers_filter_or_check_sources(more: str) -> None:
    asked = world(MESH.replace("MORE", more))
    for service in (*SERVICES, *UNANSWERED):
        flows = flow_classes(asked, service)
        for cell in matrix(asked, service):
            alike = flows.ask(asked.view(cell.source), cell.address)
            assert alike is not None


THROUGH_THE_NET = """
network inet 192.0.2.0/24
network lan-a 10.1.0.0/24
network lan-b 10.2.0.0/24
router gw-a { interface wan on inet .1 ; interface lan on lan-a .1 ; routing auto ; FILTER }
router gw-b { interface wan on inet .2 ; interface lan on lan-b .1 ; routing auto ; FILTER }
for i in 1..3 { host a-$i { interface on lan-a .1$i ; default via gw-a } }
for i in 1..3 { host b-$i { interface on lan-b .1$i ; default via gw-b } }
TUNNEL
"""
FILTER = "firewall { policy drop ; accept tunnel t ; accept input icmp ; accept output ; accept forward from lan-a }"
TUNNELS = (
    "tunnel t gre { between gw-a.wan protecting lan-a and gw-b.wan protecting lan-b }",
    "ipsec t { between gw-a.wan protecting lan-a and gw-b.wan protecting lan-b ; auth psk }",
    "ipsec t { between gw-a.wan and gw-b.wan ; auth psk ; mode transport }",
    "ipsec t { between gw-a.wan protecting lan-a and gw-b.wan protecting lan-b ; auth psk ; only tcp/80 }",
    "network seg 10.3.0.0/24\ntunnel t vxlan { between gw-a.wan and gw-b.wan ; carries seg }",
)


@pytest.mark.parametrize("more", ["", FILTER, FILTER + " ; sysctl net.ipv4.conf.all.rp_filter = 1"])
@pytest.mark.parametrize("tunnel", TUNNELS)
@pytest.mark.parametrize("esp", Esp)
def test_flows_through_tunnels_are_answered_as_if_they_were_asked_alone(more: str, tunnel: str, esp: Esp) -> None:
    text = THROUGH_THE_NET.replace("FILTER", more).replace("TUNNEL", tunnel)
    if "vxlan" in tunnel:
        text = text.replace("wan on inet .", "seg on seg ; interface wan on inet .")
    asked = world(text, esp)
    assert all(count_same(asked, service) for service in SERVICES)


def test_outer_packets_that_a_router_translates_are_followed_alone() -> None:
    asked = world("""
    network inet 192.0.2.0/24
    network home 10.9.0.0/24
    network lan-a 10.1.0.0/24
    network lan-b 10.2.0.0/24
    router nat { interface wan on inet .9 ; interface lan on home .1 ; nat { masquerade out wan } }
    router gw-a { interface wan on home .2 ; interface lan on lan-a .1 ; default via nat }
    router gw-b { interface wan on inet .2 ; interface lan on lan-b .1 ; route home via nat }
    for i in 1..3 { host a-$i { interface on lan-a .1$i ; default via gw-a } }
    for i in 1..3 { host b-$i { interface on lan-b .1$i ; default via gw-b } }
    tunnel t gre { between gw-a.wan protecting lan-a and gw-b.wan protecting lan-b }
    """)
    assert all(count_same(asked, service) for service in SERVICES)


def test_two_routers_on_a_link_are_told_apart_by_the_node_that_asks_for_their_address() -> None:
    asked = world("""
    network a 10.1.0.0/24
    network b 10.2.0.0/24
    network c 10.3.0.0/24
    router one { interface on a .1 ; interface on b .1 ; route c via 10.2.0.9 }
    router two { interface on a .2 ; interface on b .2 ; route c via 10.2.0.9 }
    router s { interface on b .9 ; interface on c .1 ; route 10.2.0.2/32 via 10.3.0.7
      sysctl net.ipv4.conf.all.rp_filter = 1 }
    host x { interface on c .7 ; default via s }
    host h-1 { interface on a .11 ; default via one }
    host h-2 { interface on a .12 ; default via two }
    """)
    assert all(count_same(asked, service) for service in SERVICES)


def test_a_circle_has_the_reason_of_each_flow() -> None:
    ring = """
    for i in 1..4 { let next = ${i % 4 + 1}
      link r$i.next -- r$next.prev ${subnet(172.16.0.0/16, 31, i)}
      network lan-$i 10.1.$i.0/24
      router r$i { interface lan on lan-$i .1 ; MORE ; default via r$next }
      host h$i { interface on lan-$i .2 ; default via r$i } }
    network far 10.9.0.0/24
    host lost { interface on far .2 }
    """
    for more in ("routing none", "firewall { policy accept }", "nat { masquerade out next }"):
        asked = world(ring.replace("MORE", more))
        assert count_same(asked)
        assert any(cell.outcome is Outcome.LOOP for cell in matrix(asked))


@pytest.mark.slow
def test_a_way_longer_than_the_time_to_live_has_the_reason_of_each_flow() -> None:
    row = world("""
    for i in 1..70 { link r$i.next -- r${i + 1}.prev ${subnet(172.16.0.0/16, 31, i)}
      router r$i { routing auto } }
    router r71 { routing auto }
    """)
    assert count_same(row)
    assert any(cell.outcome is Outcome.LOOP for cell in matrix(row))


def test_an_answer_by_another_way_meets_nodes_that_do_not_know_its_flow() -> None:
    asked = world("""
    network a 10.1.0.0/24
    network b 10.2.0.0/24
    router one { interface on a .1 ; interface on b .1 }
    router two { interface on a .2 ; interface on b .2 ; firewall { policy accept ; drop forward to pc } }
    host pc { interface on a .9 ; default via one }
    host srv { interface on b .9 ; default via two }
    """)
    assert count_same(asked)
    reasons = {(str(cell.source), str(cell.destination)): cell.reason for cell in matrix(asked) if not cell.passes}
    dropped = "dropped by `drop forward to pc` at `two`"
    assert reasons == {
        ("pc", "srv"): f"it arrives at `srv`, and the answer does not come back: {dropped}",
        ("srv", "pc"): dropped,
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_random_labs_are_answered_flow_by_flow(seed: int) -> None:
    asked = World(lab_of(generate(seed)))
    assert all(count_same(asked, service) for service in SERVICES)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
@pytest.mark.parametrize("esp", Esp)
def test_many_random_labs_are_answered_flow_by_flow(seed: int, esp: Esp) -> None:
    asked = World(lab_of(generate(seed)), esp)
    assert all(count_same(asked, service) for service in (*SERVICES, *MORE_SERVICES))


def test_a_target_of_dnat_in_the_prefix_that_is_translated_is_not_like_its_neighbours() -> None:
    asked = world("""
    network a 10.1.0.0/24
    network b 10.2.0.0/24
    network c 10.3.0.0/24
    host s { interface on c .7 ; default via two }
    host t { interface on c .8 ; default via two }
    host h { interface on a .9 ; default via one }
    router one { interface on a .1 ; interface on b .1 ; route c via 10.2.0.2 ; nat { dnat icmp, tcp to c -> s } }
    router two { interface on b .2 ; interface on c .1 ; default via one }
    """)
    assert all(count_same(asked, service) for service in SERVICES)


def test_a_node_s_broadcast_address_may_be_an_address_of_another_node() -> None:
    asked = world("""
    network wide 10.0.0.0/24
    network half 10.0.0.0/25
    router r { interface on half .1 }
    host h { interface on half .2 ; default via r }
    host far { interface on wide .127 }
    """)
    assert count_same(asked)


def test_packets_from_all_hosts_of_a_network_take_the_same_leg_through_their_router(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walked = []

    class Counted(Walk):
        def step(self, frame: Frame) -> Frame | Delivered | Stop:
            walked.append(frame.view.id)
            return super().step(frame)

    monkeypatch.setattr(paths, "Walk", Counted)
    asked = world("""
    network a 10.1.0.0/24
    network b 10.2.0.0/24
    router r { interface on a .1 ; interface on b .1 }
    for i in 1..20 { host a-$i { interface on a .1$i ; default via r } }
    for i in 1..20 { host b-$i { interface on b .1$i ; default via r } }
    """)
    assert count_same(asked)
    assert walked.count(NodeId("r")) < 100

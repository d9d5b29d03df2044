"""`routing auto`: packets arrive, on shortest ways, with few routes."""

from collections import deque
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netdsl.ir.ids import Address, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.node import NodeKind
from netdsl.ir.service import Protocol
from netdsl.lower.lower import lower
from netdsl.packets.fabric import Fabric, make_fabric
from netdsl.packets.passage import Delivered
from netdsl.packets.tracking import Tracker
from netdsl.packets.types import Packet
from netdsl.packets.walk import Walk
from netdsl.semantics.bindings import Bindings, BoundNetwork, BoundNode

from .factory import address, bindings, host, network, node


def routes(lab: Lab, name: str) -> list[str]:
    found = next(each for each in lab.nodes if each.id == name)
    return [f"{route.prefix} via {route.next_hop} dev {route.interface}" for route in found.routes]


def ring(size: int) -> Bindings:
    """Routers in a circle, each with a network of its own: `r0` has 10.0.0.0/24 and the links 172.16.0.0/30 …"""
    networks: list[BoundNetwork] = []
    nodes: list[BoundNode] = []
    for number in range(size):
        networks.append(network(f"lan-{number}", f"10.{number >> 8}.{number & 255}.0/24"))
        networks.append(network(f"link-{number}", link_prefix(number)))
    for number in range(size):
        before = (number - 1) % size
        lan = f"10.{number >> 8}.{number & 255}.1/24"
        interfaces = (
            ("lan", f"lan-{number}", lan),
            ("on", f"link-{number}", link_address(number, 1)),
            ("back", f"link-{before}", link_address(before, 2)),
        )
        nodes.append(node(f"r{number}", interfaces, auto=True))
    for number in range(size):
        on = (f"lan-{number}", f"10.{number >> 8}.{number & 255}.2/24")
        nodes.append(host(f"h{number}", ("lan", *on), auto=True))
    return bindings(networks, nodes)


def link_prefix(number: int) -> str:
    return f"172.{16 + (number >> 14)}.{number >> 6 & 255}.{(number & 63) * 4}/30"


def link_address(number: int, last: int) -> str:
    return f"172.{16 + (number >> 14)}.{number >> 6 & 255}.{(number & 63) * 4 + last}/30"


def arrives(fabric: Fabric, start: str, goal: Address) -> int | None:
    """Over how many links a packet gets there; None if it does not."""
    view = fabric.views[NodeId(start)]
    source = next((own for own, *_ in view.own if own.version == goal.version), goal)
    walk = Walk(fabric, Tracker({}))
    found = walk.run(view, Packet(source, goal, Protocol.UDP, 500, 500))
    return sum(bool(hop.wires) for hop in walk.hops) if isinstance(found, Delivered) else None


def test_a_node_whose_goals_have_one_next_hop_gets_a_default() -> None:
    lab = lower(
        bindings(
            [network("a", "10.0.1.0/24"), network("b", "10.0.2.0/24"), network("c", "10.0.3.0/24")],
            [
                host("h", ("eth", "a", "10.0.1.2/24"), auto=True),
                node("r", [("a", "a", "10.0.1.1/24"), ("b", "b", "10.0.2.1/24")], auto=True),
                node("s", [("b", "b", "10.0.2.2/24"), ("c", "c", "10.0.3.1/24")], auto=True),
            ],
        )
    )
    assert routes(lab, "h") == ["0.0.0.0/0 via 10.0.1.1 dev eth"]
    assert routes(lab, "r") == ["0.0.0.0/0 via 10.0.2.2 dev b"]
    assert routes(lab, "s") == ["0.0.0.0/0 via 10.0.2.1 dev b"]


def test_goals_with_several_next_hops_are_covered_by_few_prefixes() -> None:
    lans = [network(f"n{n}", f"10.0.{n}.0/24") for n in range(8)]
    hub = node("hub", [("l", "left", "192.168.1.1/24"), ("r", "right", "192.168.2.1/24")], auto=True)
    left = node("a", [("up", "left", "192.168.1.2/24"), *((f"n{n}", f"n{n}", f"10.0.{n}.1/24") for n in range(4))])
    right = node("b", [("up", "right", "192.168.2.2/24"), *((f"n{n}", f"n{n}", f"10.0.{n}.1/24") for n in range(4, 8))])
    both = [network("left", "192.168.1.0/24"), network("right", "192.168.2.0/24")]
    lab = lower(bindings([*lans, *both], [hub, left, right]))
    assert routes(lab, "hub") == ["10.0.0.0/21 via 192.168.1.2 dev l", "10.0.4.0/22 via 192.168.2.2 dev r"]
    assert routes(lab, "a") == []


def test_a_line_of_the_source_is_not_said_again() -> None:
    lab = lower(
        bindings(
            [network("a", "10.0.1.0/24"), network("b", "10.0.2.0/24"), network("c", "10.0.3.0/24")],
            [
                node("r", [("a", "a", "10.0.1.1/24")], auto=True, routes=[("10.0.2.0/23", "10.0.1.9", "a")]),
                node("s", [("a", "a", "10.0.1.2/24"), ("b", "b", "10.0.2.1/24"), ("c", "c", "10.0.3.1/24")]),
            ],
        )
    )
    assert routes(lab, "r") == ["10.0.2.0/23 via 10.0.1.9 dev a"]


def test_a_default_line_leaves_the_exceptions_to_routing_auto() -> None:
    lab = lower(
        bindings(
            [network("a", "10.0.1.0/24"), network("b", "10.0.2.0/24"), network("c", "10.0.3.0/24")],
            [
                node("r", [("a", "a", "10.0.1.1/24")], auto=True, routes=[("default", "10.0.1.9", "a")]),
                node("s", [("a", "a", "10.0.1.2/24"), ("b", "b", "10.0.2.1/24"), ("c", "c", "10.0.3.1/24")], auto=True),
            ],
        )
    )
    assert routes(lab, "r") == ["0.0.0.0/0 via 10.0.1.9 dev a", "10.0.2.0/23 via 10.0.1.2 dev a"]
    assert routes(lab, "s") == ["0.0.0.0/0 via 10.0.1.1 dev a"], "the way out of the others"


def test_what_is_behind_source_nat_is_not_announced_and_leads_out() -> None:
    lab = lower(
        bindings(
            [network("home", "192.168.1.0/24"), network("public", "198.51.100.0/24"), network("core", "10.0.0.0/24")],
            [
                node("box", [("wan", "public", "198.51.100.2/24"), ("lan", "home", "192.168.1.1/24")], auto=True,
                     masquerade=["wan"]),
                node("isp", [("cust", "public", "198.51.100.1/24"), ("core", "core", "10.0.0.1/24")], auto=True),
                host("pc", ("lan", "home", "192.168.1.2/24"), auto=True),
            ],
        )
    )  # fmt: skip
    assert routes(lab, "isp") == []
    assert routes(lab, "box") == ["0.0.0.0/0 via 198.51.100.1 dev wan"]
    assert routes(lab, "pc") == ["0.0.0.0/0 via 192.168.1.1 dev lan"]


def test_a_prefix_that_stands_twice_in_a_domain_is_not_routed() -> None:
    lab = lower(
        bindings(
            [
                network("a", "10.1.0.0/16"),
                network("b", "10.1.0.0/16"),
                network("m", "10.2.0.0/24"),
                network("c", "10.3.0.0/24"),
            ],
            [
                node("x", [("m", "m", "10.2.0.1/24"), ("a", "a", "10.1.0.1/16")], auto=True),
                node("y", [("m", "m", "10.2.0.2/24"), ("b", "b", "10.1.0.1/16")], auto=True),
                host("h", ("m", "m", "10.2.0.9/24"), auto=True),
            ],
        )
    )
    assert routes(lab, "h") == []


def test_an_uplink_is_the_way_out_of_its_domain_and_has_no_default_itself() -> None:
    lab = lower(
        bindings(
            [network("a", "10.0.1.0/24"), network("b", "10.0.2.0/24"), network("c", "10.0.3.0/24")],
            [
                node("r", [("a", "a", "10.0.1.1/24"), ("b", "b", "10.0.2.1/24")], auto=True, uplink=True),
                node("s", [("b", "b", "10.0.2.2/24"), ("c", "c", "10.0.3.1/24")], auto=True),
                host("h", ("eth", "c", "10.0.3.2/24"), auto=True),
            ],
        )
    )
    assert routes(lab, "r") == ["10.0.3.0/24 via 10.0.2.2 dev b"]
    assert routes(lab, "s") == ["0.0.0.0/0 via 10.0.2.1 dev b"]
    assert routes(lab, "h") == ["0.0.0.0/0 via 10.0.3.1 dev eth"]


def test_loopbacks_are_reached_hosts_included() -> None:
    given = bindings(
        [network("a", "10.0.1.0/24"), network("b", "10.0.2.0/24")],
        [
            node("r", [("a", "a", "10.0.1.1/24"), ("b", "b", "10.0.2.1/24")], auto=True, loopbacks=["10.255.0.1/32"]),
            node("h", [("b", "b", "10.0.2.2/24")], kind=NodeKind.HOST, auto=True, loopbacks=["10.255.0.2/32"]),
            host("g", ("a", "a", "10.0.1.2/24"), auto=True),
        ],
    )
    lab = lower(given)
    fabric = make_fabric(lab)
    assert arrives(fabric, "g", address("10.255.0.1")) == 1
    assert arrives(fabric, "g", address("10.255.0.2")) == 2
    assert arrives(fabric, "h", address("10.255.0.1")) == 1
    assert routes(lab, "r") == ["0.0.0.0/0 via 10.0.2.2 dev b"]


def test_networks_joined_by_a_switch_are_one() -> None:
    given = bindings(
        [network("a", "10.0.0.0/24"), network("b", "10.0.0.0/24"), network("c", "10.0.1.0/24")],
        [
            host("h", ("e", "a", "10.0.0.9/24"), auto=True),
            node("r", [("b", "b", "10.0.0.1/24"), ("c", "c", "10.0.1.1/24")], auto=True),
            node("s", [("p1", "b"), ("p2", "a")], kind=NodeKind.SWITCH),
        ],
    )
    lab = lower(given)
    assert routes(lab, "h") == ["0.0.0.0/0 via 10.0.0.1 dev e"]
    assert arrives(make_fabric(lab), "h", address("10.0.1.1")) == 1


def test_both_families_have_their_own_graph() -> None:
    lab = lower(
        bindings(
            [network("a", "10.0.1.0/24", "fc00:1::/64"), network("b", "10.0.2.0/24", "fc00:2::/64")],
            [
                node("four", [("a", "a", "10.0.1.1/24"), ("b", "b", "10.0.2.1/24")], auto=True),
                node("six", [("a", "a", "fc00:1::1/64"), ("b", "b", "fc00:2::1/64")], auto=True),
                host("h", ("eth", "a", "10.0.1.2/24", "fc00:1::2/64"), auto=True),
            ],
        )
    )
    assert routes(lab, "h") == ["0.0.0.0/0 via 10.0.1.1 dev eth", "::/0 via fc00:1::1 dev eth"]


def test_a_ring_is_covered_by_a_few_routes_each_and_all_arrive() -> None:
    given = ring(40)
    lab = lower(given)
    fabric = make_fabric(lab)
    assert all(len(each.routes) == 1 for each in lab.nodes if not each.kind.forwards)
    assert max(len(each.routes) for each in lab.nodes) <= 14
    for start in range(0, 40, 7):
        for goal in range(40):
            around = abs(start - goal)
            hops = arrives(fabric, f"h{start}", address(f"10.0.{goal}.2"))
            assert hops == (0 if start == goal else min(around, 40 - around) + 2)


def test_routes_of_a_large_ring_are_few() -> None:
    lab = lower(ring(500))
    assert sum(len(each.routes) for each in lab.nodes if each.kind.forwards) < 500 * 20


@st.composite
def labs(draw: st.DrawFn) -> Bindings:
    """Routers on segments drawn at random, connected or not, stubs, several exits, hosts on one or two segments."""
    segments = draw(st.integers(2, 9))
    order = draw(st.permutations(range(segments)))
    networks = [network(f"n{n}", f"10.{order[n] >> 1}.{(order[n] & 1) * 128}.0/24") for n in range(segments)]
    used = [0] * segments
    nodes: list[BoundNode] = []

    def interfaces(chosen: Iterable[int]) -> list[tuple[str, str, str]]:
        found = []
        for n in chosen:
            used[n] += 1
            found.append((f"n{n}", f"n{n}", f"10.{order[n] >> 1}.{(order[n] & 1) * 128}.{used[n]}/24"))
        return found

    some = st.lists(st.integers(0, segments - 1), min_size=1, max_size=4, unique=True)
    for number in range(draw(st.integers(1, 9))):
        loopbacks = [f"10.255.0.{number}/32"] if draw(st.integers(0, 4)) == 0 else []
        uplink = draw(st.integers(0, 9)) == 0
        nodes.append(node(f"r{number}", interfaces(draw(some)), auto=True, loopbacks=loopbacks, uplink=uplink))
    few = st.lists(st.integers(0, segments - 1), min_size=1, max_size=2, unique=True)
    for number in range(draw(st.integers(1, 4))):
        nodes.append(host(f"h{number}", *interfaces(draw(few)), auto=True))
    return bindings(networks, nodes)


def distances(given: Bindings, start: BoundNode) -> dict[str, int]:
    """Over how many links each segment is reached, by a plain search: routers forward, hosts do not."""
    routers = [each for each in given.nodes.values() if each.kind.forwards]
    found = {str(interface.network): 1 for interface in start.interfaces}
    waiting = deque(found)
    while waiting:
        segment = waiting.popleft()
        for router in routers:
            segments = [str(interface.network) for interface in router.interfaces]
            if segment in segments and router.id != start.id:
                for other in segments:
                    if other not in found:
                        found[other] = found[segment] + 1
                        waiting.append(other)
    return found


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(labs())
def test_packets_arrive_on_shortest_ways_between_all_pairs(given_lab: Bindings) -> None:
    lab = lower(given_lab)
    fabric = make_fabric(lab)
    for start in given_lab.nodes.values():
        near = distances(given_lab, start)
        for goal in given_lab.nodes.values():
            if goal.id == start.id:
                continue
            for interface in goal.interfaces:
                hops = arrives(fabric, start.id, interface.addresses[0].address.ip)
                expected = near.get(interface.network)
                is_early = goal.kind.forwards and hops is not None and hops + 1 == expected
                assert hops == expected or is_early, (start.id, goal.id, interface.name)
            for loopback in goal.loopbacks:
                reachable = any(interface.network in near for interface in goal.interfaces)
                assert (arrives(fabric, start.id, loopback.ip) is not None) == reachable


@settings(max_examples=30, deadline=None)
@given(labs())
def test_lowering_twice_gives_the_same(given_lab: Bindings) -> None:
    assert lower(given_lab) == lower(given_lab)


@st.composite
def labs_with_homes(draw: st.DrawFn) -> tuple[Bindings, list[str]]:
    """The same with private networks of one range behind boxes with source NAT; and the networks outside of each box."""
    core = draw(labs())
    networks, nodes, outside = [*core.networks.values()], [*core.nodes.values()], list[str]()
    for number in range(draw(st.integers(1, 3))):
        segment = draw(st.sampled_from(list(core.networks.values())))
        wan = f"{segment.prefixes[0].network_address + 100 + number}/24"
        networks.append(network(f"home-{number}", "192.168.1.0/24"))
        home = ("lan", f"home-{number}", "192.168.1.1/24")
        nodes.append(node(f"box{number}", [home, ("wan", segment.id, wan)], auto=True, masquerade=["wan"]))
        nodes.append(host(f"pc{number}", ("lan", f"home-{number}", "192.168.1.2/24"), auto=True))
        outside.append(segment.id)
    return bindings(networks, nodes), outside


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(labs_with_homes())
def test_who_is_behind_source_nat_reaches_all_that_is_outside(drawn: tuple[Bindings, list[str]]) -> None:
    given_lab, outside = drawn
    lab = lower(given_lab)
    fabric = make_fabric(lab)
    core = [each for each in given_lab.nodes.values() if not each.id.startswith(("box", "pc"))]
    routers = [each for each in core if each.kind.forwards]
    for number, segment in enumerate(outside):
        near = joined_with(segment, routers)
        for goal in core:
            for interface in goal.interfaces:
                hops = arrives(fabric, f"pc{number}", interface.addresses[0].address.ip)
                assert (hops is not None) == (interface.network in near), (number, goal.id, interface.name)
    private = address("192.168.1.2")
    for each in lab.nodes:
        if each.id.startswith(("r", "h")):
            assert not any(private in route.prefix for route in each.routes if route.prefix.prefixlen > 8)


def joined_with(segment: str, routers: list[BoundNode]) -> set[str]:
    """The segments that are joined with this one."""
    found = {segment}
    for _ in routers:
        for router in routers:
            segments = {str(interface.network) for interface in router.interfaces}
            if segments & found:
                found |= segments
    return found

"""MAC addresses, the hosts file, sysctls: what a lab gets without saying so."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.node import NodeKind
from netdsl.lower.directory import mac_addresses
from netdsl.lower.hosts import lower_hosts
from netdsl.lower.lower import lower
from netdsl.lower.sysctls import lower_sysctls
from netdsl.semantics.bindings import BoundNode

from .factory import PLACE, bindings, host, network, node


def hosts_of(*nodes: BoundNode) -> list[str]:
    return [f"{address} {' '.join(names)}" for address, names in lower_hosts(nodes)]


# --- MAC addresses


def test_macs_are_local_unicast_and_come_from_the_names_alone() -> None:
    one = mac_addresses([host("a", ("eth", "n", "10.0.0.1/24"))])
    other = mac_addresses([host("b", ("e", "n", "10.0.0.2/24")), host("a", ("eth", "m", "10.9.0.1/24"))])
    assert one[NodeId("a"), "eth"] == other[NodeId("a"), "eth"] == "02:6e:64:f0:87:7a"


def test_a_given_mac_is_kept_and_who_would_have_it_gives_way() -> None:
    wanted = mac_addresses([host("a", ("eth", "n"))])[NodeId("a"), "eth"]
    taking = host("b", ("eth", "n"))
    taking = replace(taking, interfaces=(replace(taking.interfaces[0], mac=wanted),))
    macs = mac_addresses([host("a", ("eth", "n")), taking])
    assert macs[NodeId("b"), "eth"] == wanted
    assert macs[NodeId("a"), "eth"] != wanted


def test_an_uplink_has_a_mac_too() -> None:
    macs = mac_addresses([node("r", [("e", "n")], uplink=True)])
    assert list(macs) == [("r", "e"), ("r", "uplink")]


# --- the hosts file


def test_the_first_address_of_each_family_has_the_host_name() -> None:
    assert hosts_of(host("a.b", ("x", "n", "10.0.0.1/24", "fc00::1/64", "10.0.0.9/24"), ("y", "m", "10.1.0.1/24"))) == [
        "10.0.0.1 a-b a-b-x",
        "fc00::1 a-b a-b-x",
        "10.0.0.9 a-b-x",
        "10.1.0.1 a-b-y",
    ]


def test_an_address_of_several_nodes_has_the_names_of_all() -> None:
    found = hosts_of(host("a", ("e", "m", "10.1.0.1/16")), host("b", ("e", "n", "10.1.0.1/16")))
    assert found == ["10.1.0.1 a a-e b b-e"]


def test_a_host_name_is_never_an_interface_of_another_node() -> None:
    found = hosts_of(host("a", ("b", "n", "10.0.0.1/24")), host("a-b", ("c", "n", "10.0.0.2/24")))
    assert found == ["10.0.0.1 a", "10.0.0.2 a-b a-b-c"]


def test_loopbacks_have_names() -> None:
    found = hosts_of(node("r", [("e", "n", "10.0.0.1/24")], loopbacks=["10.255.0.1/32"]))
    assert found == ["10.0.0.1 r r-e", "10.255.0.1 r-lo"]


# --- sysctls


def test_a_router_forwards_both_families_and_a_host_does_not() -> None:
    router = dict(lower_sysctls(node("r", []), is_tunnel_end=False))
    assert (router["net.ipv4.ip_forward"], router["net.ipv6.conf.all.forwarding"]) == ("1", "1")
    plain = dict(lower_sysctls(node("h", [], kind=NodeKind.HOST), is_tunnel_end=False))
    assert (plain["net.ipv4.ip_forward"], plain["net.ipv6.conf.all.forwarding"]) == ("0", "0")


def test_sysctls_are_sorted_and_what_is_asked_for_wins() -> None:
    asking = replace(node("r", []), sysctls=(("net.ipv4.conf.all.rp_filter", "1"), ("net.ipv4.tcp_ecn", "1")))
    found = lower_sysctls(asking, is_tunnel_end=True)
    assert list(found) == sorted(found)
    assert ("net.ipv4.conf.all.rp_filter", "1") in found
    assert ("net.ipv4.tcp_ecn", "1") in found
    assert ("net.ipv4.conf.all.src_valid_mark", "1") in found


def test_what_one_interface_has_of_its_own_is_not_implied_for_all() -> None:
    given = node("r", [("wan", "n"), ("lan", "m")])
    found = dict(lower_sysctls(replace(given, sysctls=(("net.ipv4.conf.wan.rp_filter", "1"),)), is_tunnel_end=False))
    assert "net.ipv4.conf.all.rp_filter" not in found
    assert (found["net.ipv4.conf.wan.rp_filter"], found["net.ipv4.conf.lan.rp_filter"]) == ("1", "0")


# --- stability


def small(count: int, *, extra: bool) -> Lab:
    nodes = [node("r", [("n", "n", "10.0.0.1/16")])]
    nodes += [
        host(f"h{number}", ("n", "n", f"10.0.1.{number}/16"), default=("10.0.0.1", "n")) for number in range(count)
    ]
    if extra:
        nodes.append(host("late", ("n", "n", "10.0.9.9/16"), default=("10.0.0.1", "n")))
    return lower(bindings([network("n", "10.0.0.0/16")], nodes))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40))
def test_a_node_added_at_the_end_changes_no_other(count: int) -> None:
    before, after = small(count, extra=False), small(count, extra=True)
    assert after.nodes[:-1] == before.nodes
    assert after.hosts[: len(before.hosts)] == before.hosts


def test_an_uplink_is_masqueraded_to_an_address_known_later() -> None:
    lab = lower(bindings([network("n", "10.0.0.0/24")], [node("r", [("n", "n", "10.0.0.1/24")], uplink=True)]))
    assert lab.nodes[0].has_uplink
    assert lab.nodes[0].uplink_mac is not None
    (rule,) = lab.nodes[0].nat.source
    assert (rule.address, rule.match.out_interfaces, rule.origin) == (None, ("uplink",), PLACE)

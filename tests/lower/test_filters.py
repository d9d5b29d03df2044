"""Filters and address translation: names become addresses, one rule for each chain and family."""

from dataclasses import replace

from netdsl.ir.filter import Chain, FilterRule, TunnelAccept, Verdict
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.service import Protocol, port
from netdsl.kinds.ipsec.ir import CARRIERS
from netdsl.lower.directory import make_directory
from netdsl.lower.filters import lower_firewall, lower_match, lower_nat
from netdsl.lower.lower import lower
from netdsl.lower.outer import OuterPackets
from netdsl.semantics.bindings import (
    Bindings,
    BoundDestinationNat,
    BoundFirewall,
    BoundMatch,
    BoundNode,
    BoundRule,
    BoundSourceNat,
    BoundTunnelAccept,
    Placed,
    Who,
    WhoInterface,
    WhoNetwork,
    WhoNode,
    WhoTunnelEnd,
)

from .factory import PLACE, address, bindings, end, host, masquerading, network, node, placed, tunnel

WEB = port(Protocol.TCP, 80)


def lab(firewall: BoundNode | None = None) -> Bindings:
    """`fw` between `wan` (both families) and `lan`, `www` in the lan, a client `c` of a tunnel with a pool."""
    fw = firewall or fw_node()
    ends = [
        end("fw", "192.0.2.1", "wan", role="gateway"),
        end("c", "192.0.2.9", "e", role="client", virtual=["10.3.0.1"]),
    ]
    return bindings(
        [network("wan", "192.0.2.0/24", "fc00::/64"), network("lan", "10.0.0.0/24", "fc01::/64")],
        [
            fw,
            host("www", ("lan", "lan", "10.0.0.80/24", "fc01::80/64")),
            host("c", ("e", "wan", "192.0.2.9/24")),
        ],
        [tunnel("vpn", ends, pool=["10.3.0.0/28"])],
    )


def fw_node() -> BoundNode:
    interfaces = (
        ("wan", "wan", "192.0.2.1/24", "192.0.2.2/24", "fc00::1/64"),
        ("lan", "lan", "10.0.0.1/24", "fc01::1/64"),
    )
    return node("fw", interfaces, loopbacks=["10.255.0.1/32"])


def sources(*who: Who) -> list[str]:
    match = lower_match(make_directory(lab()), BoundMatch(sources=tuple(map(placed, who))))
    return [str(prefix) for prefix in match.sources]


def test_who_becomes_prefixes() -> None:
    assert sources(WhoNode(NodeId("fw"))) == [
        "192.0.2.1/32", "192.0.2.2/32", "fc00::1/128", "10.0.0.1/32", "fc01::1/128", "10.255.0.1/32",
    ]  # fmt: skip
    assert sources(WhoInterface(NodeId("fw"), "lan")) == ["10.0.0.1/32", "fc01::1/128"]
    assert sources(WhoNetwork(NetworkId("lan"))) == ["10.0.0.0/24", "fc01::/64"]
    assert sources(WhoTunnelEnd(TunnelId("vpn"), NodeId("c"))) == ["10.3.0.1/32"]
    assert sources(WhoTunnelEnd(TunnelId("vpn"), NodeId("fw"))) == ["192.0.2.1/32"]


def test_a_line_for_two_chains_is_two_rules_in_its_place() -> None:
    accept = BoundTunnelAccept(TunnelId("vpn"), PLACE)
    line = BoundRule(Verdict.ACCEPT, (Chain.INPUT, Chain.OUTPUT), BoundMatch(services=(WEB,)), None, "x", None, PLACE)
    given = lab()
    firewall = BoundFirewall({Chain.INPUT: Verdict.DROP}, (line, accept), PLACE)
    lowered = lower(given)
    ends = next(each.tunnels for each in lowered.nodes if each.id == fw_node().id)
    found = lower_firewall(make_directory(given), OuterPackets(lowered), fw_node(), firewall, ends)
    assert found.policies == (
        (Chain.INPUT, Verdict.DROP), (Chain.OUTPUT, Verdict.ACCEPT), (Chain.FORWARD, Verdict.ACCEPT),
    )  # fmt: skip
    first, second, last = found.rules
    assert isinstance(first, FilterRule)
    assert isinstance(second, FilterRule)
    assert (first.chain, second.chain, first.log) == (Chain.INPUT, Chain.OUTPUT, "x")
    assert last == TunnelAccept(TunnelId("vpn"), (address("192.0.2.1"),), (address("192.0.2.9"),), CARRIERS)


def nat(source: BoundSourceNat) -> list[tuple[str, list[str]]]:
    given = replace(fw_node(), source_nat=(source,))
    found = lower_nat(make_directory(lab(given)), given).source
    return [(str(rule.address), [*map(str, rule.match.sources)]) for rule in found]


def test_masquerade_is_the_first_address_of_each_family() -> None:
    assert nat(masquerading("wan")) == [("192.0.2.1", []), ("fc00::1", [])]


def test_masquerade_of_one_family_stays_in_it() -> None:
    only = BoundMatch(sources=(placed(WhoInterface(NodeId("c"), "e")),))
    assert nat(masquerading("wan", only)) == [("192.0.2.1", ["192.0.2.9/32"])]


def test_snat_to_an_interface_is_its_first_address() -> None:
    match = BoundMatch(out_interfaces=(Placed("lan", PLACE),))
    given = BoundSourceNat(match, placed(WhoInterface(NodeId("fw"), "wan")), None, PLACE)
    assert nat(given) == [("192.0.2.1", []), ("fc00::1", [])]


def test_dnat_goes_to_the_target_in_each_family_that_is_asked_for() -> None:
    match = BoundMatch(destinations=(placed(WhoInterface(NodeId("fw"), "wan")),), services=(WEB,))
    line = BoundDestinationNat(match, placed(WhoNode(NodeId("www"))), port(Protocol.TCP, 8080), None, PLACE)
    given = replace(fw_node(), destination_nat=(line,))
    found = lower_nat(make_directory(lab(given)), given).destination
    assert [(str(rule.address), rule.port, [*map(str, rule.match.destinations)]) for rule in found] == [
        ("10.0.0.80", 8080, ["192.0.2.1/32", "192.0.2.2/32"]),
        ("fc01::80", 8080, ["fc00::1/128"]),
    ]

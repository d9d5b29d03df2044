"""How a match of the lab becomes nft expressions."""

from ipaddress import ip_network

import pytest

from netdsl.backends.nftables.match import match_rules, prefix_set
from netdsl.ir.ends import Ends
from netdsl.ir.filter import Chain, Flag, Match, State
from netdsl.ir.ids import Prefix, TunnelId
from netdsl.ir.service import PortService, Protocol, port
from netdsl.kinds.gre.ir import GRE
from netdsl.kinds.ipsec.ir import ESP

T = TunnelId("t")
SITE, CLOUD = ip_network("10.1.0.0/16"), ip_network("10.3.0.0/16")
TUNNELS = {T: Ends("ipsec", (((SITE,), (CLOUD,)),), "wan", stand_in="ipsec0")}


def prefixes(*texts: str) -> tuple[Prefix, ...]:
    return tuple(ip_network(text) for text in texts)


def test_an_empty_match_is_one_empty_rule() -> None:
    assert match_rules(Match(), Chain.INPUT, {}) == [""]


def test_each_family_and_each_protocol_has_a_rule_of_its_own() -> None:
    match = Match(
        destinations=prefixes("10.0.0.1/32", "fc00::1/128"),
        services=(port(Protocol.TCP, 80), port(Protocol.TCP, 443), port(Protocol.UDP, 53)),
    )
    assert match_rules(match, Chain.FORWARD, {}) == [
        "ip daddr 10.0.0.1 tcp dport { 80, 443 }",
        "ip daddr 10.0.0.1 udp dport 53",
        "ip6 daddr fc00::1 tcp dport { 80, 443 }",
        "ip6 daddr fc00::1 udp dport 53",
    ]


def test_a_family_that_one_side_lacks_has_no_rule() -> None:
    match = Match(sources=prefixes("10.0.0.0/8", "fc00::/64"), destinations=prefixes("10.9.0.0/16"))
    assert match_rules(match, Chain.FORWARD, {}) == ["ip saddr 10.0.0.0/8 ip daddr 10.9.0.0/16"]


def test_a_code_of_icmp_is_a_type_and_a_number_in_each_family_that_has_it() -> None:
    kinds = ("echo-request", "port-unreachable", "fragmentation-needed", "packet-too-big", "time-exceeded")
    match = Match(services=tuple(PortService(Protocol.ICMP, icmp_type=kind) for kind in kinds))
    assert match_rules(match, Chain.FORWARD, {}) == [
        "icmp type { echo-request, time-exceeded }",
        "icmp type destination-unreachable icmp code 3",
        "icmp type destination-unreachable icmp code 4",
        "icmpv6 type { echo-request, packet-too-big, time-exceeded }",
        "icmpv6 type destination-unreachable icmpv6 code 4",
    ]


def test_states_and_flags_stand_after_the_service() -> None:
    match = Match(services=(port(Protocol.TCP, 80),), states=(State.NEW, State.INVALID), flags=(Flag.SYN,))
    assert match_rules(match, Chain.FORWARD, {}) == ["tcp dport 80 ct state { new, invalid } tcp flags & (syn) == syn"]
    without = Match(not_flags=(Flag.SYN, Flag.ACK))
    assert match_rules(without, Chain.FORWARD, {}) == ["tcp flags & (syn | ack) == 0x0"]


def test_sets_hold_no_member_that_another_covers() -> None:
    assert (
        prefix_set(prefixes("10.1.0.0/16", "10.0.0.0/8", "10.1.2.3/32", "11.0.0.0/8")) == "{ 10.0.0.0/8, 11.0.0.0/8 }"
    )


def test_overlapping_port_ranges_become_one() -> None:
    match = Match(
        services=(port(Protocol.TCP, 80, 90), port(Protocol.TCP, 85), port(Protocol.TCP, 91), port(Protocol.TCP, 443))
    )
    assert match_rules(match, Chain.INPUT, {}) == ["tcp dport { 80-91, 443 }"]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (PortService(Protocol.ICMP), ["meta l4proto { icmp, icmpv6 }"]),
        (
            PortService(Protocol.ICMP, icmp_type="echo-request"),
            ["icmp type echo-request", "icmpv6 type echo-request"],
        ),
        (PortService(Protocol.ICMP, icmp_type="packet-too-big"), ["icmpv6 type packet-too-big"]),
        (PortService(ESP), ["meta l4proto esp"]),
        (PortService(GRE), ["meta l4proto 47"]),
        (PortService(Protocol("ospf", 89)), ["meta l4proto 89"]),
        (PortService(Protocol.TCP), ["meta l4proto tcp"]),
    ],
)
def test_protocols_without_ports(service: PortService, expected: list[str]) -> None:
    assert match_rules(Match(services=(service,)), Chain.INPUT, {}) == expected


def test_through_a_tunnel_is_kernel_and_user_space_in_the_direction_that_the_rule_names() -> None:
    match = Match(sources=(SITE,), destinations=(CLOUD,), through=(T,))
    assert match_rules(match, Chain.FORWARD, TUNNELS) == [
        "ip saddr 10.1.0.0/16 ip daddr 10.3.0.0/16 rt ipsec exists",
        'oifname "ipsec0" ip saddr 10.1.0.0/16 ip daddr 10.3.0.0/16',
    ]


def test_through_a_tunnel_without_names_is_both_directions() -> None:
    rules = match_rules(Match(through=(T,)), Chain.FORWARD, TUNNELS)
    assert rules[2:] == [
        "ip saddr 10.3.0.0/16 ip daddr 10.1.0.0/16 meta ipsec exists",
        'iifname "ipsec0" ip saddr 10.3.0.0/16 ip daddr 10.1.0.0/16',
    ]


def test_through_ipsec_asks_for_no_addresses() -> None:
    assert match_rules(Match(through_kinds=("ipsec",)), Chain.INPUT, TUNNELS) == [
        "meta ipsec exists",
        'iifname "ipsec0"',
    ]


def test_through_a_kind_names_the_devices_of_its_tunnels() -> None:
    one, two = TunnelId("one"), TunnelId("two")
    tunnels = TUNNELS | {one: Ends("gre", (), "wan", device="one"), two: Ends("gre", (), "wan", device="two")}
    kind = Match(through_kinds=("gre",))
    assert match_rules(kind, Chain.INPUT, tunnels) == ['iifname "one"', 'iifname "two"']
    assert match_rules(kind, Chain.OUTPUT, tunnels) == ['oifname "one"', 'oifname "two"']
    assert match_rules(Match(through_kinds=("ipsec",)), Chain.INPUT, tunnels) == [
        "meta ipsec exists",
        'iifname "ipsec0"',
    ]


def test_through_a_kind_that_the_node_has_no_tunnel_of_is_no_rule() -> None:
    assert match_rules(Match(through_kinds=("gre",)), Chain.FORWARD, TUNNELS) == []
    assert match_rules(Match(through_kinds=("ipsec",)), Chain.FORWARD, {}) == []


def test_tunnels_and_kinds_in_one_clause_are_alternatives() -> None:
    tunnels = TUNNELS | {TunnelId("one"): Ends("gre", (), "wan", device="one")}
    match = Match(through=(TunnelId("one"),), through_kinds=("ipsec",))
    assert match_rules(match, Chain.INPUT, tunnels) == ['iifname "one"', "meta ipsec exists", 'iifname "ipsec0"']


def test_the_outer_interface_means_tunnelled_packets_too_in_both_kinds_of_esp() -> None:
    assert match_rules(Match(in_interfaces=("wan",)), Chain.FORWARD, TUNNELS) == ['iifname { "wan", "ipsec0" }']
    assert match_rules(Match(in_interfaces=("lan",)), Chain.FORWARD, TUNNELS) == ['iifname "lan"']

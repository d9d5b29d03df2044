"""Whole rule sets: their parts, their order, and what changes with a tunnel."""

from ipaddress import ip_address, ip_interface, ip_network

import pytest

from netdsl.backends.nftables.filter import filter_files
from netdsl.ir.filter import (
    Chain,
    DestinationNat,
    FilterRule,
    Firewall,
    Limit,
    Match,
    Nat,
    SourceNat,
    TunnelAccept,
    Verdict,
    WhileTunnel,
)
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.node import Interface, Node, NodeKind
from netdsl.ir.service import Protocol, port
from netdsl.ir.tunnel import Child, Selectors, Start, TunnelEnd
from netdsl.kinds.ipsec.ir import CARRIERS
from netdsl.payload.quoting import NotRepresentable

T = TunnelId("a.t")
OUTER, PEER = ip_address("172.16.0.1"), ip_address("172.16.0.2")
WEB = port(Protocol.TCP, 8080)
OLD = ip_network("10.1.0.99/32")
POLICIES = ((Chain.INPUT, Verdict.DROP), (Chain.OUTPUT, Verdict.ACCEPT), (Chain.FORWARD, Verdict.DROP))


def _gateway(firewall: Firewall | None = None, nat: Nat | None = None, *, has_tunnel: bool = True) -> Node:
    child = Child("t", (ip_network("10.1.0.0/16"),), (ip_network("10.3.0.0/16"),), Start.BOOT, is_hiding=True)
    ids = (T, "ipsec", "t", NodeId("gw"), NodeId("peer"))
    end = TunnelEnd(*ids, OUTER, (PEER,), Selectors("ipsec0"), CARRIERS, (child,), None)
    interfaces = (
        Interface("wan", NetworkId("isp"), "02:00:00:00:00:01", (ip_interface("172.16.0.1/24"),), 1500),
        Interface("lan", NetworkId("lan"), "02:00:00:00:00:02", (ip_interface("10.1.0.1/16"),), 1500),
    )
    return Node(
        NodeId("gw"),
        "gw",
        NodeKind.ROUTER,
        interfaces,
        firewall=firewall,
        nat=nat or Nat(),
        tunnels=(end,) if has_tunnel else (),
    )


def _texts(node: Node) -> dict[str, str]:
    return {file.path: file.content.decode() for file in filter_files(node)}


def _chain(text: str, name: str) -> list[str]:
    body = text.split(f"\tchain {name} {{\n")[1].split("\t}\n")[0]
    return [
        line.strip() for line in body.splitlines() if "type filter hook" not in line and "type nat hook" not in line
    ]


def test_every_node_keeps_redirects_the_engines_resolver_and_the_management_interface_out() -> None:
    text = _texts(_gateway(has_tunnel=False))["filter.nft"]
    assert text.startswith("table inet netdsl\ndelete table inet netdsl\n")
    assert _chain(text, "closed_in") == [
        'iifname "mgmt" accept',
        "icmp type redirect drop",
        "icmpv6 type nd-redirect drop",
    ]
    assert _chain(text, "closed_out") == ["ip daddr 127.0.0.11 reject"]
    assert _chain(text, "closed_forward") == ['iifname "mgmt" drop', 'oifname "mgmt" drop']
    assert "hook input" not in text


def test_management_replies_and_neighbours_come_before_the_first_rule() -> None:
    rule = FilterRule(Verdict.REJECT, Chain.INPUT, Match(services=(WEB,)), Limit(10, "min"), "web")
    chain = _chain(_texts(_gateway(Firewall(POLICIES, (rule,))))["filter.nft"], "input")
    assert chain[:2] == ['iifname { "lo", "mgmt" } accept', 'iifname "netdsl-c*" accept']
    assert chain[2] == "ct state established,related accept"
    assert chain[3].startswith("icmpv6 type {")
    assert chain[4:] == ['tcp dport 8080 limit rate 10/minute log prefix "web " reject']


def test_a_tunnel_is_accepted_with_its_other_end_only() -> None:
    accept = TunnelAccept(T, (OUTER,), (PEER,), CARRIERS)
    chain = _chain(_texts(_gateway(Firewall(POLICIES, (accept,))))["filter.nft"], "input")
    head = 'iifname "wan" ip saddr 172.16.0.2 ip daddr 172.16.0.1'
    assert chain[4:] == [
        f"{head} udp sport {{ 500, 4500 }} udp dport {{ 500, 4500 }} accept",
        f"{head} meta l4proto {{ esp, ah }} accept",
    ]


def test_a_peer_from_anywhere_may_come_from_any_port() -> None:
    accept = TunnelAccept(T, (OUTER,), (), CARRIERS)
    chain = _chain(_texts(_gateway(Firewall(POLICIES, (accept,))))["filter.nft"], "input")
    assert chain[4] == 'iifname "wan" ip daddr 172.16.0.1 udp dport { 500, 4500 } accept'


def test_rules_while_a_tunnel_is_up_stand_in_a_chain_at_their_place() -> None:
    first = FilterRule(Verdict.ACCEPT, Chain.FORWARD, Match(services=(WEB,)), state=WhileTunnel(T, is_up=True))
    second = FilterRule(Verdict.DROP, Chain.FORWARD, Match(in_interfaces=("lan",)))
    third = FilterRule(Verdict.ACCEPT, Chain.FORWARD, Match(), state=WhileTunnel(T, is_up=False))
    files = _texts(_gateway(Firewall(POLICIES, (first, second, third))))
    name = "while_a_t_forward"
    assert _chain(files["filter.nft"], "forward")[1:] == [f"jump {name}", 'iifname "lan" drop', f"jump {name}_2"]
    assert _chain(files["filter.nft"], name) == []
    assert _chain(files["filter.nft"], f"{name}_2") == ["accept"]
    flushes = f"flush chain inet netdsl {name}\nflush chain inet netdsl {name}_2\n"
    assert files["while/a_t.up.nft"] == f"{flushes}add rule inet netdsl {name} tcp dport 8080 accept\n"
    assert files["while/a_t.down.nft"] == f"{flushes}add rule inet netdsl {name}_2 accept\n"


def test_flows_of_a_redirect_are_forgotten_as_they_were_before_translation() -> None:
    nat = DestinationNat(
        Match(destinations=(OLD,), services=(WEB,)), ip_address("10.3.0.3"), 30000, WhileTunnel(T, is_up=True)
    )
    files = _texts(_gateway(nat=Nat((nat,))))
    assert files["while/a_t.conntrack"] == "ipv4\ttcp\t-\t10.1.0.99\t8080\n"
    assert "meta nfproto ipv4 ip daddr 10.1.0.99 tcp dport 8080 dnat ip to 10.3.0.3:30000" in files["while/a_t.up.nft"]


def test_redirects_to_ipv6_have_brackets_with_a_port() -> None:
    nat = DestinationNat(Match(services=(WEB,)), ip_address("fc00::3"), 80)
    text = _texts(_gateway(nat=Nat((nat,)), has_tunnel=False))["filter.nft"]
    assert _chain(text, "prerouting") == ["meta nfproto ipv6 tcp dport 8080 dnat ip6 to [fc00::3]:80"]


def test_a_stateless_firewall_tracks_nothing_and_accepts_no_answers() -> None:
    text = _texts(_gateway(Firewall(POLICIES, (), is_stateless=True), has_tunnel=False))["filter.nft"]
    assert _chain(text, "untracked_in") == ["notrack"]
    assert _chain(text, "untracked_out") == ["notrack"]
    assert _chain(text, "forward") == []
    assert "ct state" not in text


def test_a_redirect_for_one_interface_is_not_for_the_node_itself() -> None:
    nat = DestinationNat(Match(in_interfaces=("lan",)), ip_address("10.3.0.3"), None)
    text = _texts(_gateway(nat=Nat((nat,)), has_tunnel=False))["filter.nft"]
    assert _chain(text, "prerouting") == ['meta nfproto ipv4 iifname "lan" dnat ip to 10.3.0.3']
    assert _chain(text, "dnat_output") == []


def test_source_nat_reaches_what_goes_into_the_tunnel_unless_it_is_excepted() -> None:
    plain = SourceNat(Match(out_interfaces=("wan",)), OUTER)
    text = _texts(_gateway(nat=Nat(source=(plain,))))["filter.nft"]
    action = "meta nfproto ipv4 ip saddr != 172.16.0.1 snat ip to 172.16.0.1"
    assert _chain(text, "postrouting") == ['oifname "mgmt" accept', f'oifname {{ "wan", "ipsec0" }} {action}']

    excepted = SourceNat(Match(out_interfaces=("wan",), not_through_kinds=("ipsec",)), OUTER)
    text = _texts(_gateway(nat=Nat(source=(excepted,))))["filter.nft"]
    assert _chain(text, "postrouting")[1:] == ['oifname "wan" jump snat_1']
    assert _chain(text, "snat_1") == ["rt ipsec exists return", 'oifname "ipsec0" return', action]


def test_prefixes_are_mapped_in_both_directions_and_through_the_device_of_the_policies() -> None:
    inside, outside = ip_network("10.1.0.0/16"), ip_network("10.9.0.0/16")
    coming = DestinationNat(Match(destinations=(outside,), in_interfaces=("wan",)), inside[0], None, prefix=inside)
    going = SourceNat(Match(sources=(inside,), out_interfaces=("wan",)), outside[0], prefix=outside)
    text = _texts(_gateway(nat=Nat((coming,), (going,))))["filter.nft"]
    assert _chain(text, "prerouting") == [
        'iifname { "wan", "ipsec0" } ip daddr 10.9.0.0/16 dnat ip prefix to 10.1.0.0/16'
    ]
    assert _chain(text, "dnat_output") == []
    assert _chain(text, "postrouting")[1:] == [
        'oifname { "wan", "ipsec0" } ip saddr 10.1.0.0/16 snat ip prefix to 10.9.0.0/16'
    ]


def test_an_exception_holds_for_its_own_rule_alone() -> None:
    net = ip_network("10.9.0.0/16")
    first = SourceNat(Match(out_interfaces=("wan",), not_destinations=(net,)), OUTER)
    second = SourceNat(Match(out_interfaces=("lan",)), ip_address("10.1.0.1"))
    text = _texts(_gateway(nat=Nat(source=(first, second)), has_tunnel=False))["filter.nft"]
    assert _chain(text, "snat_1")[0] == "ip daddr 10.9.0.0/16 return"
    assert len(_chain(text, "postrouting")) == 3


def test_a_redirection_with_exceptions_is_a_chain_of_its_own() -> None:
    match = Match(services=(WEB,), not_through=(T,), not_sources=(ip_network("10.3.0.0/24"),))
    text = _texts(_gateway(nat=Nat((DestinationNat(match, ip_address("10.1.0.5"), 80),))))["filter.nft"]
    assert (_chain(text, "prerouting"), _chain(text, "dnat_output")) == (["jump dnat_1"], ["jump dnat_2"])
    assert _chain(text, "dnat_1") == [
        "ip saddr 10.3.0.0/16 ip daddr 10.1.0.0/16 meta ipsec exists return",
        'iifname "ipsec0" ip saddr 10.3.0.0/16 ip daddr 10.1.0.0/16 return',
        "ip saddr 10.3.0.0/24 return",
        "meta nfproto ipv4 tcp dport 8080 dnat ip to 10.1.0.5:80",
    ]
    assert _chain(text, "dnat_2")[0] == "ip saddr 10.3.0.0/24 return"


def test_an_address_known_only_in_the_running_node_is_masqueraded() -> None:
    nat = SourceNat(Match(out_interfaces=("uplink",)), None)
    text = _texts(_gateway(nat=Nat(source=(nat,)), has_tunnel=False))["filter.nft"]
    assert _chain(text, "postrouting")[1:] == ['oifname "uplink" masquerade']


@pytest.mark.parametrize("text", ['a"b', "a\nb", "a\0b", "a\u202eb"])
def test_a_log_text_that_nft_cannot_hold_is_refused(text: str) -> None:
    rule = FilterRule(Verdict.DROP, Chain.INPUT, Match(), log=text)
    with pytest.raises(NotRepresentable):
        filter_files(_gateway(Firewall(POLICIES, (rule,))))

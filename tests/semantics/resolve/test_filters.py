"""Firewall and NAT: who and what a line names."""

import pytest

from netdsl.ir.filter import Chain, Verdict
from netdsl.semantics.bindings import (
    BoundRule,
    BoundTunnelAccept,
    Who,
    WhoInterface,
    WhoNetwork,
    WhoNode,
    WhoTunnelEnd,
)
from netdsl.semantics.resolve import work
from tests.semantics.resolve.resolving import NODES, codes, node, only, resolved, said

TUNNEL = "ipsec t { between gw and b ; auth psk }\n"


def wall(lines: str) -> str:
    return NODES + TUNNEL + f"router c {{ interface on lan ; interface on wan\nfirewall {{ policy drop\n{lines}\n}} }}"


def nat(lines: str) -> str:
    return NODES + TUNNEL + f"router c {{ interface on lan ; interface on wan\nnat {{\n{lines}\n}} }}"


def rule(lines: str) -> BoundRule:
    firewall = node(resolved(wall(lines)), "c").firewall
    assert firewall is not None
    (one,) = firewall.rules
    assert isinstance(one, BoundRule)
    return one


def whos(lines: str) -> list[Who]:
    return [one.value for one in rule(lines).match.sources]


def test_a_policy_for_one_chain_beats_that_for_all() -> None:
    firewall = node(resolved(wall("policy output accept")), "c").firewall
    assert firewall is not None
    assert firewall.policies == {Chain.INPUT: Verdict.DROP, Chain.OUTPUT: Verdict.ACCEPT, Chain.FORWARD: Verdict.DROP}


def test_names_are_nodes_interfaces_networks_and_ends_of_tunnels() -> None:
    assert whos("accept input from a, gw.lan, lan, t.b") == [
        WhoNode(node(resolved(NODES), "a").id),
        WhoInterface(node(resolved(NODES), "gw").id, "lan"),
        WhoNetwork(next(iter(resolved(NODES).networks))),
        WhoTunnelEnd(next(iter(resolved(NODES + TUNNEL).tunnels)), node(resolved(NODES), "b").id),
    ]


def test_the_clauses_of_a_line() -> None:
    one = rule('reject forward http, icmp in lan out wan through ipsec limit 10/s log "lan" while t down')
    assert (one.verdict, one.chains, one.log) == (Verdict.REJECT, (Chain.FORWARD,), "lan")
    assert [str(service) for service in one.match.services] == ["tcp/80", "icmp"]
    assert [[item.value for item in items] for items in (one.match.in_interfaces, one.match.out_interfaces)] == [
        ["lan"], ["wan"],
    ]  # fmt: skip
    assert one.match.through_kinds == ("ipsec",)
    assert one.limit is not None
    assert (one.limit.count, one.limit.per) == (10, "s")
    assert one.state is not None
    assert (one.state.tunnel, one.state.is_up) == ("t", False)


def test_the_name_of_a_kind_stands_for_all_its_tunnels() -> None:
    one = rule("accept forward through gre, t, vxlan")
    assert (one.match.through_kinds, [named.value for named in one.match.through]) == (("gre", "vxlan"), ["t"])


def test_a_kind_is_not_taken_for_a_tunnel_of_another_kind_that_is_called_so() -> None:
    named = wall("accept forward through gre").replace("ipsec t ", "ipsec gre ")
    assert said(named) == (
        "wrong-element",
        "gre",
        "`gre` stands for every tunnel of that kind, and the tunnel called so is of the kind `ipsec`",
        "another name for the tunnel",
    )
    same = wall("accept forward through ipsec").replace("ipsec t ", "ipsec ipsec ")
    assert resolved(same).tunnels


def test_accept_tunnel_keeps_its_place_among_the_lines() -> None:
    firewall = node(resolved(wall("accept input ssh\naccept tunnel t")), "c").firewall
    assert firewall is not None
    assert [type(one) for one in firewall.rules] == [BoundRule, BoundTunnelAccept]


def test_a_service_of_the_lab_is_all_that_it_names() -> None:
    one = rule(
        "accept input web, tcp/22 }\n }\nservice web = tcp/80, tls\nservice tls = tcp/443\ntemplate e() {\nhost z {"
    )
    assert [str(service) for service in one.match.services] == ["tcp/80", "tcp/443", "tcp/22"]


@pytest.mark.parametrize(
    ("line", "code", "help_text"),
    [
        ("accept input htp", "unknown-protocol", "did you mean `http`?"),
        ("accept input tpc/80", "unknown-protocol", "did you mean `tcp`?"),
        ("accept input any", "foreign-word", "a line without a service is for every one"),
        ("accept input established", "foreign-word", "answers are always accepted first: no line is needed for them"),
        ("accept input tcp-80", "foreign-word", "here it is called `tcp/80`"),
        ("accept input icmpv6", "foreign-word", "here it is called `icmp`"),
        ("accept input 80", "wrong-kind", "a port has its protocol: `tcp/80`"),
        ("accept input from any", "foreign-word", "a line without `from` or `to` is for everybody"),
        ("accept input in lna", "interface-not-of-node", "did you mean `lan`?"),
        ("accept input from gw.lam", "unknown-name", "did you mean `lan`?"),
        ("accept input from t.a", "unknown-name", "its ends are `gw`, `b`"),
        ("accept input state fresh", "wrong-kind", "one of `new`, `established`, `related`, `invalid`"),
        ("accept input state NEW", "foreign-word", "here it is called `new`"),
        ("accept input icmp flags syn", "wrong-kind", "a line of its own for TCP"),
        ("accept input flags syn without syn", "wrong-kind", None),
        ("accept input except to lan", "misplaced-statement", "`except to` is for lines of `nat`"),
        ("accept input from a from b", "repeated-statement", "one list: `from a, b`"),
        ("policy accept", "repeated-statement", "it takes one value: remove one of the two"),
        ("accept input while t.x up", "unknown-name", None),
        ("drop tunnel t", "wrong-kind", "`drop forward through T` is for what the tunnel carries"),
    ],
)
def test_a_line_that_is_wrong(line: str, code: str, help_text: str | None) -> None:
    one = only(wall(line))
    assert (one.rule.code, one.help) == (code, help_text)


def test_a_network_where_an_interface_stands_is_told_the_interface() -> None:
    text = NODES + "host c { interface eth0 on lan ; firewall { policy drop ; accept input in lan } }"
    assert said(text) == (
        "interface-not-of-node", "lan", "`c` has no interface `lan`", "its interface on the network `lan` is `eth0`",
    )  # fmt: skip


def test_patterns_that_stand_for_a_whole_world_are_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_MATCHED", 100)
    text = "network n 10.0.0.0/16\nfor i in 1..20 { host h$i { interface on n } }\n"
    text += "for i in 1..10 { router r$i { interface on n ; firewall { policy drop ; accept input from h* } } }"
    assert codes(text) == ["loop-limit"]


def test_a_firewall_has_a_policy() -> None:
    assert codes(NODES + "host c { interface on lan ; firewall { accept input } }") == ["missing-policy"]


def test_other_engines_are_not_there_yet() -> None:
    assert codes(NODES + "host c { interface on lan ; firewall engine iptables { policy drop } }") == [
        "not-supported-yet"
    ]
    assert resolved(NODES + "host c { interface on lan ; firewall engine nftables { policy drop } }")


def test_nat_lines() -> None:
    lab = resolved(nat("dnat tcp/8080 from a to c.wan -> b tcp/80 while t up\nmasquerade out wan except through ipsec"))
    (destination,) = node(lab, "c").destination_nat
    assert isinstance(destination.target.value, WhoNode)
    assert str(destination.service) == "tcp/80"
    (source,) = node(lab, "c").source_nat
    assert source.target is None
    assert source.match.not_through_kinds == ("ipsec",)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("dnat tcp/80 -> a", "missing-statement"),
        ("masquerade", "missing-statement"),
        ("snat out wan -> lan", "wrong-element"),
        ("dnat tcp/80 to c.wan -> a tcp/1-9", "wrong-kind"),
        ("dnat tcp/80 to c.wan out wan -> a", "misplaced-statement"),
        ("masquerade out wan limit 5/s", "misplaced-statement"),
        ("netmap 10.0.1.0/24 -> 10.0.2.0/24", "missing-statement"),
        ("netmap a, b -> 10.0.2.0/24 out wan", "syntax-error"),
        ("netmap * -> 10.0.2.0/24 out wan", "wrong-element"),
        ("netmap 10.0.1.0/24 -> 10.0.2.0/24 out wan from a", "misplaced-statement"),
    ],
)
def test_a_nat_line_that_is_wrong(line: str, code: str) -> None:
    assert codes(nat(line)) == [code]


def test_services_that_name_each_other_are_reported_once() -> None:
    assert codes(NODES + "service s = tcp/80, z\nservice z = s") == ["value-cycle"]

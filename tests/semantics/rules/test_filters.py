"""What the lines of a firewall say, and in which order."""

from pathlib import Path

import pytest

from netdsl.library import check_file
from tests.semantics.rules.sketch import Sketch, accept_tunnel


def lab() -> Sketch:
    """`fw` between `lan` and `wan`, `a` in `lan`, `peer` on `wan` with a tunnel `t` to `fw`."""
    sketch = Sketch().network("lan", "10.0.0.0/24").network("wan", "192.0.2.0/24")
    sketch.router("fw", lan="10.0.0.1/24", wan="192.0.2.1/24").router("peer", wan="192.0.2.9/24")
    sketch.host("a", lan="10.0.0.5/24").route("a", "default", "10.0.0.1")
    return sketch.tunnel("t", "fw.wan", "peer.wan")


@pytest.mark.parametrize(("chain", "clause"), [("input", "out"), ("output", "in_")])
def test_a_chain_without_that_interface(chain: str, clause: str) -> None:
    sketch = lab()
    rule = sketch.rule("accept", chain, "icmp", **{clause: "wan"})  # type: ignore[arg-type]
    sketch.firewall("fw", accept_tunnel("t"), rule)
    assert sketch.told == [("chain-interface-mismatch", f"{clause.strip('_')} wan")]


def test_a_forward_rule_has_both() -> None:
    sketch = lab()
    sketch.firewall("fw", accept_tunnel("t"), sketch.rule("accept", "forward", in_="lan", out="wan"))
    assert sketch.told == []


# --- names


def test_a_node_with_somebody_else_s_address_needs_its_interface() -> None:
    sketch = lab().network("far", "10.0.0.0/24").host("b", far="10.0.0.5/24")
    sketch.firewall("fw", accept_tunnel("t"), sketch.rule("accept", "forward", source="a"))
    (found,) = sketch.findings
    assert found.rule.code == "ambiguous-node-address"
    assert found.message == "`a` stands for all its addresses here, and 10.0.0.5 is `b`'s too"
    assert found.help == "name the interface that is meant: `a.lan`"
    sketch.firewall("fw", accept_tunnel("t"), sketch.rule("accept", "forward", source="a.lan"))
    assert sketch.told == []


def test_the_help_names_an_interface_of_one_s_own() -> None:
    sketch = lab().network("far", "10.0.0.0/24").router("b", far="10.0.0.1/24")
    sketch.firewall("peer", sketch.rule("accept", "input", source="fw"), accept_tunnel("t"), output="accept")
    assert [found.help for found in sketch.findings] == ["name the interface that is meant: `fw.wan`"]


def test_a_rule_is_of_one_family() -> None:
    sketch = lab()
    sketch.firewall("fw", accept_tunnel("t"), sketch.rule("accept", "forward", source="10.0.0.0/24", to="fd00::/64"))
    assert sketch.told == [("family-mismatch", "fd00::/64")]


@pytest.mark.parametrize("where", ["through", "state", "accept tunnel"])
def test_a_tunnel_is_its_ends_business(where: str) -> None:
    sketch = lab().router("other", wan="192.0.2.7/24")
    match where:
        case "through":
            sketch.firewall("other", sketch.rule("accept", "forward", through="t"))
        case "state":
            sketch.firewall("other", sketch.rule("accept", "forward", state="t up"))
        case _:
            sketch.firewall("other", accept_tunnel("t"))
    assert [code for code, _ in sketch.told] == ["tunnel-not-of-node"]


# --- the order


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"chains": "forward"}, {"chains": "forward", "what": "tcp/80"}),
        ({"chains": "forward", "what": "tcp/1-99"}, {"chains": "forward", "what": "tcp/80"}),
        ({"chains": "forward", "what": "tcp"}, {"chains": "forward", "what": "tcp/80"}),
        ({"chains": "forward", "source": "10.0.0.0/8"}, {"chains": "forward", "source": "a", "to": "peer"}),
        ({"chains": "forward", "in_": "lan"}, {"chains": "forward", "in_": "lan", "out": "wan"}),
        ({"chains": "input forward"}, {"chains": "forward", "state": "t up"}),
        ({"chains": "forward", "through": "t"}, {"chains": "forward", "through": "t", "what": "icmp"}),
    ],
)
def test_a_rule_behind_one_that_takes_all_its_packets(first: dict[str, str], second: dict[str, str]) -> None:
    sketch = lab()
    later = sketch.rule("drop", **second)  # type: ignore[arg-type]
    sketch.firewall("fw", accept_tunnel("t"), sketch.rule("accept", **first), later)  # type: ignore[arg-type]
    assert sketch.told == [("rule-never-matches", later.place.span.text)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"chains": "forward", "what": "tcp/80"}, {"chains": "forward"}),
        ({"chains": "forward", "what": "tcp/80"}, {"chains": "forward", "what": "tcp"}),
        ({"chains": "input"}, {"chains": "input forward", "what": "tcp/80"}),
        ({"chains": "forward", "source": "a"}, {"chains": "forward", "source": "lan"}),
        ({"chains": "forward", "source": "a"}, {"chains": "forward", "to": "a"}),
        ({"chains": "forward", "in_": "lan"}, {"chains": "forward", "out": "lan"}),
        ({"chains": "forward", "state": "t up"}, {"chains": "forward"}),
        ({"chains": "forward", "state": "t up"}, {"chains": "forward", "state": "t down"}),
        ({"chains": "forward", "through": "t"}, {"chains": "forward"}),
    ],
)
def test_a_rule_that_some_packets_come_to(first: dict[str, str], second: dict[str, str]) -> None:
    sketch = lab()
    rules = (sketch.rule("accept", **first), sketch.rule("drop", **second))  # type: ignore[arg-type]
    assert sketch.firewall("fw", accept_tunnel("t"), *rules).told == []


def test_a_limited_rule_leaves_packets_over() -> None:
    sketch = lab()
    rules = (sketch.rule("accept", "forward", "icmp", limit=True), sketch.rule("drop", "forward", "icmp"))
    assert sketch.firewall("fw", accept_tunnel("t"), *rules).told == []


def test_what_passes_through_is_not_for_the_node_itself(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(
        "lab x\nnetwork l 10.0.0.0/24\nnetwork m 10.1.0.0/24\n"
        "router r { interface on l .1 ; interface on m .1\n"
        "  firewall { policy drop ; accept forward ssh from l to r ; accept forward ssh from l to r, m } }\n"
        "host h { interface on l ; default via r }\n"
    )
    (found,) = check_file(tmp_path / "lab.net").diagnostics
    assert (found.rule.code, found.help) == ("rule-never-matches", "`accept input …` is for those")


def test_a_tunnel_is_accepted_once() -> None:
    sketch = lab().firewall("fw", accept_tunnel("t"), accept_tunnel("t"))
    assert sketch.told == [("rule-never-matches", "accept tunnel t")]


def test_what_comes_in_is_for_the_node_itself() -> None:
    sketch = lab()
    sketch.firewall("fw", accept_tunnel("t"), sketch.rule("accept", "input", "tcp/80", to="a"))
    (found,) = sketch.findings
    assert found.message == "a packet in the input chain is for `fw` itself, never for another node"
    assert found.help == "`accept forward …` is for what passes through `fw`"


def test_thousands_of_rules_are_compared_in_no_time() -> None:
    sketch = lab()
    rules = [
        sketch.rule("accept", "forward", f"tcp/{port}", source=f"10.0.0.{2 + port % 250}") for port in range(1, 4000)
    ]
    assert sketch.firewall("fw", accept_tunnel("t"), *rules).told == []


# --- through


def own_address_only() -> Sketch:
    return lab().masquerade("fw", "wan")


def test_through_comes_too_early_where_only_nat_leads_into_the_tunnel() -> None:
    sketch = own_address_only()
    rule = sketch.rule("accept", "forward", "tcp/80", source="lan", to="peer", through="t")
    (found,) = sketch.firewall("fw", accept_tunnel("t"), rule).findings
    assert (found.rule.code, found.help) == ("through-before-nat", "`while t up` instead of `through t`")


def test_what_came_from_the_tunnel_is_through_it() -> None:
    sketch = own_address_only()
    rule = sketch.rule("accept", "forward", "tcp/80", source="peer", to="a", through="t")
    assert sketch.firewall("fw", accept_tunnel("t"), rule).told == []


def test_a_protected_network_is_in_the_tunnel_from_the_start() -> None:
    sketch = lab().network("far", "10.7.0.0/24").router("q", wan="192.0.2.8/24", far="10.7.0.1/24")
    sketch.tunnel("u", "fw.wan", "q.wan", protecting=("10.0.0.0/24", "10.7.0.0/24"))
    rule = sketch.rule("accept", "forward", source="lan", through="u")
    assert sketch.firewall("fw", accept_tunnel("t"), accept_tunnel("u"), rule).told == []

"""Expectations that cannot hold, whatever the packets do."""

from ipaddress import ip_address
from pathlib import Path

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.expectation import Claim, Encrypted, Goal, Reaches, TunnelUp, WhileState
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.library import check_file
from netdsl.semantics.bindings import Bindings
from netdsl.semantics.rules import check_rules
from tests.semantics.rules.sketch import Sketch, service


def lab() -> Sketch:
    """`a` with both families, `four` and `six` with one; `www` serves tcp/80."""
    sketch = Sketch().network("lan", "10.0.0.0/24", "fd00::/64").host("a", lan="10.0.0.2/24 fd00::2/64")
    sketch.host("four", lan="10.0.0.4/24").host("six", lan="fd00::6/64")
    return sketch.host("www", lan="10.0.0.8/24").serve("www", "http", "tcp/80")


def reaches(
    source: str, goal: str, what: str = "", family: int | None = None, by: str = "", no: bool = False
) -> Reaches:
    services = service(what) if what else ()
    answered_by = (NodeId(by), None) if by else None
    return Reaches(NodeId(source), Goal(NodeId(goal), family=family, services=services), no, answered_by)


def told(*claims: Claim, is_failure: bool = False, state: WhileState | None = None) -> list[str]:
    return [found.message for found in lab().expect(*claims, is_failure=is_failure, state=state).findings]


def test_what_may_hold_is_silent() -> None:
    assert told(reaches("a", "www", "tcp/80"), reaches("a", "six"), reaches("four", "www", "tcp/22", no=True)) == []


def test_a_node_and_itself() -> None:
    assert told(reaches("a", "a")) == ["`a` reaching itself says nothing"]
    assert told(reaches("a", "a", no=True)) == ["`a` always reaches itself"]


def test_families_that_never_meet() -> None:
    assert told(reaches("four", "six")) == ["`four` has IPv4 only, and `six` IPv6 only"]
    assert told(reaches("a", "four", family=6)) == ["`four` has no IPv6 address"]
    assert told(reaches("four", "a", family=6)) == ["`four` has no IPv6 address"]
    assert told(Reaches(NodeId("four"), Goal(address=ip_address("fd00::9")), False)) == [
        "`four` has IPv4 only, and fd00::9 IPv6 only"
    ]
    assert told(reaches("four", "six", no=True)) == []  # true for that very reason


def test_a_service_that_nobody_has() -> None:
    sketch = lab().expect(reaches("a", "www", "tcp/81"))
    (found,) = sketch.findings
    assert found.message == "`www` does not serve tcp/81"
    assert found.help == "`serve tcp tcp/81` in `www`, or another port here"
    assert sketch.change("www", runs=("serve-something",)).told == []


def test_a_dnat_may_send_it_elsewhere() -> None:
    sketch = lab().router("gw", lan="10.0.0.1/24").expect(reaches("a", "four", "tcp/80", by="www"))
    assert [found.message for found in sketch.findings if found.rule.code == "expect-impossible"] == [
        "`www` cannot answer for `four`: no dnat sends these packets there"
    ]
    assert sketch.dnat("gw", "four", "tcp/80", "www").told == []


def test_opposites() -> None:
    assert told(reaches("a", "www"), reaches("a", "www", no=True)) == ["this and an earlier line cannot both hold"]
    assert told(reaches("a", "www"), reaches("a", "www", no=True), is_failure=True) == []


def test_a_tunnel_that_is_taken_down_is_not_up() -> None:
    sketch = lab().tunnel("t", "a.lan", "www.lan")
    down = WhileState(False, TunnelId("t"))
    sketch.expect(TunnelUp(TunnelId("t"), None, True), state=down)
    assert sketch.told == []
    sketch.expect(TunnelUp(TunnelId("t"), None, False), state=down)
    assert [found.message for found in sketch.findings] == ["this and an earlier line cannot both hold"]
    sketch.expectations.pop(0)
    assert [found.message for found in sketch.findings] == ["`t` cannot be up while it is down"]


def test_the_same_twice() -> None:
    sketch = lab().expect(reaches("a", "www")).expect(reaches("a", "www"))
    assert sketch.told == [("duplicate-expectation", "line 1.0")]


def test_what_an_imported_file_expects_may_be_said_again(tmp_path: Path) -> None:
    site = "network n 10.0.0.0/24\nhost a { interface on n }\nhost b { interface on n }\nexpect { a reaches b }\n"
    (tmp_path / "site.net").write_text(site)
    (tmp_path / "lab.net").write_text('lab x\nimport "site.net" as s\nuse s as one\nexpect { one.* reach one.b }\n')
    assert [*check_file(tmp_path / "lab.net").diagnostics] == []


def test_the_same_in_another_state_is_another_expectation() -> None:
    sketch = lab().tunnel("t", "a.lan", "www.lan").expect(reaches("a", "www"))
    assert sketch.expect(reaches("a", "www"), state=WhileState(False, TunnelId("t"))).told == []


def test_encryption_needs_one_family_as_well() -> None:
    claim = Encrypted(NodeId("four"), Goal(NodeId("six")), False, (NetworkId("lan"),))
    assert told(claim) == ["`four` has IPv4 only, and `six` IPv6 only"]


def test_a_lab_without_expectations() -> None:
    diagnostics = Diagnostics()
    check_rules(Bindings("x", None, {}, {}, {}, {}, {}, (), ()), diagnostics)
    assert len(diagnostics) == 0  # no place to tell it at

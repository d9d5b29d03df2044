"""Firewalls that keep packets from their own node."""

import pytest

from netdsl.ir.expectation import TunnelUp
from netdsl.ir.ids import TunnelId
from tests.semantics.rules.sketch import Sketch, accept_tunnel, child


def lab(when: str = "at boot", by: tuple[str, ...] = ()) -> Sketch:
    """Two routers on `wan` with a tunnel `t`, opened by `left` unless said."""
    sketch = Sketch().network("wan", "192.0.2.0/24")
    sketch.router("left", wan="192.0.2.1/24").router("right", wan="192.0.2.2/24")
    made = child("t", "192.0.2.1/32", "192.0.2.2/32", when=when, by=by)
    return sketch.tunnel("t", "left.wan", "right.wan", children=(made,))


def test_a_policy_drops_the_tunnel_at_its_end() -> None:
    (found,) = lab().firewall("left").findings
    assert found.rule.code == "tunnel-blocked-by-firewall"
    assert found.message == "the firewall of `left` drops the packets of its own tunnel `t`"
    assert found.primary.place.span.text == "firewall of left"
    assert found.primary.text == "nothing lets IKE and ESP through in the output chain"
    assert [label.place.span.text for label in found.related] == ["end left.wan"]
    assert found.help == "`accept tunnel t`"


def test_accept_tunnel_lets_it_through() -> None:
    assert lab().firewall("left", accept_tunnel("t")).firewall("right", accept_tunnel("t")).told == []


def test_so_do_rules_that_say_the_same() -> None:
    sketch = lab(when="on traffic")
    both = sketch.rule("accept", "input output", "ike esp")
    assert sketch.firewall("left", both).firewall("right", both).told == []


@pytest.mark.parametrize("missing", ["esp", "ike"])
def test_half_of_them_do_not(missing: str) -> None:
    sketch = lab()
    rule = sketch.rule("accept", "input output", {"esp": "udp/500", "ike": "esp"}[missing])
    assert sketch.firewall("left", rule).told == [("tunnel-blocked-by-firewall", "firewall of left")]


def test_answers_pass_so_one_open_direction_is_enough() -> None:
    assert lab().firewall("left", output="accept").told == []
    assert lab(by=("right",)).firewall("left", output="accept").told == [
        ("tunnel-blocked-by-firewall", "firewall of left")
    ]


def test_only_the_end_that_blocks_in_any_case_is_told() -> None:
    sketch = lab(when="on traffic").firewall("left", output="accept").firewall("right")
    assert sketch.told == [("tunnel-blocked-by-firewall", "firewall of right")]


def test_a_line_that_drops_them_by_name_is_on_purpose() -> None:
    sketch = lab()
    sketch.firewall("left", sketch.rule("drop", "output", "esp ike"), output="accept")
    assert sketch.told == [("tunnel-stays-down", "ipsec t")]


def test_a_line_that_drops_everything_is_not() -> None:
    sketch = lab()
    everything = sketch.rule("drop", "input output")
    sketch.firewall("left", everything, sketch.rule("accept", "output", "ike esp"), input="accept", output="accept")
    assert ("tunnel-blocked-by-firewall", "firewall of left") in sketch.told


def test_of_an_accept_behind_such_a_line_it_is_told_that_it_is_hidden() -> None:
    sketch = lab()
    sketch.firewall("left", sketch.rule("drop", "input output"), accept_tunnel("t"))
    assert {code for code, _ in sketch.told} == {"rule-never-matches", "tunnel-stays-down"}


def test_the_rule_has_to_fit_the_ends() -> None:
    sketch = lab()
    fitting = sketch.rule("accept", "output", "ike esp", source="left", to="right", out="wan")
    assert sketch.firewall("left", fitting).told == []
    foreign = sketch.rule("accept", "output", "ike esp", to="192.0.2.77/32")
    assert sketch.firewall("left", foreign).told == [("tunnel-blocked-by-firewall", "firewall of left")]


def test_a_lab_broken_on_purpose_may_block_its_tunnels() -> None:
    sketch = lab().firewall("left").expect(TunnelUp(TunnelId("t"), None, False), is_failure=True)
    assert sketch.told == []

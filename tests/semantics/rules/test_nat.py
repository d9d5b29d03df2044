"""Address translation."""

from netdsl.ir.ids import TunnelId
from netdsl.semantics.bindings import Placed
from tests.semantics.rules.sketch import Sketch, accept_tunnel, place


def lab() -> Sketch:
    """`gw` with `server` behind it on `lan`, on `wan` with `peer`."""
    sketch = Sketch().network("lan", "10.0.0.0/24", "fd00::/64").network("wan", "192.0.2.0/24")
    sketch.router("gw", lan="10.0.0.1/24 fd00::1/64", wan="192.0.2.1/24").router("peer", wan="192.0.2.9/24")
    return sketch.host("server", lan="10.0.0.2/24").route("server", "default", "10.0.0.1")


def test_the_same_packets_are_redirected_once() -> None:
    sketch = lab().dnat("gw", "gw.wan", "tcp/80", "server").dnat("gw", "gw.wan", "tcp/80", "peer")
    (found,) = sketch.findings
    assert found.rule.code == "same-dnat-twice"
    assert found.primary.text == "never reaches `peer`"
    assert [label.text for label in found.related] == ["the first match wins: to `server`"]


def test_packets_may_be_told_apart() -> None:
    sketch = lab().tunnel("t", "gw.wan", "peer.wan")
    sketch.dnat("gw", "gw.wan", "tcp/80", "server", source="peer").dnat("gw", "gw.wan", "tcp/80", "server")
    sketch.dnat("gw", "gw.wan", "tcp/81", "server", state="t up").dnat("gw", "gw.wan", "tcp/81", "server")
    assert sketch.told == []


def test_a_target_is_of_the_packets_family() -> None:
    assert lab().dnat("gw", "fd00::1/128", "tcp/80", "server").told == [("family-mismatch", "server")]


# --- masquerade before tunnels


def protected() -> Sketch:
    sketch = lab().network("far", "10.9.0.0/24").router("q", far="10.9.0.1/24", wan="192.0.2.8/24")
    return sketch.tunnel("t", "gw.wan", "q.wan", protecting=("10.0.0.0/24", "10.9.0.0/24"))


def test_masquerade_takes_packets_from_a_tunnel_that_carries_networks() -> None:
    (found,) = protected().masquerade("gw", "wan").findings
    assert found.rule.code == "masquerade-hits-tunnel"
    assert found.help == "`masquerade out wan except through t`"
    assert [label.place.span.text for label in found.related] == ["end gw.wan"]


def test_unless_it_leaves_them_out() -> None:
    through = (Placed(TunnelId("t"), place("except through t")),)
    assert protected().masquerade("gw", "wan", not_through=through).told == []
    assert protected().masquerade("gw", "wan", not_through_kinds=("ipsec",)).told == []
    sketch = protected()
    assert sketch.masquerade("gw", "wan", not_destinations=(sketch.who("far"),)).told == []


def test_or_is_about_others() -> None:
    sketch = protected()
    assert sketch.masquerade("gw", "lan").told == []
    assert sketch.masquerade("gw", "wan", sources=(sketch.who("10.77.0.0/16"),)).told == []


def test_a_tunnel_that_carries_the_gateway_s_own_address_needs_it() -> None:
    assert lab().tunnel("t", "gw.wan", "peer.wan").masquerade("gw", "wan").told == []


def test_two_tunnels_hit_by_one_line_are_told_at_once() -> None:
    sketch = protected().network("more", "10.8.0.0/24").router("p", more="10.8.0.1/24", wan="192.0.2.7/24")
    sketch.tunnel("u", "gw.wan", "p.wan", protecting=("10.0.0.0/24", "10.8.0.0/24")).masquerade("gw", "wan")
    (found,) = sketch.findings
    assert "`t`, `u`" in found.message
    assert found.help == "`masquerade out wan except through ipsec`"


def test_accepting_the_tunnel_changes_nothing_here() -> None:
    sketch = protected().masquerade("gw", "wan").firewall("gw", accept_tunnel("t"))
    assert [code for code, _ in sketch.told] == ["masquerade-hits-tunnel"]

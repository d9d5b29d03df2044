"""Tunnels: the way between their ends, what they carry, pools, strength."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from netdsl.ir.ids import NodeId, PkiId
from netdsl.ir.tunnel import DpdAction, Mode
from netdsl.kinds.ipsec.bindings import BoundIpsec
from netdsl.semantics.bindings import BoundPki
from tests.semantics.rules.sketch import Sketch, auth, child, place


def lab() -> Sketch:
    """`ga` – core – `gb`, with a network behind each gateway and default routes to the core."""
    sketch = Sketch().network("a", "10.1.0.0/16").network("wa", "192.0.2.0/25")
    sketch.network("b", "10.2.0.0/16").network("wb", "192.0.2.128/25")
    sketch.router("core", wa="192.0.2.1/25", wb="192.0.2.129/25")
    sketch.router("ga", a="10.1.0.1/16", wa="192.0.2.2/25").route("ga", "default", "192.0.2.1")
    return sketch.router("gb", b="10.2.0.1/16", wb="192.0.2.130/25").route("gb", "default", "192.0.2.129")


def site_to_site(**fields: object) -> Sketch:
    return lab().tunnel("t", "ga.wa", "gb.wb", protecting=("10.1.0.0/16", "10.2.0.0/16"), **fields)  # type: ignore[arg-type]


def test_a_whole_site_to_site_lab_is_fine() -> None:
    assert site_to_site().told == []


def test_transport_mode_carries_no_networks() -> None:
    made = child("t", "10.1.0.0/16", "10.2.0.0/16", mode=Mode.TRANSPORT)
    assert site_to_site(children=(made,)).told == [("transport-with-protected", "child t")]


def test_transport_mode_between_the_ends() -> None:
    made = child("t", "192.0.2.2/32", "192.0.2.130/32", mode=Mode.TRANSPORT)
    assert lab().tunnel("t", "ga.wa", "gb.wb", children=(made,)).told == []


def test_a_child_is_of_one_family() -> None:
    made = child("c", "10.1.0.0/16", "fd00::/64")
    assert [code for code, _ in site_to_site(children=(made,)).told if code == "family-mismatch"]


# --- selectors


def test_one_range_on_both_sides() -> None:
    sketch = lab().tunnel("t", "ga.wa", "gb.wb", protecting=("10.1.0.0/16", "10.1.7.0/24"))
    (found,) = [one for one in sketch.findings if one.rule.code == "selectors-overlap"]
    assert found.message == "both ends of `t` have 10.1.7.0/24 behind them"
    assert found.primary.place.span.text == "end gb.wb"


def test_everything_on_one_side_means_the_rest() -> None:
    assert lab().tunnel("t", "ga.wa", "gb.wb", protecting=("10.1.0.0/16", "0.0.0.0/0")).told == []


def test_two_children_for_the_same_packets() -> None:
    one, other = child("c", "10.1.0.0/16", "10.2.0.0/16"), child("d", "10.1.5.0/24", "10.2.0.0/16")
    (found,) = site_to_site(children=(one, other)).findings
    assert found.rule.code == "selectors-overlap"
    assert found.message == "the same packets of `ga` belong into `t.c` and into `t.d`"


def test_children_with_services_of_their_own() -> None:
    one = child("c", "10.1.0.0/16", "10.2.0.0/16", only="tcp/80")
    other = child("d", "10.1.0.0/16", "10.2.0.0/16", only="udp/514")
    assert site_to_site(children=(one, other)).told == []


def test_children_that_share_one_side_only() -> None:
    one, other = child("c", "10.1.0.0/17", "10.2.0.0/16"), child("d", "10.1.128.0/17", "10.2.0.0/16")
    assert site_to_site(children=(one, other)).told == []


def test_two_tunnels_for_the_same_packets() -> None:
    sketch = site_to_site().tunnel("u", "ga.wa", "core.wa", protecting=("10.1.0.0/16", "10.2.4.0/24"))
    sketch.route("core", "10.2.0.0/16", "192.0.2.130")
    assert sketch.told == [("selectors-overlap", "child u")]


def test_what_an_end_protects_is_behind_it() -> None:
    sketch = lab().tunnel("t", "ga.wa", "gb.wb", protecting=("10.7.0.0/16", "10.2.0.0/16"))
    (found,) = sketch.findings
    assert (found.rule.code, found.primary.place.span.text) == ("protected-not-attached", "end ga.wa")
    assert lab().network("a2", "10.1.9.0/24").router("in", a="10.1.0.9/16").told == [("unused-network", "network a2")]
    assert sketch.router("in", a="10.1.0.9/16").route("ga", "10.7.0.0/16", "10.1.0.9").told == []


def test_the_networks_of_a_child_stand_in_the_order_of_the_ends() -> None:
    made = child("c", "10.2.0.0/16", "10.1.0.0/16")
    sketch = lab().tunnel("t", "ga.wa", "gb.wb", children=(made,))
    (found,) = sketch.findings
    assert (found.rule.code, found.primary.place.span.text) == ("child-networks-foreign", "child c")
    assert found.message == "`t.c` carries 10.2.0.0/16 at `ga`, which has no way to it"


# --- pools


def road_warriors(pool: str, **fields: object) -> Sketch:
    made = child("r", "10.1.0.0/16", "")
    return lab().tunnel(
        "r", "ga.wa", "gb.wb", protecting=("10.1.0.0/16", ""), children=(made,),
        roles=("gateway", "client"), pool=(ip_network(pool),), **fields,
    )  # fmt: skip


def test_a_pool_is_a_range_of_its_own() -> None:
    assert road_warriors("10.3.0.0/28").told == []
    (found,) = road_warriors("10.1.3.0/28").findings
    assert found.rule.code == "pool-overlaps"
    assert found.message == "the pool 10.1.3.0/28 of `r` overlaps network `a`"


def test_two_pools_of_a_gateway_are_two_ranges() -> None:
    sketch = road_warriors("10.3.0.0/28")
    first = sketch.tunnels["r"]  # type: ignore[index]
    sketch.tunnels["s"] = replace(first, id="s", place=place("ipsec s"))  # type: ignore[index, arg-type]
    assert sketch.told == [("pool-overlaps", "ipsec s")]


def test_a_pool_is_for_clients() -> None:
    assert site_to_site(pool=(ip_network("10.3.0.0/28"),)).told == [("pool-without-clients", "ipsec t")]


# --- strength


@pytest.mark.parametrize("proposal", ["aes128-sha1-modp2048", "3des-sha256-modp2048", "aes256-sha256-modp1024"])
def test_weak_algorithms(proposal: str) -> None:
    assert site_to_site(inside=BoundIpsec((proposal,), 30, DpdAction.TRAP, False, None)).told == [
        ("weak-proposal", "ipsec t")
    ]


@pytest.mark.parametrize("proposal", ["aes128-sha256-modp2048", "chacha20poly1305-x25519"])
def test_strong_ones(proposal: str) -> None:
    assert site_to_site(inside=BoundIpsec((proposal,), 30, DpdAction.TRAP, False, None)).told == []


def test_the_proposal_of_a_child_is_told_at_the_child() -> None:
    made = child("c", "10.1.0.0/16", "10.2.0.0/16", proposals=("null-sha256",))
    (found,) = site_to_site(children=(made,)).findings
    assert (found.message, found.primary.place.span.text) == (
        "`null-sha256` of `t` is weak: `null` (no encryption)",
        "child c",
    )


@pytest.mark.parametrize(("secret", "is_told"), [("1234567", True), ("guess-me", False), (None, False)])
def test_a_secret_has_eight_characters(secret: str | None, is_told: bool) -> None:
    both = {NodeId(node): auth(f"psk of {node}", secret) for node in ("ga", "gb")}
    assert [code for code, _ in site_to_site(auth=both).told] == ["weak-secret"] * (2 if is_told else 0)


def test_a_pki_is_there_for_a_tunnel() -> None:
    sketch = site_to_site()
    sketch.pkis[PkiId("p")] = BoundPki(PkiId("p"), "ed25519", (), None, False, False, 3650, place("pki p"))
    assert sketch.told == [("unused-pki", "pki p")]
    used = {NodeId(node): auth(node, pki="p") for node in ("ga", "gb")}
    sketch.tunnels.update(site_to_site(auth=used).tunnels)
    assert sketch.told == []

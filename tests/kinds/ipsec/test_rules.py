"""IPsec: what children carry, that nothing is carried twice, strength of algorithms and secrets."""

import pytest

from netdsl.ir.ids import NodeId
from netdsl.ir.tunnel import Mode
from tests.semantics.rules.sketch import auth, child, ipsec, site_to_site, two_gateways


def test_transport_mode_carries_no_networks() -> None:
    made = child("t", "10.1.0.0/16", "10.2.0.0/16", mode=Mode.TRANSPORT)
    assert site_to_site(children=(made,)).told == [("transport-with-protected", "child t")]


def test_transport_mode_between_the_ends() -> None:
    made = child("t", "192.0.2.2/32", "192.0.2.130/32", mode=Mode.TRANSPORT)
    assert two_gateways().tunnel("t", "ga.wa", "gb.wb", children=(made,)).told == []


def test_a_child_is_of_one_family() -> None:
    made = child("c", "10.1.0.0/16", "fd00::/64")
    assert [code for code, _ in site_to_site(children=(made,)).told if code == "family-mismatch"]


# --- selectors


def test_one_range_on_both_sides() -> None:
    sketch = two_gateways().tunnel("t", "ga.wa", "gb.wb", protecting=("10.1.0.0/16", "10.1.7.0/24"))
    (found,) = [one for one in sketch.findings if one.rule.code == "selectors-overlap"]
    assert found.message == "both ends of `t` have 10.1.7.0/24 behind them"
    assert found.primary.place.span.text == "end gb.wb"


def test_everything_on_one_side_takes_the_networks_of_the_other_along() -> None:
    sketch = two_gateways().tunnel("t", "ga.wa", "gb.wb", protecting=("10.1.0.0/16", "0.0.0.0/0"))
    (found,) = [one for one in sketch.findings if one.rule.code == "selectors-overlap"]
    assert found.message == "`ga` sends what is for 10.1.0.0/16, behind itself, into `t`: all is behind `gb`"
    assert found.help == "`bypass 10.1.0.0/16 for ga` leaves it beside the tunnel"


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


def test_the_networks_of_a_child_stand_in_the_order_of_the_ends() -> None:
    made = child("c", "10.2.0.0/16", "10.1.0.0/16")
    sketch = two_gateways().tunnel("t", "ga.wa", "gb.wb", children=(made,))
    (found,) = sketch.findings
    assert (found.rule.code, found.primary.place.span.text) == ("child-networks-foreign", "child c")
    assert found.message == "`t.c` carries 10.2.0.0/16 at `ga`, which has no way to it"


# --- strength


@pytest.mark.parametrize(
    "proposal",
    ["aes128-sha1-modp2048", "3des-sha256-modp2048", "aes256-sha256-modp1024", "aes256-sha256-ecp256-ke1_modp768"],
)
def test_weak_algorithms(proposal: str) -> None:
    assert site_to_site(inside=ipsec(proposal)).told == [("weak-proposal", "ipsec t")]


@pytest.mark.parametrize("proposal", ["aes128-sha256-modp2048", "chacha20poly1305-x25519"])
def test_strong_ones(proposal: str) -> None:
    assert site_to_site(inside=ipsec(proposal)).told == []


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
    assert [code for code, _ in site_to_site(inside=ipsec(auth=both)).told] == ["weak-secret"] * (2 if is_told else 0)

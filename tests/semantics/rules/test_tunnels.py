"""Tunnels: what their ends protect, pools, certificates."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from netdsl.ir.ids import NodeId, PkiId
from netdsl.semantics.bindings import BoundCertificate, BoundPki, Placed
from tests.semantics.rules.sketch import Sketch, child, place, site_to_site, two_gateways


def test_a_whole_site_to_site_lab_is_fine() -> None:
    assert site_to_site().told == []


def test_what_an_end_protects_is_behind_it() -> None:
    sketch = two_gateways().tunnel("t", "ga.wa", "gb.wb", protecting=("10.7.0.0/16", "10.2.0.0/16"))
    (found,) = sketch.findings
    assert (found.rule.code, found.primary.place.span.text) == ("protected-not-attached", "end ga.wa")
    assert two_gateways().network("a2", "10.1.9.0/24").router("in", a="10.1.0.9/16").told == [
        ("unused-network", "network a2")
    ]
    assert sketch.router("in", a="10.1.0.9/16").route("ga", "10.7.0.0/16", "10.1.0.9").told == []


def test_a_pool_is_a_range_of_its_own() -> None:
    assert road_warriors("10.3.0.0/28").told == []
    (found,) = road_warriors("10.2.3.0/28").findings
    assert found.rule.code == "pool-overlaps"
    assert found.message == "the pool 10.2.3.0/28 of `r` overlaps network `b`"
    assert road_warriors("10.1.3.0/28").told == [("pool-unanswered", "ipsec r")]


def test_two_pools_of_a_gateway_are_two_ranges() -> None:
    sketch = road_warriors("10.3.0.0/28")
    first = sketch.tunnels["r"]  # type: ignore[index]
    sketch.tunnels["s"] = replace(first, id="s", place=place("ipsec s"))  # type: ignore[index, arg-type]
    assert sketch.told == [("pool-overlaps", "ipsec s")]


def test_a_pool_is_for_clients() -> None:
    assert site_to_site(pool=(ip_network("10.3.0.0/28"),)).told == [("pool-without-clients", "ipsec t")]


def road_warriors(pool: str, **fields: object) -> Sketch:
    made = child("r", "10.1.0.0/16", "")
    return two_gateways().tunnel(
        "r", "ga.wa", "gb.wb", protecting=("10.1.0.0/16", ""), children=(made,),
        roles=("gateway", "client"), pool=(ip_network(pool),), **fields,
    )  # fmt: skip


def test_a_pki_is_there_for_a_tunnel() -> None:
    sketch = site_to_site()
    sketch.pkis[PkiId("p")] = BoundPki(PkiId("p"), "ed25519", (), None, False, False, 3650, place("pki p"))
    assert sketch.told == [("unused-pki", "pki p")]
    used = {NodeId(node): BoundCertificate(PkiId("p"), None) for node in ("ga", "gb")}
    sketch.tunnels.update(site_to_site(certificates=used).tunnels)
    assert sketch.told == []


@pytest.mark.parametrize(("node", "has_crl", "is_told"), [("ga", True, False), ("ga", False, True), ("a", True, True)])
def test_a_revoked_certificate_is_one_that_an_end_refuses(node: str, has_crl: bool, is_told: bool) -> None:
    used = {NodeId(end): BoundCertificate(PkiId("p"), None) for end in ("ga", "gb")}
    sketch = site_to_site(certificates=used)
    revoked = (Placed(NodeId(node), place(f"revoke {node}")),)
    sketch.pkis[PkiId("p")] = BoundPki(PkiId("p"), "ed25519", (), None, False, has_crl, 3650, place("pki p"), revoked)
    assert sketch.told == ([("revocation-without-effect", f"revoke {node}")] if is_told else [])

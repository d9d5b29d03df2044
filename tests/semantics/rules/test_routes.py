"""Routes and next hops."""

import pytest

from netdsl.ir.expectation import TunnelUp
from netdsl.ir.ids import TunnelId
from tests.semantics.rules.sketch import Sketch


def lab() -> Sketch:
    """A host `h` and a router `r` on `lan`; `r` leads to `wan`."""
    sketch = Sketch().network("lan", "10.0.0.0/24", "fd00::/64").network("wan", "192.0.2.0/24")
    sketch.router("r", lan="10.0.0.1/24 10.0.0.9/24 fd00::1/64", wan="192.0.2.1/24")
    return sketch.host("h", lan="10.0.0.5/24 fd00::5/64")


def test_one_default_route_per_family_is_fine() -> None:
    assert lab().route("h", "default", "10.0.0.1").route("h", "default", "fd00::1").told == []


def test_two_of_one_family_are_not() -> None:
    (found,) = lab().route("h", "default", "10.0.0.1").route("h", "default", "10.0.0.9").findings
    assert found.rule.code == "two-default-routes"
    assert found.primary.place.span.text == "default via 10.0.0.9 of h"
    assert [label.place.span.text for label in found.related] == ["default via 10.0.0.1 of h"]


def test_two_routes_to_one_prefix() -> None:
    sketch = lab().route("h", "10.9.0.0/16", "10.0.0.1").route("h", "10.9.0.0/16", "10.0.0.9")
    assert sketch.told == [("duplicate-route", "10.9.0.0/16 via 10.0.0.9 of h")]


def test_a_route_to_a_network_that_the_node_is_on() -> None:
    sketch = lab().route("h", "default", "10.0.0.1").route("h", "10.0.0.0/24", "10.0.0.1")
    assert sketch.told == [("route-to-connected", "10.0.0.0/24 via 10.0.0.1 of h")]


def test_a_part_of_a_connected_network_may_have_its_own_way() -> None:
    assert lab().route("h", "default", "10.0.0.1").route("h", "10.0.0.128/25", "10.0.0.1").told == []


def test_a_next_hop_forwards() -> None:
    sketch = (
        lab().route("h", "default", "10.0.0.1").host("idle", lan="10.0.0.7/24").route("idle", "default", "10.0.0.5")
    )
    (found,) = sketch.findings
    assert found.rule.code == "next-hop-does-not-forward"
    assert found.help == "make `h` a `router`, or name one that is"


def test_a_host_beside_a_router_has_a_route() -> None:
    (found,) = lab().findings
    assert (found.rule.code, found.help) == ("no-route", "`default via r`")


def test_a_router_that_leads_nowhere_is_no_way_out() -> None:
    sketch = Sketch().network("lan", "10.0.0.0/24").router("r", lan="10.0.0.1/24").host("h", lan="10.0.0.5/24")
    assert sketch.told == []


def test_the_tunnel_of_a_host_is_its_way() -> None:
    assert lab().tunnel("t", "h.lan", "r.lan").told == []


@pytest.mark.parametrize("is_failure", [True, False])
def test_a_lab_broken_on_purpose_may_lack_routes(is_failure: bool) -> None:
    sketch = lab().network("far", "10.8.0.0/24").router("x", far="10.8.0.1/24").tunnel("t", "r.wan", "x.far")
    sketch.expect(TunnelUp(TunnelId("t"), None, False), is_failure=is_failure)
    assert bool(sketch.told) is not is_failure


def test_a_next_hop_that_nobody_is() -> None:
    (found,) = lab().route("h", "default", "10.0.0.77").findings
    assert (found.rule.code, found.help) == ("next-hop-nobody", "`via r`")
    assert [label.place.span.text for label in found.related] == ["interface lan of r"]

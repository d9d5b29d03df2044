"""Routes and next hops."""

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

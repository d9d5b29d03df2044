"""Ranges that overlap within one routed domain."""

from tests.semantics.rules.sketch import Sketch


def two_sites() -> Sketch:
    """Two sites with one range, their gateways `ga` and `gb` on `wan` with `core`."""
    sketch = Sketch().network("a", "10.1.0.0/16").network("b", "10.1.0.0/16").network("wan", "192.0.2.0/24")
    sketch.router("core", wan="192.0.2.1/24")
    sketch.router("ga", a="10.1.0.1/16", wan="192.0.2.2/24").route("ga", "default", "192.0.2.1")
    return sketch.router("gb", b="10.1.0.1/16", wan="192.0.2.3/24").route("gb", "default", "192.0.2.1")


def test_the_same_range_twice_is_fine_where_nobody_routes_it() -> None:
    assert two_sites().told == []


def test_the_same_range_twice_is_a_warning_where_a_router_knows_one_and_hears_of_the_other() -> None:
    (found,) = two_sites().route("core", "10.1.0.0/16", "192.0.2.2").findings
    assert found.rule.code == "overlapping-ranges"
    assert found.message == "the ranges of `a` and `b` overlap within one routed domain"
    assert found.primary.place.span.text == "network b"
    assert [(label.place.span.text, label.text) for label in found.related] == [
        ("network a", "10.1.0.0/16; `core` sends answers for `b` to `a`")
    ]


def test_nat_keeps_the_same_ranges_apart() -> None:
    sketch = two_sites().route("core", "10.1.0.0/16", "192.0.2.2")
    assert sketch.masquerade("gb", "wan").told == []


def test_automatic_routes_lead_to_both() -> None:
    sketch = two_sites().change("core", has_auto_routing=True)
    assert [code for code, _ in sketch.told] == ["overlapping-ranges"]
    sketch.masquerade("ga", "wan").masquerade("gb", "wan")
    assert sketch.told == []


def test_one_range_inside_another_is_an_overlap_too() -> None:
    sketch = Sketch().network("big", "10.0.0.0/8").network("small", "10.1.0.0/16").network("wan", "192.0.2.0/24")
    sketch.router("g", small="10.1.0.1/16", wan="192.0.2.2/24").route("g", "default", "192.0.2.1")
    sketch.router("core", big="10.0.0.1/8", wan="192.0.2.1/24")
    assert sketch.told == [("overlapping-ranges", "network small")]
    sketch.route("core", "10.1.0.0/16", "192.0.2.2")  # what is in `big` still takes 10.1.0.0/16 for its own network
    assert sketch.told == [("overlapping-ranges", "network small")]

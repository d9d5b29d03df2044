"""The engine's ranges: small, stable, never overlapping."""

from ipaddress import IPv4Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netdsl.backends.compose.ranges import POOL, PoolTooSmall, Ranges


def test_a_range_depends_on_project_and_network_alone() -> None:
    assert Ranges(POOL, "lab").range_for("lan", 3) == Ranges(POOL, "lab").range_for("lan", 3)
    assert Ranges(POOL, "lab").range_for("lan", 3) != Ranges(POOL, "lab-2").range_for("lan", 3)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=40))
def test_no_two_ranges_overlap_and_each_is_large_enough(sizes: list[int]) -> None:
    ranges = Ranges(ip_network("240.0.0.0/16"), "lab")
    made = [ranges.range_for(f"n{number}", size) for number, size in enumerate(sizes)]
    for number, (one, size) in enumerate(zip(made, sizes, strict=True)):
        assert one.num_addresses >= size + 4
        assert not any(one.overlaps(other) for other in made[:number])


def test_a_pool_without_room_says_so() -> None:
    with pytest.raises(PoolTooSmall):
        Ranges(IPv4Network("10.0.0.0/28"), "lab").range_for("lan", 30)

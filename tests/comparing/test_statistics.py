"""Medians, their intervals, and figures in words."""

import pytest

from netdsl.comparing.statistics import confidence_of_range, percentile, spread
from netdsl.comparing.types import Spread, Unit
from netdsl.comparing.units import scale, shown, shown_ratio, shown_roughly, shown_spread


def test_fewer_than_three_values_have_no_interval() -> None:
    assert spread((2.0,)) == Spread((2.0,), 2.0, None, None)
    assert spread((2.0, 4.0)) == Spread((2.0, 4.0), 3.0, None, None)


def test_three_values_say_no_more_than_their_range() -> None:
    assert spread((3.0, 1.0, 2.0)) == Spread((3.0, 1.0, 2.0), 2.0, 1.0, 3.0)


def test_an_outlier_is_kept_and_does_not_move_the_median() -> None:
    found = spread((1.0, 1.1, 0.9, 1.0, 50.0))
    assert found.median == 1.0
    assert 50.0 in found.values
    assert found.high == 50.0


def test_more_values_make_a_narrower_interval() -> None:
    few, many = spread(tuple(map(float, range(5)))), spread(tuple(one / 20 for one in range(101)))
    assert few.low is not None
    assert few.high is not None
    assert many.low is not None
    assert many.high is not None
    assert few.low <= many.low <= many.median <= many.high <= few.high
    assert many.high - many.low < 2.0


def test_the_interval_is_that_of_theory() -> None:
    """Of the median of 11 values the percentile bootstrap leaves the outer two at each side (0.0066 and 0.0397 of resamples
    have a median there, by the binomial distribution)."""
    found = spread(tuple(map(float, range(11))))
    assert (found.low, found.high) == (2.0, 8.0)


def test_the_same_values_have_the_same_interval_in_any_order() -> None:
    one, other = spread((5.0, 1.0, 3.0, 9.0)), spread((9.0, 3.0, 1.0, 5.0))
    assert (one.low, one.median, one.high) == (other.low, other.median, other.high)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 5), (0.95, 10), (0.99, 10), (1.0, 10)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile(range(1, 11), share) == value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.1234, Unit.SECONDS, "3.12 s"),
        (262.0, Unit.SECONDS, "262 s"),
        (0.00123, Unit.SECONDS, "1.23 ms"),
        (0.0000521, Unit.SECONDS, "52.1 µs"),
        (0.99999, Unit.SECONDS, "1.00 s"),
        (0.0, Unit.SECONDS, "0 s"),
        (20.6 * 1024**2, Unit.BYTES, "20.6 MiB"),
        (4.5e9, Unit.BYTES, "4.19 GiB"),
        (12.0, Unit.BYTES, "12 B"),
        (12.5, Unit.BYTES, "12.5 B"),
        (94_100_000, Unit.BITS, "94.1 Mbit/s"),
        (8200, Unit.PACKETS, "8.20 kpps"),
        (0.015, Unit.SHARE, "1.50 %"),
    ],
)
def test_a_figure_has_three_digits_and_a_fitting_unit(value: float, unit: Unit, text: str) -> None:
    assert shown(value, unit) == text


def test_an_interval_has_the_unit_of_its_median() -> None:
    assert shown_spread(Spread((), 1.0, 0.95, 1.2), Unit.SECONDS) == "1.00 [0.95, 1.20] s"
    assert shown_spread(Spread((), 0.95, 0.9, 1.2), Unit.SECONDS) == "950 [900, 1200] ms"
    assert shown_spread(Spread((), 1.0, None, None), Unit.SECONDS) == "1.00 s"
    assert shown_spread(Spread((), 1.0, 1.0, 1.0), Unit.SECONDS) == "1.00 s"


def test_much_less_is_a_part() -> None:
    assert [shown_ratio(one) for one in (12.4, 1.0, 0.8, 0.1)] == ["12.4 ×", "1.00 ×", "0.80 ×", "1/10.0"]


def test_an_estimate_has_two_digits() -> None:
    assert [shown_roughly(one * 1024**2, Unit.BYTES) for one in (20.6, 2137, 99)] == ["21 MiB", "2.1 GiB", "99 MiB"]


@pytest.mark.parametrize(("values", "chance"), [(3, 0.75), (5, 0.9375), (6, 0.96875)])
def test_how_often_a_range_holds_the_true_median(values: int, chance: float) -> None:
    assert confidence_of_range(values) == chance


@pytest.mark.parametrize(
    ("value", "unit", "name"),
    [
        (3 * 1024.0**4, Unit.BYTES, "GiB"),
        (2e12, Unit.BITS, "Gbit/s"),
        (4e-9, Unit.SECONDS, "µs"),
        (90.0, Unit.SECONDS, "s"),
    ],
)
def test_the_unit_of_a_value_and_its_size_belong_together(value: float, unit: Unit, name: str) -> None:
    size, found = scale(value, unit)
    assert found == name
    assert shown(size, unit).endswith(f" {name}")

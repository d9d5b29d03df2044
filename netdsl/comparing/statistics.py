"""Medians and what is known of them. docs/comparing.md says what the figures mean.

The interval is the percentile bootstrap (Efron, 'The Jackknife, the Bootstrap and Other Resampling Plans', 1982): of as
many values drawn with replacement the median, RESAMPLES times; from the 2.5th to the 97.5th hundredth of these.
"""

import random
from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from statistics import median

from netdsl.comparing.types import Spread

RESAMPLES = 5000
SEED = 20_230_501
"""Fixed: the same values have the same interval, always."""

LEAST = 3
"""Values below which nothing is said of their spread."""

SURE = 6
"""Values from which on the whole range holds the median of all that could be measured with 95 % or more."""

_LOW, _HIGH = 0.025, 0.975


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value, in their order; none is left out."""
    if len(values) < LEAST:
        return Spread(tuple(values), median(values), None, None)
    ordered = sorted(values)
    medians = sorted((ordered[low] + ordered[high]) / 2 for low, high in _middles(len(ordered)))
    return Spread(tuple(values), median(values), percentile(medians, _LOW), percentile(medians, _HIGH))


def overlap(one: Spread, other: Spread) -> bool:
    """Whether their intervals do: then no difference is shown. False where one has none."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.low <= other.high and other.low <= one.high


def confidence_of_range(values: int) -> float:
    """The chance that the range of so many independent values holds the median of what they are drawn from: all would have
    to lie on one side of it otherwise. 0.75 for three; no interval within the range can promise more."""
    return 1 - 0.5 ** (values - 1)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed (nearest rank): always one that was measured."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]


@lru_cache(maxsize=64)
def _middles(size: int) -> tuple[tuple[int, int], ...]:
    """For each resample of `size` ordered values which two are its middle (one, twice, where the size is odd)."""
    draw = random.Random(SEED)  # noqa: S311 - statistics, no secret
    found = []
    for _ in range(RESAMPLES):
        drawn = sorted(draw.choices(range(size), k=size))
        found.append((drawn[(size - 1) // 2], drawn[size // 2]))
    return tuple(found)

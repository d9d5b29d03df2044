"""Medians and their confidence intervals. docs/comparing.md says what the figures mean.

The interval is the percentile bootstrap (Efron, 'The Jackknife, the Bootstrap and Other Resampling Plans', 1982): the
2.5th to the 97.5th percentile of the medians of RESAMPLES samples drawn with replacement, each as large as the
original.
"""

import random
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from math import ceil
from statistics import median

from netdsl.comparing.types import Spread

RESAMPLES = 5000
SEED = 20_230_501
"""Fixed, so that the same values always have the same interval."""

LEAST = 3
"""The least number of values that gets an interval."""

SURE = 6
"""The least number of values whose range contains the true median with a confidence of 95 % or more."""

_LOW, _HIGH = 0.025, 0.975


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value. Keeps all values, in their order."""
    if len(values) < LEAST:
        return Spread(tuple(values), median(values), None, None)
    ordered = sorted(values)
    medians = sorted(((ordered[low] + ordered[high]) / 2, times) for (low, high), times in _middles(len(ordered)))
    low, high = (_percentile(medians, share * RESAMPLES) for share in (_LOW, _HIGH))
    return Spread(tuple(values), median(values), low, high)


def overlap(one: Spread, other: Spread) -> bool:
    """Whether the intervals overlap, so that no difference is shown. False if one of the two has no interval."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.low <= other.high and other.low <= one.high


def confidence_of_range(values: int) -> float:
    """The probability that the range of `values` independent values contains the median of their distribution;
    otherwise all lie on one side of it. 0.75 for three values. No interval within the range has a higher confidence."""
    return 1 - 0.5 ** (values - 1)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest measured value that is not exceeded by at least this share of all
    values."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]


def _percentile(counted: Sequence[tuple[float, int]], least: float) -> float:
    """The smallest of the ordered values, each with the times that it was drawn, of which at least so many are at most
    as large."""
    return next(
        value for (value, _), drawn in zip(counted, accumulate(t for _, t in counted), strict=True) if drawn >= least
    )


@lru_cache(maxsize=64)
def _middles(size: int) -> tuple[tuple[tuple[int, int], int], ...]:
    """Of the resamples of `size` ordered values the indices of their two middle values (equal if `size` is odd), with
    the number of resamples that have these."""
    draw = random.Random(SEED)  # noqa: S311 - statistics, no secret
    found = Counter[tuple[int, int]]()
    for _ in range(RESAMPLES):
        drawn = sorted(draw.choices(range(size), k=size))
        found[drawn[(size - 1) // 2], drawn[size // 2]] += 1
    return tuple(found.items())

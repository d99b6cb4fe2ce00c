"""Durations counted in buckets that grow by 3 %: quantiles within 1.5 %, and sums of histograms lose nothing.

The method is that of DDSketch (Masson, Rim, Lee: DDSketch, VLDB 2019) without its collapsing: from a microsecond to
ten days there are fewer than 1,000 buckets, of which an endpoint uses a few dozen.
"""

from collections.abc import Mapping
from math import ceil, log

GROWTH = 1.03
SMALLEST_SECONDS = 1e-6
LAST_BUCKET = 935  # ten days
RELATIVE_ERROR = (GROWTH - 1) / (GROWTH + 1)

_LOG_GROWTH = log(GROWTH)
_LOG_SMALLEST = log(SMALLEST_SECONDS)


def bucket_of(seconds: float) -> int:
    """The bucket that counts a duration; what is shorter than a microsecond counts as one."""
    if seconds <= SMALLEST_SECONDS:
        return 0
    return min(ceil((log(seconds) - _LOG_SMALLEST) / _LOG_GROWTH), LAST_BUCKET)


def seconds_of(bucket: int) -> float:
    """The duration that stands for a bucket: at most ``RELATIVE_ERROR`` from everything in it."""
    return SMALLEST_SECONDS * GROWTH**bucket * 2 / (GROWTH + 1)


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The duration in seconds that ``share`` (0–1) of the counted ones do not exceed; None when nothing is counted.

    The rank is the nearest one (NIST/SEMATECH e-Handbook 2.6.2), as numpy's ``inverted_cdf``.
    """
    wanted = max(1, ceil(share * sum(counts.values()) - 1e-9))
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            return seconds_of(bucket)
    return None


def added(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    """What both counted."""
    return {bucket: one.get(bucket, 0) + other.get(bucket, 0) for bucket in one.keys() | other.keys()}

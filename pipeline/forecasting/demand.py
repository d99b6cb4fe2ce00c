"""What left the store, day by day, and what is known about the days: the input of every demand model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WEEK = 7
SILENCE_DAYS = 7  # so long without any record of the hotel, and its days are not observed: closed, or not delivered


@dataclass(frozen=True)
class Demand:
    """Units of P products on D days, and the days' drivers up to H days after them.

    ``units`` (P × D) holds NaN where a day was not observed, which is not zero. ``weekday`` (D + H) has Monday as 0,
    ``day_of_year`` (D + H) counts from 1; ``guests`` (D + H) is the number of guests of the night before and of the
    day's own, what was known of the days to come when the forecast is made; NaN throughout where no stays are known.
    """

    units: Floats
    weekday: Ints
    day_of_year: Ints
    guests: Floats

    @property
    def days(self) -> int:
        return int(self.units.shape[1])

    @property
    def horizon(self) -> int:
        return len(self.weekday) - self.days

    @property
    def observed(self) -> Bools:
        return np.asarray(np.isfinite(self.units))


@dataclass(frozen=True)
class Expected:
    """Mean and variance (P × H) of each day to come; the variance is at least the mean's (Poisson)."""

    mean: Floats
    variance: Floats


def observed_days(is_active: Bools) -> Bools:
    """Days on which silence of a product means zero.

    ``is_active`` (D): whether the hotel recorded anything on the day. Runs of 7 and more days without any record are
    not observed (closed, or its files are missing), nor are the days after the last record (its files have not come).
    """
    edges = np.flatnonzero(np.concatenate([[True], is_active, [True]]))
    lengths = np.diff(edges) - 1
    lengths[-1] = SILENCE_DAYS
    observed = is_active.copy()
    quiet = np.repeat(lengths, np.diff(edges) - 1)  # the length of its run for every inactive day, in order
    observed[~is_active] = quiet < SILENCE_DAYS
    return observed

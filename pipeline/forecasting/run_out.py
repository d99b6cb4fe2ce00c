"""When a product will run out: the store's level against the distribution of what leaves it (SPEC A4.1–2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

HORIZON_DAYS = 60
MIN_DAYS = 14
SOON_DAYS = 7
BAND = (0.1, 0.9)  # the 80 % interval
WEEK = 7
PRIOR_DAYS = 4.0  # the mean of all days weighs as much as four observations of one weekday

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RunOut:
    """One entry a product; NaN where the history is too short or nothing leaves the store.

    ``days_*`` are days from now, infinite beyond the horizon; ``probability_soon`` is P(empty within 7 days),
    ``empty_by`` (P × 61) that of being empty at the end of day 0 (now), 1, … 60.
    """

    daily_outflow: Floats
    days_left: Floats
    days_low: Floats
    days_high: Floats
    probability_soon: Floats
    empty_by: Floats


def run_out(levels: Floats, outflows: Floats) -> RunOut:
    """Run-out of P products from their levels (P) and their outflow in the last D times 24 hours (P × D).

    Column d of ``outflows`` is the day that ended d days ago; NaN is a day that was not observed. A day to come is
    expected to be like its weekday, shrunk towards the mean of all days; the demand of k days is taken as gamma with
    their mean and variance, a usual approximation of lead-time demand (Burgin 1975, The gamma distribution and
    inventory control), widened by what D days leave unknown about the mean. Deliveries are not counted.
    """
    observed = np.isfinite(outflows)
    days = observed.sum(axis=1)
    known = days >= MIN_DAYS
    filled = np.where(observed, outflows, 0.0)
    mean = filled.sum(axis=1) / np.maximum(days, 1)
    by_weekday, variance = _weekdays(filled, observed, mean)
    moving = known & (mean > 0)
    empty_by = _probability_empty(levels, by_weekday, variance / np.maximum(days, 1), variance)
    nothing = np.full(levels.shape, np.nan)
    low, middle, high = (np.where(moving, first_day(empty_by, q), nothing) for q in (BAND[0], 0.5, BAND[1]))
    still = known & (mean == 0)
    return RunOut(
        np.where(known, mean, nothing),
        np.where(still, np.inf, middle),
        np.where(still, np.inf, low),
        np.where(still, np.inf, high),
        np.where(still, np.where(levels <= 0, 1.0, 0.0), np.where(moving, empty_by[:, SOON_DAYS], nothing)),
        np.where(
            moving[:, None], empty_by, np.where(still & (levels <= 0), 1.0, np.where(still, 0.0, nothing))[:, None]
        ),
    )


def _weekdays(units: Floats, observed: NDArray[np.bool_], mean: Floats) -> tuple[Floats, Floats]:
    """Expected outflow of the next seven days (P × 7), and the variance of a day around it, at least Poisson's."""
    past = -(np.arange(units.shape[1]) + 1) % WEEK  # the day to come, of the next seven, that shares the weekday
    is_day = (past[:, None] == np.arange(WEEK)).astype(float)
    means = (units @ is_day + PRIOR_DAYS * mean[:, None]) / (observed @ is_day + PRIOR_DAYS)
    residual = np.where(observed, units - means[:, past], 0.0)
    variance = (residual**2).sum(axis=1) / np.maximum(observed.sum(axis=1) - 1, 1)
    return means, np.maximum(variance, mean + 1e-9)


def _probability_empty(levels: Floats, by_weekday: Floats, mean_variance: Floats, variance: Floats) -> Floats:
    """P(demand of k days ≥ level), P × (HORIZON_DAYS + 1); non-decreasing in k."""
    steps = np.arange(1, HORIZON_DAYS + 1)
    demand = np.maximum(np.cumsum(by_weekday[:, (steps - 1) % WEEK], axis=1), 1e-9)
    spread = variance[:, None] * steps + mean_variance[:, None] * steps**2
    reached = special.gammaincc(demand**2 / spread, np.maximum(levels, 0.0)[:, None] * demand / spread)
    start = np.where(levels <= 0, 1.0, 0.0)[:, None]
    return np.asarray(np.maximum.accumulate(np.hstack([start, reached]), axis=1))


def first_day(empty_by: Floats, probability: float) -> Floats:
    """The first day on which the product is empty with that probability; infinite beyond the horizon."""
    reached = empty_by >= probability
    return np.where(reached.any(axis=1), reached.argmax(axis=1).astype(float), np.inf)

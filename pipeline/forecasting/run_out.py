"""When a product will run out: the store's level against the distribution of what leaves it (SPEC A4.1–2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

HORIZON_DAYS = 60
MIN_DAYS = 14
SOON_DAYS = 7
BAND = (0.1, 0.9)  # the 80 % interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RunOut:
    """One entry a product; NaN where the history is too short or nothing leaves the store.

    ``days_*`` are days from now, infinite beyond the horizon; ``probability_soon`` is P(empty within 7 days).
    """

    daily_outflow: Floats
    days_left: Floats
    days_low: Floats
    days_high: Floats
    probability_soon: Floats


def run_out(levels: Floats, outflows: Floats) -> RunOut:
    """Run-out of P products from their levels (P) and the last D days' outflow (P × D, NaN = not observed).

    The sum of k days' demand is taken as gamma with the mean and variance of the observed days, a usual approximation
    of lead-time demand (Burgin 1975, The gamma distribution and inventory control). Deliveries are not counted.
    """
    observed = np.isfinite(outflows)
    days = observed.sum(axis=1)
    known = days >= MIN_DAYS
    filled = np.where(observed, outflows, 0.0)
    mean = filled.sum(axis=1) / np.maximum(days, 1)
    variance = (np.where(observed, outflows - mean[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(days - 1, 1)
    moving = known & (mean > 0)
    empty_by = _probability_empty(levels, np.where(moving, mean, 1.0), np.maximum(variance, mean + 1e-9))
    nothing = np.full(levels.shape, np.nan)
    low, middle, high = (np.where(moving, _first_day(empty_by, q), nothing) for q in (BAND[0], 0.5, BAND[1]))
    still = known & (mean == 0)
    return RunOut(
        np.where(known, mean, nothing),
        np.where(still, np.inf, middle),
        np.where(still, np.inf, low),
        np.where(still, np.inf, high),
        np.where(still, np.where(levels <= 0, 1.0, 0.0), np.where(moving, empty_by[:, SOON_DAYS], nothing)),
    )


def _probability_empty(levels: Floats, mean: Floats, variance: Floats) -> Floats:
    """P(demand of k days ≥ level), P × (HORIZON_DAYS + 1); non-decreasing in k."""
    steps = np.arange(HORIZON_DAYS + 1, dtype=float)
    shape = steps[None, 1:] * (mean**2 / variance)[:, None]
    scale = (variance / mean)[:, None]
    reached = gamma.sf(np.maximum(levels, 0.0)[:, None], shape, scale=scale)
    start = np.where(levels <= 0, 1.0, 0.0)[:, None]
    return np.asarray(np.maximum.accumulate(np.hstack([start, reached]), axis=1))


def _first_day(empty_by: Floats, probability: float) -> Floats:
    """The first day on which the product is empty with that probability; infinite beyond the horizon."""
    reached = empty_by >= probability
    return np.where(reached.any(axis=1), reached.argmax(axis=1).astype(float), np.inf)

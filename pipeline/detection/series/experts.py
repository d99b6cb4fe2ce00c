"""Expected values: of four ways to continue a series, the one that was least wrong lately (DETECTION, Continuous 1)."""

from dataclasses import dataclass

import numpy as np

from pipeline.detection.series import causal
from pipeline.training.exact import Floats

DAY_US = 86_400_000_000
SAME_SLOT_WITHIN_US = DAY_US // 20  # 72 minutes: a clock change still finds the slot
DAYS, WEEKS = 7, 4
LEVEL_ALPHA = 0.1
BLAME_ALPHA = 0.02
ERROR_CAP = 5.0  # in typical errors: one outlier must not dethrone an expert
TYPICAL_POINTS = 200
SPREAD_POINTS = 2000
FAST, SLOW = 0.5, 0.05


@dataclass(frozen=True)
class Expected:
    """Per point: expected value, residual, residual against the daily slot, spread of the past (all causal)."""

    value: Floats
    residual: Floats
    slot_residual: Floats
    spread: Floats


def expect(instants_us: np.ndarray, values: Floats, level: float) -> Expected:
    """Expected values from strictly earlier points.

    ``instants_us``: microseconds, ascending. ``values``: finite. ``level``: the series' own level in the unit of
    ``values``; the smallest spread that is believed is a ten-thousandth of it.
    """
    daily = _same_slot(instants_us, values, DAY_US, DAYS)
    weekly = _same_slot(instants_us, values, 7 * DAY_US, WEEKS)
    opinions = np.stack(
        [
            causal.earlier(causal.ewma(values, FAST)),
            causal.earlier(causal.ewma(values, SLOW)),
            _level_corrected(values, daily),
            _level_corrected(values, weekly),
        ]
    )
    spread = past_spread(values, level)
    value = _least_wrong(values, opinions, spread)
    slot = np.where(np.isnan(opinions[2]), 0.0, values - opinions[2])
    return Expected(value, np.where(np.isnan(value), 0.0, values - value), slot, spread)


def past_spread(values: Floats, level: float) -> Floats:
    """How far apart earlier values lie: 90 % of the last 2,000, or 0.3 standard deviations if that is more."""
    high = causal.rolling_quantile(values, SPREAD_POINTS, 0.95, 5)
    low = causal.rolling_quantile(values, SPREAD_POINTS, 0.05, 5)
    middle = causal.earlier(causal.rolling_quantile(values, SPREAD_POINTS, 0.5), 1, 0.0)
    _, sd = causal.past_mean_and_sd(values, 5)
    usual = np.nan_to_num(causal.earlier(high - low))
    return np.maximum(usual, 0.3 * np.nan_to_num(sd)) + 1e-9 + 1e-4 * np.abs(middle + level)


def _same_slot(instants_us: np.ndarray, values: Floats, period_us: int, count: int) -> Floats:
    """Median of the same time of the last ``count`` periods and its neighbours; found by time, so any cadence works."""
    points = np.arange(values.size)
    columns = []
    for back in range(1, count + 1):
        target = instants_us - back * period_us
        at = np.searchsorted(instants_us, target, side="right") - 1
        near = (at >= 0) & (np.abs(target - instants_us[np.maximum(at, 0)]) <= SAME_SLOT_WITHIN_US)
        for neighbour in (-1, 0, 1):
            other = at + neighbour
            known = near & (other >= 0) & (other < points)
            columns.append(np.where(known, values[np.clip(other, 0, values.size - 1)], np.nan))
    return causal.row_median(np.stack(columns, axis=1))


def _level_corrected(values: Floats, opinion: Floats) -> Floats:
    error = np.where(np.isnan(opinion), 0.0, values - opinion)
    return opinion + causal.earlier(causal.ewma(error, LEVEL_ALPHA), 1, 0.0)


def _least_wrong(values: Floats, opinions: Floats, spread: Floats) -> Floats:
    """The opinion with the least trailing capped error; an expert without opinion is charged the cap."""
    errors = np.abs(values - opinions)
    best = np.where(np.isnan(errors), np.inf, errors).min(axis=0)
    typical = causal.earlier(causal.rolling_quantile(np.where(np.isinf(best), 0.0, best), TYPICAL_POINTS, 0.5), 1, 0.0)
    cap = ERROR_CAP * np.maximum(typical, 0.01 * spread)
    capped = np.where(np.isnan(errors), cap, np.minimum(errors, cap))
    blame = np.stack([causal.earlier(causal.ewma(each, BLAME_ALPHA)) for each in capped])
    chosen = np.argmin(np.where(np.isnan(opinions) | np.isnan(blame), np.inf, blame), axis=0)
    return np.asarray(np.take_along_axis(opinions, chosen[None], axis=0)[0])

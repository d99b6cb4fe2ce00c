"""Expected values of continuous series: the expert that was least wrong lately (DETECTION, Continuous series)."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.training.exact import Floats

MEMORY_STEPS = 28  # an expert looks at most this many steps of the same slot back
JUDGED_STEPS = 14  # over which experts are compared
SCALE_STEPS = 28  # over which residuals are measured
LOOKBACK_STEPS = MEMORY_STEPS + JUDGED_STEPS + SCALE_STEPS
ERROR_CAP = 5.0  # in median absolute errors: one outlier must not dethrone an expert
MAD_TO_SD = 1.4826
EXPERTS = ("ewma_fast", "ewma_slow", "same_slot", "weekly_slot")


@dataclass(frozen=True)
class Expected:
    """Per series and step: expected value, scale of the residual, steps seen before, index of the expert."""

    value: Floats
    scale: Floats
    seen: Floats
    expert: np.ndarray


def expect(grid: Floats, floor_ratio: float, floor: float) -> Expected:
    """Expected values of ``grid`` (series × steps, NaN where not observed) from strictly earlier steps.

    Scales have a floor, ``max(floor, floor_ratio × |expected|)``: the MAD of a series of few different values is 0.
    Every number depends on at most ``LOOKBACK_STEPS`` steps before it and on nothing else.
    """
    opinions = np.stack([_ewma(grid, 0.5), _ewma(grid, 0.05), _median(grid, 7), _weekly(grid)])
    errors = np.abs(grid[None] - opinions)
    typical = _trailing_median(np.abs(grid - opinions[2]), JUDGED_STEPS)
    cap = ERROR_CAP * np.maximum(np.nan_to_num(typical, nan=floor), floor)
    capped = np.minimum(errors, cap[None])
    blame = np.stack([trailing_mean(each, JUDGED_STEPS) for each in capped])
    blame = np.where(np.isnan(blame) | np.isnan(opinions), np.inf, blame)
    chosen = np.argmin(blame, axis=0)
    value = np.take_along_axis(opinions, chosen[None], axis=0)[0]
    value = np.where(np.isnan(value), opinions[2], value)
    residual = np.abs(grid - value)
    scale = MAD_TO_SD * _trailing_median(residual, SCALE_STEPS)
    scale = np.maximum(np.nan_to_num(scale, nan=0.0), np.maximum(floor, floor_ratio * np.abs(value)))
    return Expected(value, scale, _seen(grid), chosen)


def _windows(grid: Floats, width: int) -> Floats:
    """For each step the ``width`` steps before it (series × steps × width), NaN before the first."""
    padded = np.concatenate([np.full((grid.shape[0], width), np.nan), grid], axis=1)
    return np.asarray(sliding_window_view(padded, width, axis=1)[:, :-1])


def _ewma(grid: Floats, alpha: float) -> Floats:
    """Exponential mean over ``MEMORY_STEPS``, summed in a fixed order and over observed steps only."""
    windows = _windows(grid, MEMORY_STEPS)
    total, weight = np.zeros(grid.shape), np.zeros(grid.shape)
    for age in range(MEMORY_STEPS):
        value = windows[:, :, MEMORY_STEPS - 1 - age]
        share = np.where(np.isnan(value), 0.0, (1.0 - alpha) ** age)
        total += share * np.nan_to_num(value)
        weight += share
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)


def _median(grid: Floats, width: int) -> Floats:
    return _trailing_median(grid, width)


def _weekly(grid: Floats) -> Floats:
    """Median of the same weekday of the last four weeks (the same slot when steps are days)."""
    windows = _windows(grid, MEMORY_STEPS)[:, :, [0, 7, 14, 21]]
    return _nan_median(windows)


def _trailing_median(grid: Floats, width: int) -> Floats:
    return _nan_median(_windows(grid, width))


def _nan_median(windows: Floats) -> Floats:
    """Median over the last axis without NaN and without NumPy's warning on empty windows."""
    ordered = np.sort(windows, axis=-1)  # NaN sorts last
    count = (~np.isnan(windows)).sum(axis=-1)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, windows.shape[-1] - 1)[..., None], axis=-1)[..., 0]
    return np.where(count > 0, 0.5 * (low + high), np.nan)


def trailing_mean(grid: Floats, width: int) -> Floats:
    windows = _windows(grid, width)
    total, count = np.zeros(grid.shape), np.zeros(grid.shape)
    for position in range(width):
        value = windows[:, :, position]
        total += np.nan_to_num(value)
        count += ~np.isnan(value)
    return np.where(count > 0, total / np.where(count > 0, count, 1.0), np.nan)


def _seen(grid: Floats) -> Floats:
    """Observed steps among the ``LOOKBACK_STEPS`` before each step."""
    windows = _windows(grid, LOOKBACK_STEPS)
    return np.asarray((~np.isnan(windows)).sum(axis=-1), dtype=np.float64)

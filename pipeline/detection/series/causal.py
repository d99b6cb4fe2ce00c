"""Numbers of a series that look back only; every one is computed in an order that later points cannot change."""

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from pipeline.training.exact import Floats


def earlier(values: Floats, steps: int = 1, fill: float = np.nan) -> Floats:
    """The value ``steps`` points before each point, ``fill`` where there is none."""
    shifted = np.full(values.size, fill)
    if steps < values.size:
        shifted[steps:] = values[: values.size - steps]
    return shifted


def ewma(values: Floats, alpha: float) -> Floats:
    """Exponential mean up to and including each point, corrected for its start; a recursion, so exact on a prefix."""
    if values.size == 0:
        return values
    recursion = [1.0, alpha - 1.0]
    weight = lfilter([alpha], recursion, np.ones(values.size))
    return np.asarray(lfilter([alpha], recursion, values) / weight)


def rolling_mean(values: Floats, width: int) -> Floats:
    return np.asarray(pd.Series(values).rolling(width, min_periods=1).mean().to_numpy(), dtype=float)


def rolling_sd(values: Floats, width: int) -> Floats:
    return np.asarray(pd.Series(values).rolling(width, min_periods=1).std(ddof=0).to_numpy(), dtype=float)


def rolling_quantile(values: Floats, width: int, quantile: float, least: int = 1) -> Floats:
    """Quantile of the last ``width`` points, NaN before ``least`` of them."""
    window = pd.Series(values).rolling(width, min_periods=least)
    found = window.median() if quantile == 0.5 else window.quantile(quantile)
    return np.asarray(found.to_numpy(), dtype=float)


def rolling_extremes(values: Floats, width: int) -> tuple[Floats, Floats]:
    """Highest and lowest of the last ``width`` points."""
    window = pd.Series(values).rolling(width, min_periods=1)
    return np.asarray(window.max().to_numpy(), dtype=float), np.asarray(window.min().to_numpy(), dtype=float)


def past_mean_and_sd(values: Floats, least: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of all earlier points, NaN before ``least`` of them."""
    window = pd.Series(values).expanding(least)
    mean, sd = window.mean().to_numpy(dtype=float), window.std().to_numpy(dtype=float)
    return earlier(mean), earlier(sd)


def past_range(values: Floats) -> Floats:
    """Highest minus lowest earlier value, 0 before there are two."""
    if values.size == 0:
        return values
    spread = np.maximum.accumulate(values) - np.minimum.accumulate(values)
    return earlier(spread, 1, 0.0)


def row_median(rows: Floats) -> Floats:
    """Median of each row without its NaN, NaN for a row of NaN only."""
    ordered = np.sort(rows, axis=1)
    count = (~np.isnan(rows)).sum(axis=1)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[:, None], 1)[:, 0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, rows.shape[1] - 1)[:, None], 1)[:, 0]
    return np.where(count > 0, 0.5 * (low + high), np.nan)


def nearest_past(values: Floats) -> Floats:
    """Distance to the nearest earlier value; infinite for the first point.

    Points leave a sorted, linked list in the order last to first, so a point's neighbours are what came before it.
    """
    size = values.size
    order = np.argsort(values, kind="stable")
    place = np.empty(size, dtype=np.int64)
    place[order] = np.arange(size)
    before, after = list(range(-1, size - 1)), list(range(1, size + 1))
    ordered, positions = values[order].tolist(), place.tolist()
    found = [np.inf] * size
    for point in range(size - 1, -1, -1):
        at = positions[point]
        low, high = before[at], after[at]
        distance = np.inf
        if low >= 0:
            after[low] = high
            distance = ordered[at] - ordered[low]
        if high < size:
            before[high] = low
            distance = min(distance, ordered[high] - ordered[at])
        found[point] = distance
    return np.asarray(found)


def blocks(size: int, first: int, ratio: float, longest: int) -> list[tuple[int, int]]:
    """Half-open ranges of points that share a fit on what came before; their starts do not depend on ``size``."""
    found, start = [], first
    while start < size:
        end = min(int(start * ratio), start + longest)
        found.append((start, min(end, size)))
        start = end
    return found

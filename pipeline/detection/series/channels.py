"""Channels of evidence on fixed scales, 0 to 1, comparable between series (DETECTION, Continuous series 2)."""

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import norm

from pipeline.detection.series import causal
from pipeline.detection.series.experts import Expected
from pipeline.training.exact import Floats

MAD_TO_SD = 1.4826
SCALE_POINTS, SCALE_LEAST, SCALE_FLOOR = 1000, 5, 0.03
LIKELIHOOD_POINTS, LIKELIHOOD_LEAST, LIKELIHOOD_FLOOR = 10, 10, 0.01
NEIGHBOUR_POINTS, NEIGHBOUR_MEMORY = 5, 4000
HALF_Z, HALF_LIKELIHOOD, HALF_DISTANCE, HALF_NOVELTY = 8.0, 5.0, 0.3, 0.1  # what counts as half of certain
NOVELTY_LEAST = 10


def squash(values: Floats, half: float) -> Floats:
    """From 0 to infinity onto 0 to 1; ``half`` becomes 0.5. Fixed, so that series stay comparable."""
    kept = np.clip(np.nan_to_num(values, nan=0.0, posinf=1e12), 0.0, 1e12)
    return np.asarray(kept / (kept + half))


def residual_scale(expected: Expected) -> Floats:
    """Robust standard deviation of earlier residuals with a floor; NaN before there are enough."""
    usual = causal.rolling_quantile(np.abs(expected.residual), SCALE_POINTS, 0.5, SCALE_LEAST)
    return np.maximum(MAD_TO_SD * causal.earlier(usual), SCALE_FLOOR * expected.spread)


def robust_z(expected: Expected, scale: Floats) -> Floats:
    return np.where(np.isnan(scale), 0.0, np.abs(expected.residual) / np.where(np.isnan(scale), 1.0, scale))


def likelihood(expected: Expected) -> Floats:
    """−log10 of the tail of the ten-point mean |residual| in its long-run distribution (Lavin, Ahmad 2015)."""
    wrong = np.abs(expected.residual)
    recent = causal.rolling_mean(wrong, LIKELIHOOD_POINTS)
    mean, _ = causal.past_mean_and_sd(wrong, LIKELIHOOD_LEAST)
    _, sd = causal.past_mean_and_sd(recent, LIKELIHOOD_LEAST)
    deviation = (recent - mean) / np.maximum(sd, LIKELIHOOD_FLOOR * expected.spread)
    return np.asarray(-norm.logsf(np.nan_to_num(deviation, nan=0.0)) / np.log(10.0))


def neighbour_distance(values: Floats, expected: Expected) -> Floats:
    """Distance of the last five values to the most similar five earlier ones, in spreads of the past.

    The tree holds at most 4,000 earlier points and is rebuilt by block; a block's own points are never in it.
    """
    embedded = np.stack([causal.earlier(values, lag, values[0]) for lag in range(NEIGHBOUR_POINTS)], axis=1)
    found = np.zeros(values.size)
    for start, end in causal.blocks(values.size, 30, 1.25, 500):
        tree = cKDTree(embedded[max(0, start - NEIGHBOUR_MEMORY) : start])
        distance, _ = tree.query(embedded[start:end], k=[1])
        found[start:end] = distance[:, 0] / expected.spread[start:end] / np.sqrt(NEIGHBOUR_POINTS)
    return found


def novelty(values: Floats, expected: Expected) -> Floats:
    """How far a point, its short and longer mean and its residual are from all earlier ones, in past ranges; 0 to 1."""
    size = causal.past_range(values) + 1e-3 * expected.spread
    residual_size = causal.past_range(expected.residual) + 1e-3 * expected.spread
    looks = (
        (1.0, values, size),
        (1.0, causal.rolling_mean(values, 5), size),
        (0.7, causal.rolling_mean(values, 20), size),
        (0.3, expected.residual, residual_size),
    )
    total = np.zeros(values.size)
    for weight, look, range_of_past in looks:
        total += weight * squash(causal.nearest_past(look) / range_of_past, HALF_NOVELTY)
    total[:NOVELTY_LEAST] = 0.0
    return total / 3.0


def drift(residual: Floats, width: int, least: int, floor: Floats) -> Floats:
    """Mean residual of the last ``width`` points in standard deviations of what such means were before."""
    recent = causal.rolling_mean(residual, width)
    mean, sd = causal.past_mean_and_sd(recent, least)
    return np.asarray(np.nan_to_num(np.abs(recent - mean) / np.maximum(sd, floor)))

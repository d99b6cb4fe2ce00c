"""Negative-binomial regression of daily units on weekday, guests, trend and season, many products at once."""

import numpy as np

from pipeline.forecasting.demand import Bools, Demand, Expected, Floats
from pipeline.forecasting.models.design import columns

STEPS = 10
HALF_LIFE_DAYS = 40.0
COMMON_HALF_LIFE_DAYS = 180.0  # a season is learnt from all products together, over a longer past
INTERCEPT_RIDGE = 0.5
PRIOR_DAYS = 30.0  # how many days of evidence the hotel's common dispersion weighs
CLIP_SD = 4.0  # a single day counts as at most so many standard deviations
LARGEST_LOG = 12.0
LARGEST_STEP = 2.0  # of the log mean in one iteration


def count_regression(demand: Demand) -> Expected:
    """Log-linear mean, negative-binomial variance μ + αμ², by penalised iteratively reweighted least squares.

    Days weigh less the older they are (half-life 40 days). The coefficients of weekday, guests, trend and season are
    shrunk towards those of all products together, so that a product with few units borrows what it cannot tell by
    itself (Hilbe 2011, Negative Binomial Regression; ridge: Hoerl & Kennard 1970). α is the moment estimate of each
    product, shrunk towards the products' common one.
    """
    design, ridge = columns(demand)
    past, ahead = design[: demand.days], design[demand.days :]
    age = demand.days - 1 - np.arange(demand.days)
    weights = np.where(demand.observed, 0.5 ** (age / HALF_LIFE_DAYS), 0.0)
    units = np.where(demand.observed, demand.units, 0.0)
    together, seen = _pooled(units, demand.observed, 0.5 ** (age / COMMON_HALF_LIFE_DAYS))
    ridge = ridge.copy()
    ridge[0] = INTERCEPT_RIDGE
    alpha = np.full(1, 0.1)
    common, _ = _fit(together, seen, past, ridge=ridge, prior=np.zeros((1, len(ridge))), alpha=alpha)
    prior = np.repeat(common, len(units), axis=0)
    total = np.maximum(seen @ together.T, 1e-9)[0, 0]
    own = (weights * units).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    overall = total / np.maximum(seen.sum(), 1e-9)
    prior[:, 0] += np.log((own + 1e-4) / (overall + 1e-4))
    alpha = np.full(len(units), 0.3)
    coefficients = prior
    for _ in range(2):
        coefficients, fitted = _fit(units, weights, past, ridge=ridge, prior=prior, alpha=alpha)
        alpha = _dispersion(units, weights, fitted)
    mean = np.exp(np.clip(coefficients @ ahead.T, -LARGEST_LOG, LARGEST_LOG))
    highest = 3 * np.where(demand.observed, demand.units, 0.0).max(axis=1, initial=0.0) + 1
    mean = np.minimum(mean, highest[:, None])
    return Expected(mean, mean + alpha[:, None] * mean**2)


def _pooled(units: Floats, observed: Bools, weights: Floats) -> tuple[Floats, Floats]:
    """The mean product of each day (1 × D) and the day's weight: a day counts once, as seen by its products."""
    count = observed.sum(axis=0)
    return (units.sum(axis=0) / np.maximum(count, 1))[None, :], np.where(count > 0, weights, 0.0)[None, :]


def _fit(
    units: Floats, weights: Floats, design: Floats, *, ridge: Floats, prior: Floats, alpha: Floats
) -> tuple[Floats, Floats]:
    """Coefficients (P × K) and fitted means (P × D)."""
    width = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), width * width)
    coefficients, penalty = prior.copy(), np.diag(ridge)
    for _ in range(STEPS):
        log_mean = np.clip(coefficients @ design.T, -LARGEST_LOG, LARGEST_LOG)
        mean = np.exp(log_mean)
        variance = mean + alpha[:, None] * mean**2
        clipped = np.minimum(units, mean + CLIP_SD * np.sqrt(variance) + 1)
        working = weights * mean**2 / variance
        response = log_mean + (clipped - mean) / mean
        left = (working @ products).reshape(-1, width, width) + penalty
        right = (working * response) @ design + prior * ridge
        step = np.linalg.solve(left, right[:, :, None])[:, :, 0] - coefficients
        size = np.abs(step @ design.T).max(axis=1, initial=0.0)
        coefficients = coefficients + step * np.minimum(1.0, LARGEST_STEP / np.maximum(size, 1e-9))[:, None]
    return coefficients, np.exp(np.clip(coefficients @ design.T, -LARGEST_LOG, LARGEST_LOG))


def _dispersion(units: Floats, weights: Floats, mean: Floats) -> Floats:
    """α by moments, shrunk towards the common one."""
    excess = (weights * ((units - mean) ** 2 - mean)).sum(axis=1)
    scale = (weights * mean**2).sum(axis=1)
    common = max(excess.sum(), 0.0) / max(scale.sum(), 1e-9)
    share = weights.sum(axis=1) / (weights.sum(axis=1) + PRIOR_DAYS)
    own = excess / np.maximum(scale, 1e-9)
    return np.asarray(np.clip(share * own + (1 - share) * common, 0.0, 20.0))

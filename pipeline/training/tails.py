"""Tail probabilities and bands: negative binomial for counts, Student's t for residuals."""

import numpy as np
from scipy import special

from pipeline.training.exact import Floats

SMALLEST = 1e-300
BAND_TAIL = 0.01  # the expected band leaves one in a hundred out on each side
TAIL_FREEDOM = 5.0  # residuals of real series have heavier tails than a normal's


def nb_upper(counts: Floats, means: Floats, dispersion: Floats) -> Floats:
    """Mid-p of "this many or more" for a gamma–Poisson count with variance μ + φ μ² (Lancaster 1961)."""
    size = 1.0 / np.maximum(dispersion, 1e-6)
    odds = means / (means + size)
    above = special.betainc(counts + 1.0, size, odds)
    at_least = np.where(counts > 0, special.betainc(np.maximum(counts, 1.0), size, odds), 1.0)
    return np.asarray(np.clip(0.5 * (above + at_least), SMALLEST, 1.0))


def nb_lower(counts: Floats, means: Floats, dispersion: Floats) -> Floats:
    """Mid-p of "this many or fewer"."""
    return np.asarray(np.clip(1.0 - nb_upper(counts, means, dispersion), SMALLEST, 1.0))


def nb_log_zero(means: Floats, dispersion: Floats) -> Floats:
    """The natural logarithm of the probability of a zero."""
    size = 1.0 / np.maximum(dispersion, 1e-6)
    return np.asarray(-size * np.log1p(means / size))


def nb_band(means: Floats, dispersion: Floats, tail: float = BAND_TAIL, limit: int = 400) -> tuple[Floats, Floats]:
    """Lower and upper quantiles of the count, found by walking its probabilities up from zero."""
    size = 1.0 / np.maximum(dispersion, 1e-6)
    odds = means / (means + size)
    mass = np.exp(nb_log_zero(means, dispersion))
    total = mass.copy()
    lower, upper = np.zeros(means.shape), np.zeros(means.shape)
    active = np.flatnonzero(total < 1.0 - tail)
    for count in range(1, limit):
        if active.size == 0:
            break
        lower[active] += total[active] < tail
        upper[active] = count
        mass[active] *= (count - 1 + size[active]) / count * odds[active]
        total[active] += mass[active]
        active = active[total[active] < 1.0 - tail]
    return lower, upper


def t_upper(z: Floats, freedom: float = TAIL_FREEDOM) -> Floats:
    """P(T ≥ z) of Student's t scaled to unit variance."""
    scaled = z * np.sqrt(freedom / (freedom - 2.0))
    return np.asarray(np.clip(special.stdtr(freedom, -scaled), SMALLEST, 1.0))


def t_two_sided(z: Floats, freedom: float = TAIL_FREEDOM) -> Floats:
    return np.asarray(np.clip(2.0 * t_upper(np.abs(z), freedom), SMALLEST, 1.0))


def normal_upper(z: Floats) -> Floats:
    return np.asarray(np.clip(special.ndtr(-z), SMALLEST, 1.0))


def evidence(probability: Floats) -> Floats:
    """−log10 of a tail probability: 3 means one in a thousand."""
    return np.asarray(-np.log10(np.clip(probability, SMALLEST, 1.0)))

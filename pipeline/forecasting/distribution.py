"""From mean and variance to probabilities of counts, corrected by how earlier forecasts turned out."""

import numpy as np
from scipy import special

from pipeline.forecasting.demand import Floats

QUANTILES = (0.1, 0.5, 0.9)
SMALLEST_MEAN = 1e-6
SMALLEST_DISPERSION = 0.02  # variance over mean; issues to a fixed level vary far less than Poisson
PRIOR_DAYS = 40.0  # all products' past weighs as much as so many days of one product's own
EDGE = 1e-7


def quantiles(mean: Floats, variance: Floats, levels: Floats) -> Floats:
    """The counts whose probability not to be exceeded is ``levels``: gamma with the moments, rounded to units.

    A gamma serves over- and under-dispersed counts alike, and is the usual choice for demand over some time (Burgin
    1975, The gamma distribution and inventory control).
    """
    shape, scale = _parameters(mean, variance)
    return np.asarray(np.maximum(np.ceil(special.gammaincinv(shape, levels) * scale - 0.5), 0.0))


def probability_between(mean: Floats, variance: Floats, units: Floats) -> Floats:
    """The middle of the step of the distribution at ``units`` (mid-p); NaN where ``units`` is."""
    shape, scale = _parameters(mean, variance)
    below = special.gammainc(shape, np.maximum(units - 0.5, 0.0) / scale)
    return np.asarray((below + special.gammainc(shape, (units + 0.5) / scale)) / 2)


def _parameters(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    safe = np.maximum(mean, SMALLEST_MEAN)
    scale = np.maximum(variance / safe, SMALLEST_DISPERSION)
    return safe / scale, scale


def calibrated_levels(reached: Floats, wanted: tuple[float, ...] = QUANTILES) -> Floats:
    """(P × Q) the model's levels at which the share ``wanted`` of past days really stayed.

    ``reached`` (P × N) holds the model's probabilities of what happened, NaN where nothing was observed. Recalibration
    of quantiles on past forecasts (Kuleshov, Fenner & Ermon 2018, Accurate Uncertainties for Deep Learning Using
    Calibrated Regression); each product's levels are shrunk towards those of all products.
    """
    known = np.isfinite(reached)
    if not known.any():
        return np.tile(np.asarray(wanted), (len(reached), 1))
    common = np.quantile(reached[known], wanted)
    count = known.sum(axis=1)
    ordered = np.sort(np.where(known, reached, 2.0), axis=1)  # beyond every probability: what is not known comes last
    place = np.asarray(wanted) * (count[:, None] - 1).clip(0)
    low = np.take_along_axis(ordered, np.floor(place).astype(int), axis=1)
    high = np.take_along_axis(ordered, np.ceil(place).astype(int), axis=1)
    own = np.where(count[:, None] > 0, low + (high - low) * (place % 1), common)
    share = (count / (count + PRIOR_DAYS))[:, None]
    return np.asarray(np.clip(share * own + (1 - share) * common, EDGE, 1 - EDGE))


def pinball(units: Floats, forecast: Floats, level: float) -> Floats:
    """Quantile loss (Koenker & Bassett 1978), in units."""
    error = units - forecast
    return np.asarray(np.maximum(level * error, (level - 1) * error))

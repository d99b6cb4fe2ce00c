"""Rolling-origin back-test: how every model would have forecast past weeks, and which one is best for a product."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.forecasting.demand import WEEK, Demand, Expected, Floats, Ints
from pipeline.forecasting.distribution import QUANTILES, calibrated_levels, pinball, probability_between, quantiles
from pipeline.forecasting.models import DEFAULT, NAMES, expectations

ORIGINS = 12  # weeks back
CALIBRATED_ON = 8  # the newest weeks whose forecasts correct the next ones
MIN_DAYS = 14
PRIOR_WEEKS = 48.0  # what is true of all products weighs as much as so many weeks of one


@dataclass(frozen=True)
class Track:
    """One model's forecasts of O past weeks of P products, oldest first; NaN where it could not be judged.

    ``reached`` (O × P × 7) and ``reached_week`` (O × P) are the model's probabilities of what happened, by day and of
    the week's total; ``loss`` and ``loss_week`` the pinball loss, ``inside`` and ``inside_week`` the share within the
    80 % band, ``total`` (O × P) the week's units, ``expected`` its forecast mean. A
    forecast is corrected by earlier weeks only.
    """

    reached: Floats
    reached_week: Floats
    loss: Floats
    loss_week: Floats
    inside: Floats
    inside_week: Floats
    total: Floats
    expected: Floats


def origins(days: int, count: int = ORIGINS) -> list[int]:
    """The mornings, a week apart, that the newest full weeks began with; oldest first."""
    found = range(days - WEEK, MIN_DAYS - 1, -WEEK)
    return list(found[:count])[::-1]


def back_test(demand_at: Callable[[int], Demand], units: Floats, mornings: list[int]) -> dict[str, Track]:
    """The track of every model. ``demand_at(o)`` is what was known on the morning of day o, 7 days ahead."""
    runs: dict[str, list[Expected]] = {name: [] for name in NAMES}
    ready = []
    for morning in mornings:
        demand = demand_at(morning)
        for name, expected in expectations(demand).items():
            runs[name].append(expected)
        ready.append(demand.observed.sum(axis=1) >= MIN_DAYS)
    happened = [
        np.where(seen[:, None], units[:, m : m + WEEK], np.nan) for seen, m in zip(ready, mornings, strict=True)
    ]
    return {name: _track(run, happened, len(units)) for name, run in runs.items()}


def _track(run: list[Expected], happened: list[Floats], products: int) -> Track:
    shape, weeks = (len(run), products, WEEK), (len(run), products)
    track = Track(*(np.full(size, np.nan) for size in (shape, weeks, shape, weeks, shape, weeks, weeks, weeks)))
    for place, (expected, units) in enumerate(zip(run, happened, strict=True)):
        since = max(place - CALIBRATED_ON, 0)
        days = calibrated_levels(np.concatenate([np.full((products, 0), np.nan), *track.reached[since:place]], axis=1))
        bands = band(expected.mean, expected.variance, days[:, :, None])
        reached = probability_between(expected.mean, expected.variance, units)
        track.reached[place], track.loss[place] = reached, _loss(units, bands)
        track.inside[place] = _inside(units, bands)
        total, mean, variance = units.sum(axis=1), expected.mean.sum(axis=1), expected.variance.sum(axis=1)
        levels = calibrated_levels(track.reached_week[since:place].T)
        bands = band(mean, variance, levels)
        track.reached_week[place] = probability_between(mean, variance, total)
        track.loss_week[place], track.inside_week[place] = _loss(total, bands), _inside(total, bands)
        track.total[place], track.expected[place] = total, mean
    return track


def band(mean: Floats, variance: Floats, levels: Floats) -> list[Floats]:
    """The forecast of each of ``QUANTILES``; ``levels`` (P × 3 …) are their calibrated levels."""
    return [quantiles(mean, variance, levels[:, place]) for place in range(len(QUANTILES))]


def _loss(units: Floats, bands: list[Floats]) -> Floats:
    losses = [pinball(units, forecast, level) for forecast, level in zip(bands, QUANTILES, strict=True)]
    return np.asarray(np.mean(losses, axis=0))


def _inside(units: Floats, bands: list[Floats]) -> Floats:
    return np.where(np.isfinite(units), (units >= bands[0]) & (units <= bands[-1]), np.nan)


def choose(tracks: dict[str, Track]) -> Ints:
    """(P) the place in ``NAMES`` of each product's model.

    Each model's loss, of days and of week totals in equal parts, is taken relative to the mean of all models, and
    shrunk towards what it is for all products together, in units: a product that hardly moves says little about the
    others. With few weeks a product follows them, with none it gets the default.
    """
    losses = [np.stack([part(tracks[name]) for name in NAMES]) for part in (_day_losses, _week_losses)]
    scores = np.asarray(sum(_relative(found) for found in losses))
    weeks = np.isfinite(tracks[DEFAULT].loss_week).sum(axis=0)
    if not weeks.any():
        return np.full(len(weeks), NAMES.index(DEFAULT))
    together = [found[:, weeks > 0].sum(axis=1, keepdims=True) for found in losses]
    common = np.asarray(sum(_relative(found) for found in together))
    share = weeks / (weeks + PRIOR_WEEKS)
    return np.asarray((share * np.where(weeks > 0, scores, 0.0) + (1 - share) * common).argmin(axis=0))


def mean_known(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """The mean of what is not NaN; NaN where nothing is known."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=axis) / np.maximum(count, 1), np.nan)


def _day_losses(track: Track) -> Floats:
    return mean_known(track.loss, axis=(0, 2))


def _week_losses(track: Track) -> Floats:
    return mean_known(track.loss_week, axis=0)


def _relative(losses: Floats) -> Floats:
    """Losses (M × P) over the mean of the models; 1 where all are nought or nothing is known."""
    middle = losses.mean(axis=0)
    return np.where(middle > 0, losses / np.where(middle > 0, middle, 1.0), 1.0)

"""The forecast of a morning: every product's model, its mean, its calibrated band, and how far it spreads."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.forecasting.backtest import CALIBRATED_ON, MIN_DAYS, Track, back_test, band, choose, origins
from pipeline.forecasting.demand import WEEK, Bools, Floats, Ints
from pipeline.forecasting.distribution import calibrated_levels
from pipeline.forecasting.history import History
from pipeline.forecasting.models import NAMES, expectations

HORIZON_DAYS = 28
SPREAD_BOUNDS = (0.05, 20.0)
PRIOR_WEEKS = 8.0
CORRECTION_BOUNDS = (0.8, 1.25)


@dataclass(frozen=True)
class Forecast:
    """P products, H days from the morning on.

    ``model`` (P) is the place in ``NAMES``; ``observed_days`` (P) how much was there to learn from: below ``MIN_DAYS``
    everything is NaN. ``low``, ``middle``, ``high`` (P × H) are the 10, 50 and 90 % quantiles of each day's units.
    ``variance`` (P × H) is a day's own, ``shared`` (P) the relative variance that all days have in common: together
    they give the spread that totals of a week really had.
    """

    product_ids: Ints
    model: Ints
    observed_days: Ints
    mean: Floats
    variance: Floats
    shared: Floats
    low: Floats
    middle: Floats
    high: Floats

    @property
    def is_known(self) -> Bools:
        return np.asarray(self.observed_days >= MIN_DAYS)


def tracks_of(history: History) -> tuple[dict[str, Track], list[int]]:
    """The back-test of a history, and its mornings."""
    mornings = origins(history.days)
    return back_test(partial(history.at, horizon=WEEK), history.units, mornings), mornings


def forecast(history: History, tracks: dict[str, Track], model: Ints | None = None) -> Forecast:
    """The forecast made on the morning after the history's last day; ``model`` None chooses by the back-test."""
    demand = history.at(history.days, HORIZON_DAYS)
    found = expectations(demand)
    chosen = choose(tracks) if model is None else model
    rows = np.arange(len(history.product_ids))
    mean = np.stack([found[name].mean for name in NAMES])[chosen, rows]
    variance = np.stack([found[name].variance for name in NAMES])[chosen, rows]
    reached = np.stack([tracks[name].reached[-CALIBRATED_ON:] for name in NAMES])[chosen, :, rows]
    levels = calibrated_levels(reached.reshape(len(rows), -1))
    low, middle, high = band(mean, variance, levels[:, :, None])
    weeks = np.stack([tracks[name].reached_week[-CALIBRATED_ON:] for name in NAMES])[chosen, :, rows]
    own, shared = _spread(mean, variance, calibrated_levels(weeks))
    totals = [
        np.stack([getattr(tracks[name], part) for name in NAMES])[chosen, :, rows] for part in ("total", "expected")
    ]
    mean = mean * _correction(*totals)[:, None]
    observed = demand.observed.sum(axis=1)
    hidden = np.where(observed >= MIN_DAYS, 1.0, np.nan)
    by_day = hidden[:, None]
    return Forecast(
        history.product_ids, chosen, observed, mean * by_day, own * by_day, shared * hidden,
        low * by_day, middle * by_day, high * by_day,
    )  # fmt: skip


def _correction(total: Floats, expected: Floats) -> Floats:
    """(P) what the means are multiplied by: past totals over past forecasts (P × O), shrunk towards all products'."""
    known = np.isfinite(total)
    happened, promised = (np.where(known, part, 0.0).sum(axis=1) for part in (total, expected))
    common = happened.sum() / promised.sum() if promised.sum() > 0 else 1.0
    prior = PRIOR_WEEKS * promised / np.maximum(known.sum(axis=1), 1)
    ratio = (happened + common * prior + 1e-6) / (promised + prior + 1e-6)
    return np.asarray(np.clip(ratio, *CORRECTION_BOUNDS))


def _spread(mean: Floats, variance: Floats, week_levels: Floats) -> tuple[Floats, Floats]:
    """Daily variance and shared relative variance that give a week's total the width it had in the back-test."""
    total, spread = mean[:, :WEEK].sum(axis=1), variance[:, :WEEK].sum(axis=1)
    nominal = band(total, spread, np.tile((0.1, 0.5, 0.9), (len(mean), 1)))
    real = band(total, spread, week_levels)
    width = (real[-1] - real[0]) / np.maximum(nominal[-1] - nominal[0], 1.0)
    ratio = np.clip(width**2, *SPREAD_BOUNDS)
    shared = np.maximum(ratio - 1, 0.0) * spread / np.maximum(total, 1e-6) ** 2
    return variance * np.minimum(ratio, 1.0)[:, None], np.minimum(shared, 4.0)

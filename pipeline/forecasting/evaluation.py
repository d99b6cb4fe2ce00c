"""How good forecasts are on a history: ours beside every single model and seasonal naive, in time order."""

from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import pandas as pd

from pipeline.forecasting.backtest import (
    CALIBRATED_ON,
    MIN_DAYS,
    ORIGINS,
    Track,
    back_test,
    choose,
    mean_known,
    origins,
)
from pipeline.forecasting.demand import WEEK, Floats, Ints
from pipeline.forecasting.distribution import QUANTILES, pinball
from pipeline.forecasting.history import History
from pipeline.forecasting.models import NAMES

JUDGED_WEEKS = 12
LEARNT_WEEKS = ORIGINS  # before the first judged week, for choice and calibration
OURS, NAIVE, NAIVE_POINT = "chosen", "seasonal naive", "seasonal naive, no band"
REPEATS = 500


@dataclass(frozen=True)
class Method:
    """Losses and coverages of one method; P products, W judged weeks. NaN where a product was not judged."""

    name: str
    loss: Floats
    inside: Floats
    loss_week: Floats
    inside_week: Floats


def evaluate(history: History, weeks: int = JUDGED_WEEKS) -> pd.DataFrame:
    """Methods by loss, ours first. Columns: method, products, weeks, pinball (a product and day), ratio (to seasonal
    naive with a band), ratio_low, ratio_high (95 % bootstrap over products), coverage (of days), pinball_week,
    ratio_week, coverage_week (both of seven days' totals).

    Every judged week is forecast from what was known on its morning; model and calibration come from earlier weeks.
    """
    mornings = origins(history.days, weeks + LEARNT_WEEKS)
    if not mornings:
        return pd.DataFrame()
    tracks = back_test(partial(history.at, horizon=WEEK), history.units, mornings)
    judged = range(max(len(mornings) - weeks, min(1, len(mornings) - 1)), len(mornings))
    chosen = np.stack([choose({name: upto(track, week) for name, track in tracks.items()}) for week in judged])
    methods = [_chosen(tracks, chosen, judged), *_naive(history, [mornings[week] for week in judged])]
    methods += [_single(name, tracks[name], judged) for name in NAMES if name != "seasonal_naive"]
    return _table(methods)


def upto(track: Track, week: int) -> Track:
    """The track of the weeks before ``week``: the last one ended on the morning that ``week`` began with."""
    since = max(week - LEARNT_WEEKS, 0)
    return Track(*(getattr(track, field.name)[since:week] for field in fields(Track)))


def _single(name: str, track: Track, judged: range) -> Method:
    return Method(
        name, mean_known(track.loss[judged], axis=2), mean_known(track.inside[judged], axis=2),
        track.loss_week[judged], track.inside_week[judged],
    )  # fmt: skip


def _chosen(tracks: dict[str, Track], chosen: Ints, judged: range) -> Method:
    singles = [_single(name, tracks[name], judged) for name in NAMES]
    at = (chosen, np.arange(chosen.shape[0])[:, None], np.arange(chosen.shape[1]))
    parts = [np.stack([getattr(one, field.name) for one in singles])[at] for field in fields(Method)[1:]]
    return Method(OURS, *parts)


def _naive(history: History, mornings: list[int]) -> list[Method]:
    """The same weekday a week earlier, without a band, and with the quantiles of its own past differences."""
    point, band = [], []
    for morning in mornings:
        before = history.units[:, morning - WEEK : morning]
        seen = np.isfinite(history.units[:, :morning]).sum(axis=1) >= MIN_DAYS
        units = np.where(seen[:, None], history.units[:, morning : morning + WEEK], np.nan)
        since = max(morning - WEEK * (CALIBRATED_ON + 1), 0)
        past = history.units[:, since:morning]
        change = past[:, WEEK:] - past[:, :-WEEK]
        point.append(_judge(units, before, [np.zeros(len(units))] * 3))
        band.append(_judge(units, before, _quantiles(change)))
    named = zip((NAIVE_POINT, NAIVE), (point, band), strict=True)
    return [Method(name, *(np.stack(part) for part in zip(*weeks, strict=True))) for name, weeks in named]


def _quantiles(change: Floats) -> list[Floats]:
    known = np.isfinite(change)
    filled = np.where(known, change, np.nan)
    none = ~known.any(axis=1)
    filled[none] = 0.0
    return [np.nanquantile(filled, level, axis=1) for level in QUANTILES]


def _judge(units: Floats, before: Floats, shifts: list[Floats]) -> tuple[Floats, Floats, Floats, Floats]:
    """Day and week: the week's band is the day's, its differences taken as independent."""
    found = []
    for what, middle, width in ((units, before, 1.0), (units.sum(axis=1)[:, None], before.sum(axis=1)[:, None], WEEK)):
        wide = np.sqrt(width)
        bands = [np.maximum(middle + wide * shift[:, None], 0.0) for shift in shifts]
        losses = [pinball(what, forecast, level) for forecast, level in zip(bands, QUANTILES, strict=True)]
        known = np.isfinite(what) & np.isfinite(middle)
        inside = np.where(known, (what >= bands[0]) & (what <= bands[-1]), np.nan)
        found += [mean_known(np.mean(losses, axis=0), axis=1), mean_known(inside, axis=1)]
    return found[0], found[1], found[2], found[3]


def _table(methods: list[Method]) -> pd.DataFrame:
    [naive] = [method for method in methods if method.name == NAIVE]
    rows = []
    for method in methods:
        low, high = _interval(mean_known(method.loss, axis=0), mean_known(naive.loss, axis=0))
        rows.append({
            "method": method.name, "products": int(np.isfinite(method.loss).any(axis=0).sum()),
            "weeks": len(method.loss), "pinball": np.nanmean(method.loss),
            "ratio": np.nanmean(method.loss) / np.nanmean(naive.loss), "ratio_low": low, "ratio_high": high,
            "coverage": np.nanmean(method.inside), "pinball_week": np.nanmean(method.loss_week),
            "ratio_week": np.nanmean(method.loss_week) / np.nanmean(naive.loss_week),
            "coverage_week": np.nanmean(method.inside_week),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _interval(ours: Floats, theirs: Floats) -> tuple[float, float]:
    """95 % interval of the ratio of mean losses, products drawn again and again."""
    known = np.isfinite(ours) & np.isfinite(theirs)
    random = np.random.default_rng(0)
    drawn = random.integers(0, max(int(known.sum()), 1), (REPEATS, int(known.sum())))
    ratios = ours[known][drawn].sum(axis=1) / np.maximum(theirs[known][drawn].sum(axis=1), 1e-9)
    return float(np.quantile(ratios, 0.025)), float(np.quantile(ratios, 0.975))

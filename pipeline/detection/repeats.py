"""Checks that stand in the records twice: a day imported a second time doubles a hotel's consumption."""

import numpy as np
import pandas as pd
from scipy import special

from pipeline.training.exact import Ints, rounded, trailing_sum
from pipeline.training.tails import evidence

REPEAT_MINUTES = 10.0  # two checks of one room closer than this are one check written down twice
SAME_HOURS = 20.0  # two checks that found exactly the same things within a day are one, entered again later
SAME_UNITS = 2  # at least; one water today and one tomorrow is a habit
MEMORY_DAYS = 28
USUAL_FLOOR = 0.1  # repeated checks a day that any hotel may have


def repeats(rows: pd.DataFrame, visit: Ints, last: pd.Series | None = None) -> np.ndarray:
    """Which rows belong to a check that repeats the one before it in the same room.

    It follows within minutes, or within the day with exactly the same units. ``visit``: number of each row's check.
    ``last``: units of each slot (by room and product) before the first row.
    """
    hours = (rows["timestamp"] - rows["interval_start"]).dt.total_seconds().to_numpy() / 3600.0
    units = rows["metric_value"].to_numpy(dtype=float)
    before = rows.groupby("entity_id")["metric_value"].shift().to_numpy(dtype=float, copy=True)
    first = np.flatnonzero(np.isnan(before))
    if last is not None and first.size:
        slots = pd.MultiIndex.from_frame(rows.iloc[first][["room_id", "product_id"]])
        before[first] = last.reindex(slots).to_numpy(dtype=float)
    count = int(visit.max(initial=-1)) + 1
    differing = np.bincount(visit, weights=units != before, minlength=count)
    total = np.bincount(visit, weights=units, minlength=count)
    same = (differing == 0) & (total >= SAME_UNITS)
    return np.asarray((hours * 60.0 < REPEAT_MINUTES) | (same[visit] & (hours < SAME_HOURS)))


def repeated_days(visits: pd.DataFrame, hotel_id: int) -> pd.DataFrame:
    """One row a local day: repeated checks that recorded units, against those of the last four weeks (Poisson tail).

    ``visits``: timestamp, day, value (units), repeated.
    """
    taken = visits["repeated"].to_numpy(dtype=bool) & (visits["value"].to_numpy() > 0)
    day = visits["day"].to_numpy(np.int64)
    first, count = int(day.min()), int(np.ptp(day)) + 1
    found: Ints = np.bincount(day[taken] - first, minlength=count).astype(np.int64)
    units = np.bincount(day[taken] - first, weights=visits["value"].to_numpy()[taken], minlength=count)
    seen = np.bincount(day - first, minlength=count) > 0
    past = trailing_sum(np.stack([found, seen.astype(np.int64)], axis=1), MEMORY_DAYS)
    usual = np.maximum(past[:, 0] / np.maximum(past[:, 1], 1), USUAL_FLOOR)
    score = rounded(evidence(np.where(found > 0, special.pdtrc(np.maximum(found - 1, 0), usual), 1.0)))
    ends = visits.groupby("day").agg(interval_start=("timestamp", "min"), timestamp=("timestamp", "max"))
    at = ends.index.to_numpy(np.int64) - first
    return ends.reset_index().assign(
        entity_id=hotel_id, value=found[at].astype(float), expected=rounded(usual[at]), lower=0.0,
        upper=np.ceil(usual[at] + 1.0), deviation_ratio=np.where(found[at] > 0, found[at] - usual[at], 0.0),
        score=np.where(past[at, 1] > 0, score[at], np.nan), observations=past[at, 1].astype(float), units=units[at],
    )  # fmt: skip

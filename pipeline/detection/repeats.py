"""Checks that stand in the records twice: a day imported a second time doubles a hotel's consumption."""

import numpy as np
import pandas as pd
from scipy import special

from pipeline.training.exact import Ints, rounded, trailing_sum
from pipeline.training.tails import evidence

REPEAT_MINUTES = 10.0  # two checks of one room closer than this are one check written down twice
MEMORY_DAYS = 28
USUAL_FLOOR = 0.1  # repeated checks a day that any hotel may have


def repeats(rows: pd.DataFrame) -> np.ndarray:
    """Which rows belong to a check that follows another one of the same room within minutes."""
    minutes = (rows["timestamp"] - rows["interval_start"]).dt.total_seconds().to_numpy() / 60.0
    return np.asarray(minutes < REPEAT_MINUTES)


def repeated_days(visits: pd.DataFrame, hotel_id: int) -> pd.DataFrame:
    """One row a local day: repeated checks that recorded units, against those of the last four weeks (Poisson tail)."""
    short = repeats(visits)
    taken = short & (visits["value"].to_numpy() > 0)
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

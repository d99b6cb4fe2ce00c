"""Days until a product runs out: the level at the end of a day over the mean outflow of the weeks before it."""

import numpy as np
import pandas as pd

WINDOW_DAYS = 28
MIN_HOURS = 14 * 24  # of observed hours before a rate is worth telling
HORIZON_DAYS = 60.0  # nothing is told beyond it; "60" means 60 days or more


def run_out_days(daily: pd.DataFrame) -> pd.DataFrame:
    """Columns entity_id, day, metric_value (days, 0 … ``HORIZON_DAYS``), exposure, level, daily_outflow.

    ``daily``: entity_id, day (since 1970), level, outflow (units), hours (observed), one row a product and day, sorted.
    A day of fewer than ``MIN_HOURS`` observed hours in its window has no row. The day on which a product's book opens
    tells nothing about its use: the first filling of all minibars may be in it. Deliveries to come are not counted.
    """
    entity = daily["entity_id"].to_numpy(np.int64)
    later = np.r_[False, entity[1:] == entity[:-1]] if len(entity) else np.zeros(0, dtype=bool)
    outflow, hours = (np.where(later, daily[name].to_numpy(np.int64), 0) for name in ("outflow", "hours"))
    first = _first_in_window(daily)
    units, observed = (_sum_from(values, first) for values in (outflow, hours))
    level = daily["level"].to_numpy(float)
    rate = 24.0 * units / np.maximum(observed, 1)
    days = np.where(rate > 0, level / np.where(rate > 0, rate, 1.0), HORIZON_DAYS)
    days = np.where(level <= 0, 0.0, np.minimum(days, HORIZON_DAYS))
    found = daily[["entity_id", "day"]].assign(
        metric_value=np.round(days, 6), exposure=np.nan, level=level, daily_outflow=np.round(rate, 6)
    )
    return found[observed >= MIN_HOURS].reset_index(drop=True)


def _first_in_window(daily: pd.DataFrame) -> np.ndarray:
    """Position of the oldest row of the same product within the ``WINDOW_DAYS`` that end with each row's day."""
    entity, day = daily["entity_id"].to_numpy(np.int64), daily["day"].to_numpy(np.int64)
    if not len(entity):
        return entity
    _, series = np.unique(entity, return_inverse=True)
    width = int(np.ptp(day)) + WINDOW_DAYS + 1
    key = series * width + (day - day.min()) + WINDOW_DAYS
    return np.asarray(np.searchsorted(key, key - WINDOW_DAYS + 1))


def _sum_from(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    total = np.concatenate([[0], np.cumsum(values)])
    return np.asarray(total[1:] - total[first])

"""Metric rows in a defined order, with their hotel-local day."""

import numpy as np
import pandas as pd


def prepare(rows: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """Rows in a defined order with their hotel-local ``day`` (days since 1970); of duplicates the last one stays.

    An interval that closes at midnight belongs to the day it ends, so the day is taken just before its end. Values
    that are no numbers are not observed: they are dropped here and get neither a score nor a place in a baseline.
    """
    kept: pd.DataFrame = rows[np.isfinite(rows["metric_value"].to_numpy(dtype=float))]
    kept = kept.drop_duplicates(["entity_id", "timestamp"], keep="last")
    kept = kept.sort_values(["timestamp", "entity_id"], kind="stable").reset_index(drop=True)
    return kept.assign(day=local_days(kept["timestamp"], time_zone))


def local_days(timestamps: pd.Series, time_zone: str) -> np.ndarray:
    """Hotel-local days since 1970-01-01 of instants that end an interval."""
    just_before = timestamps - pd.Timedelta(microseconds=1)
    naive = just_before.dt.tz_convert(time_zone).dt.tz_localize(None)
    return naive.to_numpy(dtype="datetime64[D]").astype(np.int64)

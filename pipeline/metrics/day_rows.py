"""Totals by entity and day become one row for every closed day, zeros where nothing was recorded."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.clock import local_midnight

EPOCH = date(1970, 1, 1)


def day_starts(days: np.ndarray, time_zone: str) -> pd.Series:
    """UTC instants at which hotel-local days (since 1970) begin; 23 and 25 hour days included."""
    unique, position = np.unique(days, return_inverse=True)
    instants = [local_midnight(EPOCH + timedelta(days=int(day)), time_zone) for day in unique]
    return pd.Series(pd.DatetimeIndex(instants, tz="UTC").as_unit("us").take(position))


def day_rows(totals: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """``totals`` with interval_start and timestamp instead of ``day``."""
    day = totals["day"].to_numpy(np.int64)
    ends = {"interval_start": day_starts(day, time_zone), "timestamp": day_starts(day + 1, time_zone)}
    return totals.reset_index(drop=True).assign(**ends)


def begin_days(
    totals: pd.DataFrame, entities: pd.DataFrame, stored: pd.DataFrame, since_day: int, *, together: bool
) -> pd.DataFrame:
    """``entities`` (entity_id, is_active) with ``first``: the day on which its rows begin; those without are left out.

    ``totals``: entity_id, day, begins; days from ``since_day`` on. ``stored``: entity_id, day of the first row stored.
    Nobody begins before the first day on which counting began (``begins``) for anyone.
    """
    older = stored[stored["day"] < since_day]
    own = pd.concat([older[["entity_id", "day"]], totals[["entity_id", "day"]]]).groupby("entity_id")["day"].min()
    begun = [*older["day"], *totals.loc[totals["begins"].astype(bool), "day"]]
    if not begun:
        return entities.head(0).assign(first=0)
    start = min(begun)
    first = pd.Series(start, index=entities.index) if together else entities["entity_id"].map(own).clip(lower=start)
    return entities.assign(first=first).dropna(subset="first").astype({"first": "int64"})


def filled(totals: pd.DataFrame, begins: pd.DataFrame, since_day: int, last_day: int) -> pd.DataFrame:
    """Every day of every entity from its first day, and not before ``since_day``, to ``last_day``; of one that is no
    longer active to its last record. Numbers of days without a record are 0.

    ``begins``: entity_id, is_active, first. Other columns are those of ``totals``.
    """
    newest = begins["entity_id"].map(totals.groupby("entity_id")["day"].max()).fillna(since_day - 1)
    final = newest.where(~begins["is_active"].astype(bool), last_day).clip(upper=last_day).to_numpy(np.int64)
    first = np.maximum(begins["first"].to_numpy(np.int64), since_day)
    lengths = (final - first + 1).clip(0)
    series = np.repeat(np.arange(len(begins)), lengths)
    day = np.arange(len(series)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + first[series]
    grid = pd.DataFrame({"entity_id": begins["entity_id"].to_numpy(np.int64)[series], "day": day})
    numbers = totals.drop(columns=["is_active", "begins"])
    joined = grid.merge(numbers, on=["entity_id", "day"], how="left")
    columns = [name for name in numbers.columns if name not in ("entity_id", "day")]
    return joined.fillna(dict.fromkeys(columns, 0)).astype(numbers[columns].dtypes.to_dict())

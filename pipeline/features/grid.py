"""Daily values become a grid of series × days, and its features become rows."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.clock import local_midnight
from pipeline.features.engineer import Calendar, Result, engineer
from pipeline.features.names import FEATURES

EPOCH = date(1970, 1, 1)
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


def day_numbers(days: pd.Series) -> np.ndarray:
    """Days since 1970 of dates."""
    return np.asarray(days.to_numpy(dtype="datetime64[D]").astype(np.int64))


def day_ends(days: np.ndarray, time_zone: str) -> pd.DatetimeIndex:
    """UTC instants at which hotel-local days end."""
    ends = [local_midnight(EPOCH + timedelta(days=int(day) + 1), time_zone) for day in days]
    return pd.DatetimeIndex(ends, tz="UTC").as_unit("us")


def calendar_of(days: np.ndarray) -> Calendar:
    """The calendar of hotel-local days; an interval of a whole day ends at midnight, hour 0."""
    months_begin = days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return Calendar(
        np.zeros(len(days)), ((days + EPOCH_WEEKDAY) % 7).astype(float), (days - months_begin + 1).astype(float)
    )


def feature_rows(daily: pd.DataFrame, spans: pd.DataFrame, last_day: int, time_zone: str) -> pd.DataFrame:
    """Features of the observed days of ``spans``, one row an entity and day.

    Columns: entity_id, timestamp, the features, extra_features (JSON). A value that is no finite number is not
    observed. ``daily``: entity_id, day, value, with 30 days before each span. ``spans``: entity_id, day (since 1970)
    from which rows are wanted, to ``last_day``.
    """
    entity_ids = np.sort(spans["entity_id"].to_numpy(np.int64))
    numbers = day_numbers(daily["day"])
    if not len(numbers):
        return pd.DataFrame(columns=["entity_id", "timestamp", *FEATURES, "extra_features"])
    days = np.arange(int(numbers.min()), last_day + 1)
    values = np.full((len(entity_ids), len(days)), np.nan)
    values[np.searchsorted(entity_ids, daily["entity_id"]), numbers - days[0]] = daily["value"]
    values[~np.isfinite(values)] = np.nan
    features = engineer(values, calendar_of(days))
    first = spans.set_index("entity_id")["day"].loc[entity_ids].to_numpy(np.int64)
    entity, day = np.nonzero(~np.isnan(values) & (days[None, :] >= first[:, None]))
    rows = _as_rows(features, entity_ids, day_ends(days, time_zone), entity, day)
    return rows.assign(extra_features=extra_json(values[entity, day]))


def extra_json(values: np.ndarray) -> pd.Series:
    """``extra_features`` of rows with these values; the shortest text that reads back as the same number."""
    return '{"value": ' + pd.Series(values, dtype=float).astype(str) + "}"


def _as_rows(
    features: Result, entity_ids: np.ndarray, ends: pd.DatetimeIndex, entity: np.ndarray, day: np.ndarray
) -> pd.DataFrame:
    columns = {name: features[position, entity, day] for position, name in enumerate(FEATURES)}
    return pd.DataFrame({"entity_id": entity_ids[entity], "timestamp": ends.take(day), **columns})

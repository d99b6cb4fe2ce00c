"""What left the store by day, whether its rows stand in the database or in the archive (SPEC A1, A7.4)."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from core.clock import local_midnight
from db.queries import stock_pages as queries
from db.queries.consumption import Window
from db.queries.metric_values import Wanted
from pipeline.metrics.archive.service import MetricHistory

METRIC = "stok_seviye"
COLUMNS = ("metric_value", "extra_data", "expected")
PARTS = ("outflow", "last_24_hours", "level", "expected")
A_DAY = timedelta(hours=24)
LONGEST_DAY = timedelta(hours=25)  # where clocks go back


def outflow_days(
    connection: Any, history: MetricHistory, window: Window, product_id: int, faults: dict[str, str]
) -> pd.DataFrame:
    """day, last_on, mean (outflow, NaN: not measured), expected (NaN: not judged), of the window's days.

    A score of stock tells the level that a usual day would have left, so that the usual outflow of the 24 hours up to
    it is their outflow plus the distance between the two levels. Files that are not as they were written are told in
    ``faults``.
    """
    days = queries.outflow_days(connection, window, product_id).set_index("day").astype(float)
    since, until = window.since + A_DAY - LONGEST_DAY, window.until + timedelta(microseconds=1)
    wanted = Wanted(window.hotel_id, METRIC, since, until, product_id)
    archived = _archived(connection, history, wanted, days=days, zone=window.time_zone, faults=faults)
    for name in ("outflow", "last_24_hours"):  # a day on the border has rows on both of its sides
        days[name] = pd.concat([days[name], archived[name]], axis=1).sum(axis=1, min_count=1)
    for name in ("level", "expected"):  # of the one row at the day's end
        days[name] = days[name].fillna(archived[name])
    expected = (days["level"] + days["last_24_hours"] - days["expected"]).clip(lower=0.0)
    return pd.DataFrame({"day": days.index, "last_on": days.index, "mean": days["outflow"], "expected": expected})


def _archived(
    connection: Any, history: MetricHistory, wanted: Wanted, *, days: pd.DataFrame, zone: str, faults: dict[str, str]
) -> pd.DataFrame:
    """PARTS of each of ``days`` out of rows that lie in files alone."""
    stored = days.index[days[["outflow", "last_24_hours", "level"]].notna().any(axis=1)]
    spans = history.alone(
        connection, history.files(connection, wanted), wanted, COLUMNS, faults=faults,
        stored_from=local_midnight(stored[0].date(), zone) if len(stored) else None,
    )  # fmt: skip
    rows, found = _shaped(spans), pd.DataFrame(np.nan, days.index, list(PARTS))
    if len(rows):
        for day in days.index:
            begin, end = (local_midnight(one.date(), zone) for one in (day, day + timedelta(days=1)))
            found.loc[day, "outflow"] = _between(rows, begin, end)["outflow"].sum(min_count=1)
            found.loc[day, "last_24_hours"] = _between(rows, end - A_DAY, end)["outflow"].sum(min_count=1)
            found.loc[day, ["level", "expected"]] = rows[["level", "expected"]].reindex([end]).iloc[0].to_numpy()
    return found


def _between(rows: pd.DataFrame, begin: datetime, end: datetime) -> pd.DataFrame:
    """Of intervals that ended behind ``begin`` and not after ``end``."""
    index = cast("pd.DatetimeIndex", rows.index)
    first, last = (int(index.searchsorted(pd.Timestamp(one), side="right")) for one in (begin, end))
    return rows.iloc[first:last]


def _shaped(spans: Iterable[pa.Table]) -> pd.DataFrame:
    """outflow, level, expected (NaN: not judged) by the end of their interval, in the order of time."""
    frames = [rows.to_pandas() for rows in spans]
    if not frames:
        return pd.DataFrame()
    frame = pd.concat(frames, ignore_index=True)
    extra = [json.loads(one) if one else {} for one in frame["extra_data"]]
    return pd.DataFrame(
        {
            "outflow": [float(one.get("outflow", "nan")) for one in extra],
            "level": frame["metric_value"].to_numpy(),
            "expected": frame["expected"].to_numpy(dtype=float),
        },
        index=pd.DatetimeIndex(frame["timestamp"]),
    )

"""References on the sample hotel: rolling z of a room's totals, and a plain Isolation Forest on room-day features."""

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Family
from pipeline.detection.series.forest import isolation
from pipeline.training.exact import Floats
from pipeline.training.rows import prepare

Z_CHECKS, Z_LEAST, Z_LIMIT = 28, 5, 3.0
FOREST_SHARE = 0.01  # the reference alerts on its most isolated hundredth, chosen with hindsight in its favour


def rolling_z(frame: pd.DataFrame, context: Context) -> tuple[Family, pd.DataFrame]:
    """z of a room's total against its own last 28 checks; an alert above 3."""
    totals = room_totals(frame, context.time_zone)
    mean, deviation = _past(totals, "mean"), _past(totals, "std")
    z = (totals["value"].to_numpy(dtype=float) - mean) / np.maximum(np.nan_to_num(deviation), 0.5)
    return _family("rolling_z", totals, context, np.nan_to_num(z), Z_LIMIT)


def plain_forest(frame: pd.DataFrame, context: Context) -> tuple[Family, pd.DataFrame]:
    """Isolation Forest on nine features of a room's check, refitted by block on what came before."""
    totals = room_totals(frame, context.time_zone).sort_values(["timestamp", "room_id"], kind="stable")
    score = isolation(_features(totals))
    return _family("plain_forest", totals, context, score, float(np.quantile(score, 1.0 - FOREST_SHARE)))


def room_totals(frame: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """room_id, timestamp, value, products, interval_start, day: one row a room and check, in order of time by room."""
    rows = prepare(frame, time_zone)
    return rows.groupby(["room_id", "timestamp"], as_index=False).agg(
        value=("metric_value", "sum"), products=("metric_value", lambda taken: int((taken > 0).sum())),
        interval_start=("interval_start", "min"), day=("day", "max"),
    )  # fmt: skip


def _past(totals: pd.DataFrame, statistic: str) -> Floats:
    """Statistic of each room's earlier checks, NaN before there are five."""
    earlier = totals.groupby("room_id")["value"].transform(
        lambda series: series.shift().rolling(Z_CHECKS, min_periods=Z_LEAST).agg(statistic)
    )
    return np.asarray(earlier.to_numpy(dtype=float))


def _features(totals: pd.DataFrame) -> Floats:
    by_room = totals.groupby("room_id")["value"]
    value = totals["value"].to_numpy(dtype=float)
    mean, deviation = _past(totals, "mean"), _past(totals, "std")
    hours = (totals["timestamp"] - totals["interval_start"]).dt.total_seconds().to_numpy() / 3600.0
    weekday = totals["timestamp"].dt.day_of_week.to_numpy(dtype=float)
    columns = [
        value, totals["products"].to_numpy(dtype=float), by_room.shift(1).to_numpy(dtype=float),
        by_room.shift(2).to_numpy(dtype=float), mean, deviation, value - mean, hours, weekday,
    ]  # fmt: skip
    return np.asarray(np.nan_to_num(np.stack(columns, axis=1)))


def _family(
    name: str, totals: pd.DataFrame, context: Context, score: Floats, limit: float
) -> tuple[Family, pd.DataFrame]:
    tests = totals.assign(
        entity_id=totals["room_id"], product_id=np.nan, score=2.0 + score, threshold=2.0 + limit, deviation_ratio=score,
        alert=score >= limit, expected=np.nan, lower=np.nan, upper=np.nan, observations=0.0,
    )  # fmt: skip
    return Family(name, context.alert_type, "room", 0.0, tests), tests

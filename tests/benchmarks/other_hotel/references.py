"""What a hotel would have without Barometer: the older system's rule, and a plain Isolation Forest on room-days."""

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from pipeline.detection.contract import Context
from pipeline.detection.evaluation.candidates import COLUMNS, candidates
from pipeline.detection.evaluation.older_rule import older_rule

TOP_SHARE = 0.01


def older(rows: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """Candidates of the older rule: 40 % above the mean of a room's last seven checks."""
    return candidates([older_rule(rows, Context(time_zone, "tuketim_anomali"))], "tuketim_miktar")


def forest(rows: pd.DataFrame, time_zone: str, seed: int = 0) -> pd.DataFrame:
    """Candidates of a forest fitted on the whole history (which favours it): the top 1 % of room checks alert."""
    totals = _features(rows)
    columns = [name for name in totals if name.startswith("x_")]
    model = IsolationForest(n_estimators=200, max_samples=512, random_state=seed, n_jobs=1)
    values = totals[columns].fillna(0.0).to_numpy(dtype=np.float32)
    score = -model.fit(values).score_samples(values)
    bound = float(np.quantile(score, 1 - TOP_SHARE)) if score.size else 0.0
    local = totals["timestamp"].dt.tz_convert(time_zone).dt.tz_localize(None)
    found = totals.assign(
        family="forest", metric_type="tuketim_miktar", alert_type="forest", entity_type="room",
        entity_id=totals["room_id"], product_id=np.nan, staff_id=np.nan,
        day=local.to_numpy(dtype="datetime64[D]").astype(np.int64), margin=score - bound, alert=score > bound,
    )  # fmt: skip
    return found[COLUMNS].reset_index(drop=True)


def _features(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a check of a room with 17 features ``x_…`` of it, its past and its context."""
    totals = rows.groupby(["room_id", "timestamp"], as_index=False).agg(
        interval_start=("interval_start", "min"), x_units=("metric_value", "sum"), x_largest=("metric_value", "max"),
        x_kinds=("metric_value", lambda units: float((units > 0).sum())), x_guests=("guests", "max"),
        x_nights=("nights", "max"), occupancy=("occupancy", "first"), x_floor=("floor_id", "first"),
    )  # fmt: skip
    totals = totals.sort_values(["room_id", "timestamp"], ignore_index=True)
    for name in ("occupied", "vacated", "vacant"):
        totals[f"x_{name}"] = (totals["occupancy"] == name).astype(float)
    totals["x_hours"] = (totals["timestamp"] - totals["interval_start"]).dt.total_seconds() / 3600
    totals["x_weekday"], totals["x_hour"] = totals["timestamp"].dt.day_of_week, totals["timestamp"].dt.hour
    before = totals.groupby("room_id")["x_units"].shift()
    by_room = before.groupby(totals["room_id"])
    totals["x_lag"] = before
    for width in (7, 30):
        totals[f"x_mean_{width}"] = by_room.transform(lambda past, n=width: past.rolling(n, min_periods=1).mean())
        totals[f"x_std_{width}"] = by_room.transform(lambda past, n=width: past.rolling(n, min_periods=2).std())
    totals["x_rise"] = totals["x_units"] - totals["x_mean_7"]
    return totals

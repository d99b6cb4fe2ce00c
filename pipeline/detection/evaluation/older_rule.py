"""The older system's rule as a reference: a room's consumption 40 % above the mean of its last seven checks."""

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Family
from pipeline.detection.experts import trailing_mean
from pipeline.training.rows import prepare

RATIO, CHECKS = 0.4, 7


def older_rule(frame: pd.DataFrame, context: Context) -> tuple[Family, pd.DataFrame]:
    """Room totals with ``alert`` where the old rule alerts; ranked by the deviation, as the old screens were."""
    rows = prepare(frame, context.time_zone)
    totals = rows.groupby(["room_id", "timestamp"], as_index=False).agg(
        value=("metric_value", "sum"), interval_start=("interval_start", "min"), day=("day", "max")
    )
    mean = totals.groupby("room_id")["value"].transform(
        lambda series: pd.Series(trailing_mean(series.to_numpy(dtype=float)[None], CHECKS)[0], index=series.index)
    )
    usual = mean.fillna(0.0).to_numpy()
    ratio = np.where(usual > 0, (totals["value"].to_numpy() - usual) / np.where(usual > 0, usual, 1.0), 0.0)
    tests = totals.assign(
        entity_id=totals["room_id"], product_id=np.nan, score=2.0 + ratio, threshold=2.0 + RATIO,
        deviation_ratio=ratio, alert=ratio >= RATIO, expected=usual, lower=0.0, upper=usual, observations=0.0,
    )  # fmt: skip
    return Family("older_rule", context.alert_type, "room", RATIO, tests), tests

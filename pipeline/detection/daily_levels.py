"""Continuous series of closed days, such as occupancy: the expert that was least wrong lately says what is usual."""

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.detection.experts import LOOKBACK_STEPS, expect
from pipeline.metrics.metric_type import MetricType
from pipeline.training.exact import rounded
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, t_two_sided, t_upper

LOOKBACK_DAYS = LOOKBACK_STEPS + 2
LEARNING_DAYS = 28
FLOOR_RATIO = 0.15
BAND_Z = 3.0


def detect_levels(frame: pd.DataFrame, context: Context, metric: MetricType) -> Detected:
    """Robust z of each day on the side that the type names; scales have the type's floor.

    ``frame``: entity_id, interval_start, timestamp, metric_value.
    """
    rows = prepare(frame, context.time_zone)
    ids, series = np.unique(rows["entity_id"].to_numpy(np.int64), return_inverse=True)
    day = rows["day"].to_numpy(np.int64)
    first = int(day.min()) if day.size else 0
    value = rows["metric_value"].to_numpy(dtype=float)
    grid = np.full((ids.size, int(np.ptp(day)) + 1 if day.size else 0), np.nan)
    grid[series, day - first] = value
    usual = expect(grid, FLOOR_RATIO, metric.scale_floor)
    expected, scale, seen = (np.asarray(part)[series, day - first] for part in (usual.value, usual.scale, usual.seen))
    z = np.nan_to_num((value - expected) / scale)
    tail = {"upper": t_upper(z), "lower": t_upper(-z), "both": t_two_sided(z)}[metric.direction]
    ready = (seen >= LEARNING_DAYS) & np.isfinite(expected)
    off = deviation(value, expected, metric.scale_floor)
    sided = {"upper": np.maximum(off, 0.0), "lower": np.minimum(off, 0.0), "both": off}[metric.direction]
    tests = rows.assign(
        value=value, expected=rounded(expected), lower=rounded(expected - BAND_Z * scale),
        upper=rounded(expected + BAND_Z * scale), score=np.where(ready, rounded(evidence(tail)), np.nan),
        observations=seen, deviation_ratio=off, effect=sided,
    )  # fmt: skip
    family = Family(
        metric.name, metric.alert_type, metric.entity_type, metric.effect_gate_ratio, tests,
        share=metric.alert_share, is_banded=True,
    )  # fmt: skip
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations"]
    return Detected(tests[names].assign(detector="zscore", model_id=0), (family,))

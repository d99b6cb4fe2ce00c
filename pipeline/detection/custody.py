"""Custody of attendants by day: units used against their own past; a negative balance is a contradiction."""

import numpy as np
import pandas as pd

from pipeline.detection.channels import combined
from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.detection.experts import LOOKBACK_STEPS, expect
from pipeline.training.exact import rounded
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, t_upper

LOOKBACK_DAYS = LOOKBACK_STEPS + 2
USE_FLOOR_UNITS = 3.0
USE_FLOOR_RATIO = 0.6


def detect_custody(frame: pd.DataFrame, context: Context) -> Detected:
    """Robust z (upper) of the units used in a day; certain where the balance is negative.

    ``frame``: entity_id (staff), interval_start, timestamp, metric_value (units used), issued, balance.
    """
    rows = prepare(frame, context.time_zone)
    ids, staff = np.unique(rows["entity_id"].to_numpy(np.int64), return_inverse=True)
    day = rows["day"].to_numpy(np.int64)
    used = rows["metric_value"].to_numpy(dtype=float)
    grid = np.full((ids.size, int(np.ptp(day)) + 1 if day.size else 0), np.nan)
    grid[staff, day - day.min(initial=day[0] if day.size else 0)] = used
    usual = expect(grid, USE_FLOOR_RATIO, USE_FLOOR_UNITS)
    place = (staff, day - (day.min() if day.size else 0))
    expected, scale, seen = usual.value[place], usual.scale[place], usual.seen[place]
    z = np.nan_to_num((used - expected) / scale)
    ready = (seen >= min(context.min_observations, LOOKBACK_STEPS)) & np.isfinite(expected)
    score, model_id, detector = combined(rows, evidence(t_upper(z)), context.channel)
    tests = rows.assign(
        value=used, expected=rounded(expected), lower=rounded(np.maximum(expected - 3.0 * scale, 0.0)),
        upper=rounded(expected + 3.0 * scale), score=np.where(ready, score, np.nan), observations=seen,
        deviation_ratio=deviation(used, expected, USE_FLOOR_UNITS), staff_id=rows["entity_id"], model_id=model_id,
    )  # fmt: skip
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations", "model_id"]
    families = (
        Family("custody", context.alert_type, "staff", context.effect_gate_ratio, tests, share=0.05, is_banded=True),
        Family("custody_negative", "zimmet_tutarsizlik", "staff", 0.0, _negative(tests)),
    )
    return Detected(tests[names].assign(detector=detector), families)


def _negative(tests: pd.DataFrame) -> pd.DataFrame:
    """Every row; certain where more was used and returned than was ever issued. Told as a balance."""
    balance = tests["balance"].to_numpy(dtype=float)
    negative = balance < 0
    return tests.assign(
        value=balance, expected=0.0, lower=0.0, upper=np.maximum(balance, 0.0), certain=negative,
        score=np.where(negative, 12.0, 0.0), deviation_ratio=np.where(negative, -1.0, 0.0), effect=1.0,
    )  # fmt: skip

"""Products that run out: seven days or fewer of stock, and fewer than this product usually falls to (SPEC A4.3).

The gate is the value, not a deviation. A store that is refilled twice a week may stand at five days before every
delivery; nobody wants to read that each time. So beyond two days, which are always told, the usual low of the weeks
before counts; until it is known, four days or fewer are told.
"""

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Detected, Family
from pipeline.metrics.metric_type import MetricType
from pipeline.training.exact import Floats, Ints, rounded
from pipeline.training.rows import prepare

SOON_DAYS = 7.0
SEVERITIES = ((2.0, "kritik"), (4.0, "yuksek"))  # A4.3; else "orta"
URGENT_DAYS, UNKNOWN_DAYS = 2.0, 4.0
CLEAR_DAYS = 8.0  # a little more than soon, so that incidents do not flicker
WEEK = 7
WEEKS = 8
MIN_WEEKS = 2
LOOKBACK_DAYS = WEEK * WEEKS + 2
BELOW_USUAL = 0.6  # of the usual low
HORIZON_DAYS = 60.0
SURE, UNDECIDED = 12.0, 1.5  # of evidence: a rule, not a probability


def detect_running_out(frame: pd.DataFrame, context: Context, metric: MetricType) -> Detected:
    """``frame``: entity_id (product), interval_start, timestamp, metric_value (days), level, daily_outflow.

    ``expected`` is the usual low before a delivery, at least seven days where it is not known yet.
    """
    rows = prepare(frame, context.time_zone)
    days = rows["metric_value"].to_numpy(dtype=float)
    usual_low, weeks = _usual_low(rows, days)
    known = weeks >= MIN_WEEKS
    unusual = np.where(known, (days <= SOON_DAYS) & (days < BELOW_USUAL * usual_low), days <= UNKNOWN_DAYS)
    due = (days <= URGENT_DAYS) | unusual
    score = np.where(due, SURE - days, np.where(days > CLEAR_DAYS, 0.0, UNDECIDED))
    low = np.where(known, np.minimum(usual_low, HORIZON_DAYS), SOON_DAYS)
    severity = np.select([days <= limit for limit, _ in SEVERITIES], [name for _, name in SEVERITIES], "orta")
    tests = rows.assign(
        value=days, expected=rounded(np.maximum(low, SOON_DAYS)), lower=SOON_DAYS, upper=HORIZON_DAYS,
        observations=weeks * WEEK, score=np.where(weeks > 0, rounded(score), np.nan), effect=due.astype(float),
        deviation_ratio=rounded(np.minimum(days / SOON_DAYS - 1.0, 0.0)), severity=severity.astype(object),
        usual_low=np.where(known, rounded(usual_low), np.nan), product_id=rows["entity_id"],
    )  # fmt: skip
    family = Family(
        metric.name, metric.alert_type, metric.entity_type, metric.effect_gate_ratio, tests, share=metric.alert_share
    )
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations"]
    return Detected(tests[names].assign(detector="run_out", model_id=0), (family,))


def _usual_low(rows: pd.DataFrame, days: Floats) -> tuple[Floats, Floats]:
    """Median of the lowest values of the weeks before each row, and how many of the weeks have any.

    Week k ends 7 (k − 1) + 1 days before the row's day.
    """
    if rows.empty:
        return np.zeros(0), np.zeros(0)
    ids, series = np.unique(rows["entity_id"].to_numpy(np.int64), return_inverse=True)
    day: Ints = rows["day"].to_numpy(np.int64) - int(rows["day"].min())
    span = WEEK * WEEKS
    grid = np.full((ids.size, span + int(day.max()) + 1), np.inf)
    grid[series, span + day] = days
    windows = np.lib.stride_tricks.sliding_window_view(grid, span, axis=1)[series, day]
    lows = windows.reshape(len(rows), WEEKS, WEEK).min(axis=2)
    ordered, count = np.sort(lows, axis=1), np.isfinite(lows).sum(axis=1)
    place = np.arange(len(rows))
    low, high = ordered[place, np.maximum((count - 1) // 2, 0)], ordered[place, np.minimum(count // 2, WEEKS - 1)]
    middle = np.where(count > 0, 0.5 * (np.where(count > 0, low, 0.0) + np.where(count > 0, high, 0.0)), np.inf)
    return middle, count.astype(float)

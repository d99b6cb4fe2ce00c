"""Products that run out: seven days or fewer of stock, and fewer than this product usually falls to (SPEC A4.3).

The gate is the value, not a deviation. A store that is refilled twice a week may stand at three days before every
delivery; nobody wants to read that each time. So beyond two days, which are always told, two things count: the usual
low of the weeks before (until it is known, four days or fewer are told), and whether the stock lasts until the hotel's
next delivery by the rhythm of the last four weeks. A delivery that does not come is not waited for: a whole gap is
counted again.
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
RHYTHM_DAYS = 28  # in which deliveries are counted
DELIVERY_DAYS = 2.0  # of the hotel's whole use: what the levels of one day's delivery rise by, corrections do not
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
    gap, until_delivery = _next_delivery(rows)
    due = (days <= URGENT_DAYS) | (unusual & (days < until_delivery))
    score = np.where(due, SURE - days, np.where(days > CLEAR_DAYS, 0.0, UNDECIDED))
    low = np.where(known, np.minimum(usual_low, HORIZON_DAYS), SOON_DAYS)
    severity = np.select([days <= limit for limit, _ in SEVERITIES], [name for _, name in SEVERITIES], "orta")
    tests = rows.assign(
        value=days, expected=rounded(np.maximum(low, SOON_DAYS)), lower=SOON_DAYS, upper=HORIZON_DAYS,
        observations=weeks * WEEK, score=np.where(weeks > 0, rounded(score), np.nan), effect=due.astype(float),
        deviation_ratio=rounded(np.minimum(days / SOON_DAYS - 1.0, 0.0)), severity=severity.astype(object),
        usual_low=np.where(known, rounded(usual_low), np.nan), delivery_gap=gap, product_id=rows["entity_id"],
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


def _next_delivery(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Days between the hotel's deliveries (NaN without any) and until the next one is due, for each row.

    A delivery is a day on which the levels of all products together rise by what the hotel uses in ``DELIVERY_DAYS``.
    """
    if rows.empty:
        return np.zeros(0), np.zeros(0)
    by_day = rows.pivot_table(index="day", columns="entity_id", values=["level", "daily_outflow"], aggfunc="last")
    first, last = int(rows["day"].min()), int(rows["day"].max())
    level, flow = (by_day[name].reindex(range(first, last + 1)) for name in ("level", "daily_outflow"))
    levels = level.to_numpy(dtype=float)
    steps = np.diff(levels, axis=0, prepend=levels[:1])
    risen = np.nansum(np.maximum(steps, 0.0), axis=1)
    use = np.nansum(flow.to_numpy(dtype=float), axis=1)
    delivered: Ints = ((use > 0) & (risen >= DELIVERY_DAYS * use)).astype(np.int64)
    seen: Ints = (use > 0).astype(np.int64)
    number, observed = (_of_window(counted) for counted in (delivered, seen))
    at = np.arange(delivered.size)
    since = at - np.maximum.accumulate(np.where(delivered > 0, at, -RHYTHM_DAYS))
    gap = np.where(number > 0, np.ceil(observed / np.maximum(number, 1)), np.nan)
    until = np.where(number > 0, np.where(since < gap, gap - since, gap), SOON_DAYS + 1.0)
    place = rows["day"].to_numpy(np.int64) - first
    return gap[place], until[place]


def _of_window(counted: Ints) -> Ints:
    """How many of the ``RHYTHM_DAYS`` days that end with each day."""
    total = np.concatenate([np.zeros(RHYTHM_DAYS, dtype=np.int64), np.cumsum(counted)])
    return np.asarray(total[RHYTHM_DAYS:] - total[:-RHYTHM_DAYS])

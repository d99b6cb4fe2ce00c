"""Refill durations in log minutes: the attendant's own mean and the load decide what is usual (SPEC A3.2)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.detection.channels import combined
from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.training.exact import FINE_UNIT, Floats, Ints, exact_sum, rounded, to_fixed
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, normal_upper, t_upper

WINDOW_DAYS = 56
DRIFT_SPANS = (3, 7, 14)  # days over which a rise of the attendant's mean is looked for
HABIT_DAYS = 42  # of which an attendant's own day-to-day variation is measured, the longest span left out
HABIT_PRIOR_DAYS = 10
HABIT_RANGE = (1.0, 8.0)
HABIT_CAP = 9.0
LOOKBACK_DAYS = WINDOW_DAYS + HABIT_DAYS + 2
LOADS = 16  # units refilled: 1 … 15 and more
MINUTES_RANGE = (0.2, 240.0)
STAFF_PRIOR_ROWS = 10.0
LOAD_PRIOR_ROWS = 10.0
SCALE_RANGE = (0.15, 1.5)
DAY_SPREAD = 0.14  # log sd of an attendant's good and bad days (custodian log, 231 timed tasks)
DRIFT_GATE_RATIO = 0.25
MIN_DAY_ROWS = 3


@dataclass
class DurationWindow:
    """Integer sums of the last days: staff × load × (rows, log minutes, squares)."""

    sums: Ints

    def move(self, staff: Ints, load: Ints, log_minutes: Floats, sign: int) -> None:
        fixed = to_fixed(log_minutes, 2**20)
        for position, weight in enumerate((np.ones_like(fixed), fixed, to_fixed(log_minutes**2, 2**20))):
            np.add.at(self.sums[..., position], (staff, load), sign * weight)

    def fit(self) -> tuple[Floats, Floats, Floats, float]:
        """Load curve, staff effects, rows of each staff member, residual scale."""
        rows = self.sums[..., 0].astype(float)
        total, squares = self.sums[..., 1] / 2**20, self.sums[..., 2] / 2**20
        by_load, count = self.sums.sum(axis=0)[:, 1] / 2**20, self.sums.sum(axis=0)[:, 0].astype(float)
        curve = (by_load + LOAD_PRIOR_ROWS * _line(count, by_load)) / (count + LOAD_PRIOR_ROWS)
        staff_rows = rows.sum(axis=1)
        surplus = exact_sum(total - rows * curve, axis=1)
        effect = surplus / (staff_rows + STAFF_PRIOR_ROWS)
        means = curve[None] + effect[:, None]
        error = exact_sum(squares - 2.0 * means * total + rows * means**2)
        scale = float(np.sqrt(max(float(error), 0.0) / max(float(staff_rows.sum()), 1.0)))
        return curve, effect, staff_rows, float(np.clip(scale, *SCALE_RANGE))


def _line(count: Floats, total: Floats) -> Floats:
    """Weighted straight line of the mean log minutes over the log of the load, for loads seldom seen."""
    x = np.log1p(np.arange(count.size))
    weight = max(float(count.sum()), 1.0)
    mean_x, mean_y = float((count * x).sum()) / weight, float(total.sum()) / weight
    variance = float((count * (x - mean_x) ** 2).sum())
    slope = float(((x - mean_x) * (total - count * mean_y)).sum()) / variance if variance > 1e-9 else 0.0
    return np.asarray(mean_y + slope * (x - mean_x))


def detect_refills(frame: pd.DataFrame, context: Context) -> Detected:
    """Student's t evidence (upper) of each refill; evidence of a rise of each attendant's mean by closed day.

    ``frame``: entity_id (staff), interval_start, timestamp, metric_value (minutes), items, room_id.
    """
    rows = prepare(frame, context.time_zone)
    rows["room_id"] = rows.get("room_id", np.nan)
    usual, scale, seen = _walk(rows)
    minutes = rows["metric_value"].to_numpy(dtype=float).clip(*MINUTES_RANGE)
    z = (np.log(minutes) - usual) / scale
    expected, ready = np.exp(usual + 0.5 * scale**2), seen >= context.min_observations
    score, model_id, detector = combined(rows, evidence(t_upper(z)), context.channel)
    tests = rows.assign(
        value=rows["metric_value"].to_numpy(dtype=float), expected=rounded(expected),
        lower=rounded(np.exp(usual - 2.33 * scale)), upper=rounded(np.exp(usual + 2.33 * scale)),
        score=np.where(ready, score, np.nan), observations=seen, model_id=model_id, staff_id=rows["entity_id"],
        residual=np.where(ready, rounded(np.log(minutes) - usual), np.nan), spread=scale,
        deviation_ratio=deviation(rows["metric_value"].to_numpy(dtype=float), expected, 0.5),
    )  # fmt: skip
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations", "model_id"]
    single = Family("refill", context.alert_type, "staff", context.effect_gate_ratio, tests, share=0.05, is_banded=True)
    drift = Family("drift", "dolum_yavaslama", "staff", DRIFT_GATE_RATIO, _drift(tests), daily=True, share=0.01)
    return Detected(tests[names].assign(detector=detector), (single, drift))


def _walk(rows: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Expected log minutes, scale and the attendant's refills so far, of each row from strictly earlier days."""
    size = len(rows)
    usual, scale, seen = np.zeros(size), np.ones(size), np.zeros(size)
    if size == 0:
        return usual, scale, seen
    staff_ids, staff = np.unique(rows["entity_id"].to_numpy(np.int64), return_inverse=True)
    load = np.clip(np.nan_to_num(rows["items"].to_numpy(dtype=float), nan=1.0), 1, LOADS - 1).astype(np.int64)
    logs = np.log(rows["metric_value"].to_numpy(dtype=float).clip(*MINUTES_RANGE))
    window = DurationWindow(np.zeros((staff_ids.size, LOADS, 3), dtype=np.int64))
    days, starts = np.unique(rows["day"].to_numpy(np.int64), return_index=True)
    parts = [slice(int(a), int(b)) for a, b in zip(starts, [*starts[1:], size], strict=True)]
    oldest = 0
    for day, part in zip(days.tolist(), parts, strict=True):
        while days[oldest] < day - WINDOW_DAYS:
            window.move(staff[parts[oldest]], load[parts[oldest]], logs[parts[oldest]], -1)
            oldest += 1
        curve, effect, known, spread = window.fit()
        usual[part] = curve[load[part]] + effect[staff[part]]
        scale[part], seen[part] = spread, known[staff[part]]
        window.move(staff[part], load[part], logs[part], +1)
    return rounded(usual), rounded(scale), seen


def _drift(tests: pd.DataFrame) -> pd.DataFrame:
    """One row an attendant and day: the best of the means over 3, 7 and 14 days, with a good-and-bad-days spread."""
    known = tests[tests["residual"].notna()]
    if known.empty:
        return known.assign(span_days=0)
    fixed = known.assign(
        total=to_fixed(known["residual"].to_numpy()),
        rows_=1,
        spread2=to_fixed(known["spread"].to_numpy(dtype=float) ** 2),
    )
    days = fixed.groupby(["entity_id", "day"], as_index=False).agg(
        total=("total", "sum"), rows_=("rows_", "sum"), spread2=("spread2", "max"),
        interval_start=("interval_start", "min"), timestamp=("timestamp", "max"), observations=("observations", "max"),
        expected=("expected", "mean"), staff_id=("staff_id", "max"),
    )  # fmt: skip
    days = days[days["rows_"] >= MIN_DAY_ROWS].reset_index(drop=True)
    mean = days["total"].to_numpy() / FINE_UNIT / days["rows_"].to_numpy()
    noise = DAY_SPREAD**2 + days["spread2"].to_numpy() / FINE_UNIT / days["rows_"].to_numpy()
    noise *= _habit(days, mean**2 / noise)
    best, rise, span_days = np.zeros(len(days)), np.zeros(len(days)), np.zeros(len(days), dtype=np.int64)
    certainty = 1.0 / noise
    for span in DRIFT_SPANS:
        weight_sum, mean_sum = (
            _over(days, to_fixed(1.0 / noise, 2**20), span),
            _over(days, to_fixed(mean / noise), span),
        )
        pooled = (mean_sum / FINE_UNIT) / np.maximum(weight_sum / 2**20, 1e-9)
        z = pooled * np.sqrt(np.maximum(weight_sum / 2**20, 0.0))
        better = z > best
        best, rise = np.where(better, z, best), np.where(better, pooled, rise)
        span_days = np.where(better, span, span_days)
        certainty = np.where(better, weight_sum / 2**20, certainty)
    usual = days["expected"].to_numpy()
    factor, width = np.exp(rise), np.exp(2.33 / np.sqrt(certainty))  # of the span's mean
    return days.assign(
        value=rounded(usual * factor), lower=rounded(usual / width), upper=rounded(usual * width),
        deviation_ratio=rounded(factor - 1.0), span_days=span_days,
        score=rounded(np.maximum(evidence(normal_upper(best)) - np.log10(len(DRIFT_SPANS)), 0.0)),
    )  # fmt: skip


def _habit(days: pd.DataFrame, square: Floats) -> Floats:
    """How much more an attendant's days vary than the model says: who notes times to five minutes varies much.

    Measured on the days before the longest span, so that a drift does not make itself usual; never less than 1.
    """
    capped, ones = to_fixed(np.minimum(square, HABIT_CAP)), np.ones(len(days), dtype=np.int64)
    total, count = (_over(days, each, HABIT_DAYS) - _over(days, each, max(DRIFT_SPANS)) for each in (capped, ones))
    return np.clip((total / FINE_UNIT + HABIT_PRIOR_DAYS) / (count + HABIT_PRIOR_DAYS), *HABIT_RANGE)


def _over(days: pd.DataFrame, values: Ints, span: int) -> Floats:
    """Sums over the attendant's last ``span`` calendar days, the row's own included (it ends the span)."""
    staff, day = days["entity_id"].to_numpy(np.int64), days["day"].to_numpy(np.int64)
    total = np.concatenate([[0], np.cumsum(values)])
    group = np.concatenate([[0], np.cumsum(staff[1:] != staff[:-1])]) if staff.size else staff
    width = int(day.max(initial=0) - day.min(initial=0)) + 20 + span
    key = group * width + (day - day.min(initial=0)) + span if staff.size else day
    first = np.searchsorted(key, key - span + 1, side="left")
    return np.asarray(total[1:] - total[first], dtype=float)

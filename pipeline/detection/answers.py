"""Answers to requests, in log minutes: a single one that came late, and a floor whose answers have become slow."""

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.detection.severity import severity_of
from pipeline.metrics.metric_type import MetricType
from pipeline.training.exact import FINE_UNIT, Floats, Ints, rounded, to_fixed, trailing_sum
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, normal_upper, t_upper

WINDOW_DAYS = 56
SLOW_SPANS = (2, 5)  # days over which a floor's answers are looked at together
LOOKBACK_DAYS = WINDOW_DAYS + max(SLOW_SPANS) + 2
LEARNING_ANSWERS = 30.0  # of the hotel
FLOOR_PRIOR_ANSWERS = 10.0
SCALE_RANGE = (0.35, 1.5)  # of the logarithm: nobody answers like a clock
DAY_SPREAD = 0.15  # log sd of a floor's good and bad days
MIN_ANSWERS = 3
MINUTES_RANGE = (1.0, 3.0 * 24 * 60)
SLOW_GATE_RATIO = 0.5
LATE_Z = 2.33
VERY_LATE = 4.0  # times the usual; one late answer is never critical


def detect_answers(frame: pd.DataFrame, context: Context, metric: MetricType) -> Detected:
    """Student's t evidence of each answer against its floor; normal evidence of each floor's last days together.

    ``frame``: entity_id (room), interval_start, timestamp, metric_value (minutes), floor_id, staff_id.
    """
    rows = prepare(frame, context.time_zone)
    minutes = rows["metric_value"].to_numpy(dtype=float)
    logs = np.log(minutes.clip(*MINUTES_RANGE))
    usual, scale, seen = _usual(rows, logs)
    ready = seen >= LEARNING_ANSWERS
    expected = np.exp(usual)
    tests = rows.assign(
        value=minutes, expected=rounded(expected), lower=rounded(expected * np.exp(-LATE_Z * scale)),
        upper=rounded(expected * np.exp(LATE_Z * scale)), observations=seen, room_id=rows["entity_id"],
        score=np.where(ready, rounded(evidence(t_upper((logs - usual) / scale))), np.nan),
        deviation_ratio=deviation(minutes, expected, 1.0), effect=np.maximum(minutes / expected - 1.0, 0.0),
        severity=np.where(minutes >= VERY_LATE * expected, "yuksek", "orta").astype(object),
        residual=np.where(ready, rounded(logs - usual), np.nan), spread=scale,
    )  # fmt: skip
    single = Family(
        metric.name, metric.alert_type, "room", metric.effect_gate_ratio, tests, share=metric.alert_share,
        is_banded=True,
    )  # fmt: skip
    floors = Family(
        "talep_yanit_floor", "talep_yavaslama", "floor", SLOW_GATE_RATIO, _floors(tests), daily=True,
        share=metric.alert_share,
    )  # fmt: skip
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations"]
    return Detected(tests[names].assign(detector="zscore", model_id=0), (single, floors))


def _usual(rows: pd.DataFrame, logs: Floats) -> tuple[Floats, Floats, Floats]:
    """Expected log minutes, scale, and the hotel's answers so far, of each row from strictly earlier days."""
    if rows.empty:
        return np.zeros(0), np.ones(0), np.zeros(0)
    ids, floor = np.unique(rows["floor_id"].to_numpy(np.int64), return_inverse=True)
    day = rows["day"].to_numpy(np.int64) - int(rows["day"].min())
    grid: Ints = np.zeros((int(day.max()) + 1, ids.size, 3), dtype=np.int64)
    parts = [np.ones_like(day), to_fixed(logs, 2**20), to_fixed(logs**2, 2**20)]
    np.add.at(grid, (day, floor), np.stack(parts, axis=1))
    own = trailing_sum(grid, WINDOW_DAYS)
    everyone = own.sum(axis=1)
    count = np.maximum(everyone[:, 0], 1)
    mean, square = everyone[:, 1] / 2**20 / count, everyone[:, 2] / 2**20 / count
    scale = np.clip(np.sqrt(np.maximum(square - mean**2, 0.0)), *SCALE_RANGE)
    of_floor = (own[..., 1] / 2**20 + FLOOR_PRIOR_ANSWERS * mean[:, None]) / (own[..., 0] + FLOOR_PRIOR_ANSWERS)
    return np.asarray(of_floor[day, floor]), np.asarray(scale[day]), everyone[day, 0].astype(float)


def _floors(tests: pd.DataFrame) -> pd.DataFrame:
    """One row a floor and closed day with answers: the mean residual of its last days against its usual spread."""
    known = tests[np.isfinite(tests["residual"].to_numpy(dtype=float))]
    if known.empty:
        return pd.DataFrame(known.assign(span_days=0))
    fixed = known.assign(total=to_fixed(known["residual"].to_numpy(dtype=float)), answers=1)
    days = fixed.groupby(["floor_id", "day"], as_index=False).agg(
        total=("total", "sum"), answers=("answers", "sum"), spread=("spread", "max"), usual=("expected", "median"),
        interval_start=("interval_start", "min"), timestamp=("timestamp", "max"), observations=("observations", "max"),
    )  # fmt: skip
    spread = days["spread"].to_numpy(dtype=float)
    score, rise = np.zeros(len(days)), np.zeros(len(days))
    span_days, width = np.full(len(days), SLOW_SPANS[0]), spread
    for span in SLOW_SPANS:
        answers, total = _over(days, days["answers"], span), _over(days, days["total"], span) / FINE_UNIT
        deviates = np.sqrt(spread**2 / np.maximum(answers, 1.0) + DAY_SPREAD**2 / span)
        mean = total / np.maximum(answers, 1.0)
        found = np.where(answers >= MIN_ANSWERS, evidence(normal_upper(mean / deviates)) - np.log10(2.0), 0.0)
        better = found > score
        score, rise = np.where(better, found, score), np.where(better, mean, rise)
        span_days, width = np.where(better, span, span_days), np.where(better, deviates, width)
    usual, factor = days["usual"].to_numpy(dtype=float), np.exp(rise)
    judged: pd.DataFrame = days.assign(
        entity_id=days["floor_id"].astype("int64"), value=rounded(usual * factor), expected=rounded(usual),
        lower=rounded(usual * np.exp(-LATE_Z * width)), upper=rounded(usual * np.exp(LATE_Z * width)),
        deviation_ratio=rounded(factor - 1.0), effect=rounded(np.maximum(factor - 1.0, 0.0)), score=rounded(score),
        span_days=span_days, severity=[severity_of(min(size, 0.79)) for size in (factor - 1.0).tolist()],
    )  # fmt: skip
    return judged


def _over(days: pd.DataFrame, values: pd.Series, span: int) -> Floats:
    """Sums over the floor's last ``span`` calendar days, the row's own included."""
    day = days["day"].to_numpy(np.int64)
    series = days["floor_id"].to_numpy(np.int64)
    _, group = np.unique(series, return_inverse=True)
    width = int(np.ptp(day)) + span + 1
    key = group * width + (day - day.min()) + span
    total = np.concatenate([[0], np.cumsum(values.to_numpy(np.int64))])
    return np.asarray(total[1:] - total[np.searchsorted(key, key - span + 1)], dtype=float)

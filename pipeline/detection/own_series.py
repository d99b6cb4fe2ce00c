"""Custom series, judged by the series engine: its alarms are the tests that can alert."""

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Detected, Family
from pipeline.detection.series.engine import SeriesScores, score_series
from pipeline.metrics.metric_type import MetricType
from pipeline.training.exact import Floats, rounded
from pipeline.training.rows import prepare

LOOKBACK_DAYS = 3_650  # what is new depends on everything that is kept
LEARNING = np.timedelta64(7, "D")  # the same time of a week must have been seen
# Alarms of strength 1 to 1.5 come once in four months of a quiet thermometer, a real leap or drift is 2.5 and more.
ALERT_STRENGTH = 2.0
ALERT_EVIDENCE, DECADE_EVIDENCE = 2.0, 4.0  # −log10 of an alarm of that strength; for ten times the strength more
CALM_EVIDENCE = 2.0  # of a row without an alarm whose channels are all certain
UNIT_FLOOR = 1e-9


def detect_series(frame: pd.DataFrame, context: Context, metric: MetricType) -> Detected:
    """Alarms of each series against its own past, at whatever cadence its points come.

    ``frame``: entity_id (series), interval_start, timestamp, metric_value. The forest channel is left out: it adds to
    the ranking of ordinary points and never raises an alarm, at eight times the work.
    """
    rows = prepare(frame, context.time_zone)
    parts = [_judged(part) for _, part in rows.groupby("entity_id", sort=True)]
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations"]
    tests = pd.concat(parts) if parts else rows.assign(**dict.fromkeys(names[2:], 0.0), value=0.0, deviation_ratio=0.0)
    # The alarm layer has looked at every row already: what remains is one test a series and day, and its alarms.
    asked = tests[tests["is_asked"].to_numpy(dtype=bool)] if parts else tests
    family = Family(
        metric.name, metric.alert_type, metric.entity_type, metric.effect_gate_ratio, asked, share=metric.alert_share
    )
    return Detected(tests[names].assign(detector="series", model_id=0), (family,))


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    ordered = rows.sort_values("timestamp", kind="stable")
    values = ordered["metric_value"].to_numpy(dtype=float)
    scores = score_series(ordered["timestamp"], values, with_forest=False)
    instants = ordered["timestamp"].to_numpy(dtype="datetime64[us]")
    known = np.isfinite(scores.expected) & (instants - instants[0] >= LEARNING)
    begins_day = np.concatenate([[True], np.diff(ordered["day"].to_numpy(np.int64)) != 0])
    judged: pd.DataFrame = ordered.assign(
        value=values, expected=scores.expected, lower=scores.lower, upper=scores.upper,
        score=np.where(known, rounded(_evidence(scores.score, scores.is_alarm)), np.nan),
        deviation_ratio=np.where(known, _deviation(values, scores), 0.0),
        is_asked=begins_day | scores.is_alarm, observations=np.arange(len(ordered)),
        is_inside=(values >= scores.lower) & (values <= scores.upper),
    )  # fmt: skip
    return judged


def _deviation(values: Floats, scores: SeriesScores) -> Floats:
    """Relative to what was expected, or to half the band where the expected value is nearly zero."""
    floor = np.maximum(np.abs(scores.expected), 0.5 * (scores.upper - scores.lower))
    return np.nan_to_num((values - scores.expected) / np.maximum(floor, UNIT_FLOOR))


def _evidence(score: Floats, is_alarm: np.ndarray) -> Floats:
    """The engine's fixed scale as −log10 of a tail, so that budgets and thresholds speak of custom series too."""
    plain = np.nan_to_num(score)
    squashed = np.clip(plain - 1.0, 0.5, 0.999)  # strength / (strength + 1), strength ≥ 1
    strength = squashed / (1.0 - squashed)
    alarm = ALERT_EVIDENCE + DECADE_EVIDENCE * np.log10(strength / ALERT_STRENGTH)
    return np.where(is_alarm, alarm, CALM_EVIDENCE * np.minimum(plain, 1.0))

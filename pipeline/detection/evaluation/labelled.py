"""What labelled anomalies say about a metric type: every figure with its definition, interval and sample (A6.4)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.detection.evaluation.intervals import of_resampled
from pipeline.detection.evaluation.measures import evaluate_candidates, match

RESAMPLES, SEED = 200, 7
Interval = tuple[float, float]


@dataclass(frozen=True)
class LabelledFigures:
    """Figures of one metric type on anomalies whose truth is known; None is "not measurable".

    ``precision``: incidents that hit a labelled anomaly. ``recall``: labelled anomalies that raised an alert. ``f1``:
    their harmonic mean. ``accuracy`` is the *balanced* accuracy, the mean of recall and of the share of tests outside
    anomalies that raised nothing: the plain share of right answers is 99.9 % for a detector that never alerts.
    ``pr_auc``: average precision over events. Intervals: 95 % bootstrap over entities and events.
    """

    metric_type: str
    labelled: int
    alerts: int
    precision: float | None
    recall: float | None
    f1: float | None
    accuracy: float | None
    pr_auc: float | None
    intervals: dict[str, Interval]
    by_type: dict[str, tuple[int, int]]  # {anomaly type: (found, planted)}


def labelled_figures(metric_type: str, found: pd.DataFrame, labels: pd.DataFrame, tests: int) -> LabelledFigures:
    """``found``: candidates with margin and alert (``candidates.COLUMNS``) of the time in which ``labels`` were set;
    ``labels``: of that metric type; ``tests``: how many tests were made in that time."""
    labels = labels.reset_index(drop=True)
    if found.empty or labels.empty:
        return _nothing_raised(metric_type, labels)
    report = evaluate_candidates(metric_type, found, labels, 0.0)
    hit = match(found, labels)
    alert = found["alert"].to_numpy(dtype=bool)
    false_tests = int((alert & (hit < 0)).sum())
    specificity = 1.0 - false_tests / tests if tests > 0 else None
    accuracy = None if report.recall is None or specificity is None else (report.recall + specificity) / 2
    intervals = {"precision": report.precision_interval, "pr_auc": report.pr_auc_interval,
                 "recall": _recall_interval(hit[alert], len(labels))}  # fmt: skip
    return LabelledFigures(
        metric_type, len(labels), report.incidents, report.precision, report.recall,
        harmonic_mean(report.precision, report.recall), accuracy, report.pr_auc,
        {name: interval for name, interval in intervals.items() if interval is not None},
        {kind.anomaly_type: (kind.found, kind.planted) for kind in report.by_type},
    )  # fmt: skip


def _nothing_raised(metric_type: str, labels: pd.DataFrame) -> LabelledFigures:
    """No candidate at all: every labelled anomaly was missed, and no alert has a precision."""
    missed = {str(kind): (0, len(rows)) for kind, rows in labels.groupby("anomaly_type")}
    recall, accuracy = (0.0, 0.5) if len(labels) else (None, None)
    return LabelledFigures(metric_type, len(labels), 0, None, recall, None, accuracy, recall, {}, missed)


def harmonic_mean(precision: float | None, recall: float | None) -> float | None:
    """F1; 0 where either is 0, None where either is not measurable."""
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def _recall_interval(hits: np.ndarray, planted: int) -> Interval | None:
    """Resampled events, found or not."""
    if planted == 0:
        return None
    found = np.isin(np.arange(planted), hits).astype(float)
    drawn = np.random.default_rng(SEED).choice(found, size=(RESAMPLES, planted)).mean(axis=1)
    return of_resampled(drawn, int(found.sum()), planted)

"""Which detector judges which metric type, and how much of the past it must read.

A type is judged by the detector of its family; the four that came first have one of their own. A new type needs
nothing here unless its family is new.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pipeline.detection import (
    answers,
    counts,
    custody,
    daily_counts,
    daily_levels,
    own_series,
    refills,
    revenue,
    running_out,
    stock,
)
from pipeline.detection.contract import Context, Detected, Detector
from pipeline.metrics.metric_type import Family, MetricType
from pipeline.metrics.registry import METRIC_TYPES

FamilyDetector = Callable[..., Detected]  # rows, Context, MetricType


@dataclass(frozen=True)
class Judge:
    """A detector and the days before its first row on which a score may depend."""

    detect: Detector
    lookback_days: int


OWN: dict[str, Judge] = {
    "stok_seviye": Judge(stock.detect_stock, stock.LOOKBACK_DAYS),
    "tuketim_miktar": Judge(counts.detect_consumption, counts.LOOKBACK_DAYS),
    "dolum_sure": Judge(refills.detect_refills, refills.LOOKBACK_DAYS),
    "zimmet_kullanim": Judge(custody.detect_custody, custody.LOOKBACK_DAYS),
}
BY_FAMILY: dict[Family, tuple[FamilyDetector, int]] = {
    "continuous": (daily_levels.detect_levels, daily_levels.LOOKBACK_DAYS),
    "daily_count": (daily_counts.detect_counts, daily_counts.LOOKBACK_DAYS),
    "share": (daily_counts.detect_share, daily_counts.LOOKBACK_DAYS),
    "duration": (answers.detect_answers, answers.LOOKBACK_DAYS),
    "revenue": (revenue.detect_revenue, revenue.LOOKBACK_DAYS),
    "series": (own_series.detect_series, own_series.LOOKBACK_DAYS),
    "run_out": (running_out.detect_running_out, running_out.LOOKBACK_DAYS),
}


def judge_of(metric: MetricType) -> Judge:
    """The type's own judge or its family's; a family nobody judges is an error of the programmer."""
    if metric.name in OWN:
        return OWN[metric.name]
    if metric.family not in BY_FAMILY:
        raise ValueError(f"no detector judges the family {metric.family} of {metric.name}")
    detect, lookback_days = BY_FAMILY[metric.family]
    return Judge(partial(detect, metric=metric), lookback_days)


JUDGES: dict[str, Judge] = {name: judge_of(metric) for name, metric in METRIC_TYPES.items()}

__all__ = ["BY_FAMILY", "JUDGES", "OWN", "Context", "Judge", "judge_of"]

"""What one verdict did and will do, in what is stored: a silence, thresholds, trainings (SPEC A6.2, A6.3)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.alerts.learning.margins import CONFIRMED, COUNTED, OCCUPANCY, TEST
from pipeline.detection.suppression import CLEARLY_LARGER, LARGER, SILENT_FOR, silences
from pipeline.detection.thresholds.settings import parse_segment
from pipeline.metrics.registry import METRIC_TYPES

PLACES = ("room_type", "floor", "product", "staff")


@dataclass(frozen=True)
class LearnedThreshold:
    """What a family, or a segment of it, must bring beyond its threshold because of so many verdicts.

    ``places``: what the segment is, as people call it, by dimension; empty for a whole family. ``before`` and
    ``shift``: what was asked for before the newest night that learned, and what is asked for now.
    """

    metric_type: str
    key: str
    family: str
    places: dict[str, str]
    before: float
    shift: float
    confirmed: int
    false: int
    learned_at: datetime

    @property
    def verdicts(self) -> int:
        return self.confirmed + self.false


@dataclass(frozen=True)
class Silencing:
    """Until when the same situation is not raised, and of which size: with the same value expected, one up to
    ``silent_to`` is silent for certain and one from ``raised_from`` on is raised; None where there is no limit."""

    until_at: datetime
    is_over: bool
    hidden: int  # anomalies not raised because of it, so far
    expected: float | None
    silent_to: float | None
    raised_from: float | None
    is_rise: bool


@dataclass(frozen=True)
class VerdictEffect:
    """``teaches``: thresholds learn from it; ``learned_at``: the first night that knew it. ``is_left_out``: its records
    are no example of what is normal; ``trained_at``: the first training that knew it."""

    verdict: str | None
    withdrawn_at: datetime | None = None
    silencing: Silencing | None = None
    teaches: bool = False
    learned_at: datetime | None = None
    is_left_out: bool = False
    trained_at: datetime | None = None
    thresholds: tuple[LearnedThreshold, ...] = ()


def effect(facts: Mapping[str, Any], thresholds: Iterable[LearnedThreshold], at: datetime) -> VerdictEffect:
    """``facts``: ``db.queries.verdicts.facts`` of one alert; ``thresholds``: those in force of its metric type."""
    verdict, mine = facts["verdict"], tuple(one for one in thresholds if _is_of(one, facts))
    if verdict is None:
        return VerdictEffect(None, facts["withdrawn_at"], thresholds=mine)
    teaches = verdict in COUNTED and _family(facts) is not None and not _is_fact(facts)
    return VerdictEffect(
        verdict, None, _silencing(facts, at), teaches, facts["learned_at"], verdict == CONFIRMED, facts["trained_at"],
        mine,
    )  # fmt: skip


def _is_of(threshold: LearnedThreshold, facts: Mapping[str, Any]) -> bool:
    """Whether the threshold is asked of tests like the one that raised the alert."""
    if threshold.metric_type != facts["metric_type"] or threshold.family != _family(facts):
        return False
    if not threshold.places:
        return True
    own = {name: str(facts[f"{name}_id"]) for name in PLACES} | {"occupancy": _named(facts, OCCUPANCY)}
    return all(own.get(name) == value for name, value in parse_segment(threshold.key)[1].items())


def _family(facts: Mapping[str, Any]) -> str | None:
    return _named(facts, TEST)


def _named(facts: Mapping[str, Any], pattern: str) -> str | None:
    found = pd.Series([facts["context_signature"] or ""]).str.extract(pattern, expand=False).iloc[0]
    return None if pd.isna(found) else str(found)


def _is_fact(facts: Mapping[str, Any]) -> bool:
    """Data that cannot be right are raised without a threshold, and none learns from them."""
    metric = METRIC_TYPES.get(facts["metric_type"])
    return metric is not None and facts["alert_type"] == metric.inconsistency_alert_type


def _silencing(facts: Mapping[str, Any], at: datetime) -> Silencing | None:
    if facts["verdict"] not in SILENT_FOR:
        return None
    until_at = facts["verdict_at"] + SILENT_FOR[facts["verdict"]]
    [[dismissed]] = silences([facts]).by_situation.values()
    excess, expected = dismissed.excess, facts["expected"]
    unbounded = Silencing(until_at, until_at < at, facts["hidden"], None, None, None, True)
    if not math.isfinite(excess) or excess == 0.0:
        return unbounded
    sure, always = expected + LARGER * excess, expected + CLEARLY_LARGER * excess
    if sure <= 0.0 and not _is_fact(facts):  # nothing falls that far
        return unbounded
    metric, is_rise = METRIC_TYPES.get(facts["metric_type"]), excess > 0
    if metric is not None and metric.unit == "unit.units":
        sure = math.ceil(sure) - 1.0 if is_rise else math.floor(sure) + 1.0
        always = float(math.ceil(always) if is_rise else math.floor(always))
    return Silencing(until_at, until_at < at, facts["hidden"], expected, sure, always, is_rise)

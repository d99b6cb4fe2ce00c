"""Replay: the alerts of the past under other settings, from stored candidates, and how good they would have been."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipeline.detection.evaluation.candidates import incidents
from pipeline.detection.handover import decided
from pipeline.detection.thresholds.history import UNKNOWN, History, Truth, prepare
from pipeline.detection.thresholds.outcomes import TRUE_VERDICT, Measured, Outcomes, joined_outcomes
from pipeline.detection.thresholds.segments import NOWHERE, Places
from pipeline.detection.thresholds.settings import DetectionSettings

SHOWN = [
    "hotel_id", "metric_type", "family", "alert_type", "entity_type", "entity_id", "room_id", "product_id", "staff_id",
    "day", "observed_on", "interval_start", "timestamp", "value", "expected", "lower", "upper", "deviation_ratio",
    "score", "base_threshold", "threshold", "certain", "context_signature", "silenced", "verdict_row", "label_row",
    "alert",
]  # fmt: skip
SAME_ALERT = ["hotel_id", "metric_type", "alert_type", "entity_type", "entity_id", "observed_on"]


@dataclass(frozen=True)
class ReplayResult:
    """What some settings would have raised. ``decided``: every candidate with its thresholds; ``alerts``: those that
    alert and are not silenced, with the number of their ``incident``; ``per_day``: observed_on, alerts, incidents
    (begun on that day)."""

    decided: pd.DataFrame
    alerts: pd.DataFrame
    per_day: pd.DataFrame
    outcomes: Outcomes

    @property
    def incidents(self) -> int:
        return int(self.per_day["incidents"].sum())

    @property
    def incidents_per_day(self) -> float | None:
        """What a person would have had to read a day, on average; None for an empty period."""
        return self.incidents / len(self.per_day) if len(self.per_day) else None

    @property
    def verdict_precision(self) -> Measured:
        return self.outcomes.verdict_precision()

    @property
    def verdict_recall(self) -> Measured:
        return self.outcomes.verdict_recall()

    @property
    def planted_precision(self) -> Measured:
        return self.outcomes.planted_precision()

    @property
    def planted_recall(self) -> Measured:
        return self.outcomes.planted_recall()


@dataclass(frozen=True)
class AlertDifference:
    """Alerts (one an entity, type and day) that only the second settings raise, only the first, and both."""

    appear: pd.DataFrame
    disappear: pd.DataFrame
    stay: pd.DataFrame


@dataclass(frozen=True)
class Comparison:
    before: ReplayResult
    after: ReplayResult
    difference: AlertDifference


def run(history: History, settings: Mapping[str, DetectionSettings]) -> ReplayResult:
    """The history decided by ``settings`` (by metric type; defaults for the others): a pure function, no scoring.

    The decisions are those of detection itself, so that the settings in force give the alerts that were raised. Late
    data can differ: what was decided before it came is decided with it here. An incident here is a run of alerts of
    one entity and type not more than three days apart; the live one also ends when the entity is found normal twice.
    """
    frames = []
    for metric_type, families in history.families.items():
        asked = settings.get(metric_type, DetectionSettings(history.hotel_id, metric_type))
        frames += [tests for _, tests in decided(families, asked, history.counts.get(metric_type), history.places)]
    found = _joined(frames).assign(hotel_id=history.hotel_id)[SHOWN]
    found = found[found["day"].to_numpy(dtype=np.int64) >= history.first_day]
    alerting: pd.DataFrame = found[(found["alert"] & ~found["silenced"]).to_numpy(dtype=bool)].reset_index(drop=True)
    alerting = alerting.assign(incident=incidents(alerting) if len(alerting) else 0)
    return ReplayResult(found, alerting, _per_day(history, alerting), _outcomes(history, alerting))


def replay(
    candidates: pd.DataFrame,
    test_counts: pd.DataFrame,
    settings: Mapping[str, DetectionSettings],
    suppressions: pd.DataFrame | None = None,
    labels: pd.DataFrame | None = None,
    *,
    verdicts: pd.DataFrame | None = None,
    places: Places = NOWHERE,
) -> ReplayResult:
    """One hotel's stored candidates decided by ``settings``; the frames are those of ``history.prepare``."""
    return run(prepare(candidates, test_counts, Truth(verdicts, suppressions, labels), places=places), settings)


def joined(results: list[ReplayResult]) -> ReplayResult:
    """The results of several hotels (at least one) as one, measured anew over all their cases."""
    per_day = pd.concat([result.per_day for result in results]).groupby("observed_on", as_index=False).sum()
    alerts = pd.concat([result.alerts for result in results], ignore_index=True)
    return ReplayResult(
        pd.concat([result.decided for result in results], ignore_index=True),
        alerts,
        per_day,
        joined_outcomes([result.outcomes for result in results]),
    )


def compare(before: ReplayResult, after: ReplayResult) -> Comparison:
    """What changes from one result to the other."""
    first, second = (result.alerts.drop_duplicates(SAME_ALERT) for result in (before, after))
    known = pd.MultiIndex.from_frame(first[SAME_ALERT])
    new = pd.MultiIndex.from_frame(second[SAME_ALERT])
    difference = AlertDifference(second[~new.isin(known)], first[~known.isin(new)], second[new.isin(known)])
    return Comparison(before, after, difference)


def compare_models(
    champion: pd.DataFrame,
    challenger: pd.DataFrame,
    test_counts: pd.DataFrame,
    settings: Mapping[str, DetectionSettings],
    truth: Truth = UNKNOWN,
    *,
    hotel_id: int = 0,
    period: tuple[date, date] | None = None,
    places: Places = NOWHERE,
) -> Comparison:
    """The alerts of two models' candidates (columns of ml_candidates) of the same rows, under the same settings."""
    before, after = (
        run(prepare(found, test_counts, truth, hotel_id=hotel_id, period=period, places=places), settings)
        for found in (champion, challenger)
    )
    return compare(before, after)


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=SHOWN)


def _per_day(history: History, alerting: pd.DataFrame) -> pd.DataFrame:
    days = pd.date_range(history.since_on, history.until_on, freq="D", unit="s")
    first = history.first_day
    begun = alerting.sort_values("day", kind="stable").drop_duplicates("incident")
    count = len(days)
    return pd.DataFrame(
        {
            "observed_on": days,
            "alerts": np.bincount(alerting["day"].to_numpy(np.int64) - first, minlength=count)[:count],
            "incidents": np.bincount(begun["day"].to_numpy(np.int64) - first, minlength=count)[:count],
        }
    )


def _outcomes(history: History, alerting: pd.DataFrame) -> Outcomes:
    hotel = f"{history.hotel_id}/"
    return Outcomes(
        _judged(history, alerting, hotel), _incidents(history, alerting, hotel), _planted(history, alerting, hotel)
    )


def _judged(history: History, alerting: pd.DataFrame, hotel: str) -> pd.DataFrame:
    """Judged incidents of which a candidate lies in the period, and whether one of these alerts."""
    rows = [tests.loc[tests["day"] >= history.first_day, "verdict_row"].to_numpy() for tests in _tests(history)]
    reachable = np.unique(np.concatenate([*rows, np.zeros(0, dtype=np.int64)]))
    reachable = reachable[reachable >= 0]
    if reachable.size == 0:
        return pd.DataFrame({"entity": [], "at": [], "is_true": [], "is_found": []})
    judged = history.verdicts.iloc[reachable]
    return pd.DataFrame(
        {
            "entity": hotel + judged["entity_type"] + judged["entity_id"].astype(str),
            "at": judged["last_seen_at"],
            "is_true": judged["verdict"] == TRUE_VERDICT,
            "is_found": np.isin(reachable, alerting["verdict_row"].to_numpy()),
        }
    )


def _incidents(history: History, alerting: pd.DataFrame, hotel: str) -> pd.DataFrame:
    truth = np.full(len(alerting), np.nan)
    judged = alerting["verdict_row"].to_numpy(np.int64)
    if len(history.verdicts):
        is_true = (history.verdicts["verdict"] == TRUE_VERDICT).to_numpy(dtype=float)
        truth = np.where(judged >= 0, is_true[judged], np.nan)
    hit = (
        (alerting["label_row"].to_numpy() >= 0).astype(float) if history.has_labels else np.full(len(alerting), np.nan)
    )
    cases = pd.DataFrame(
        {
            "incident": alerting["incident"],
            "entity": hotel + alerting["entity_type"].astype(str) + alerting["entity_id"].astype(str),
            "at": alerting["timestamp"],
            "is_hit": hit,
            "verdict": truth,
        }
    )
    return cases.groupby("incident", as_index=False).agg(
        entity=("entity", "first"), at=("at", "min"), is_hit=("is_hit", "max"), verdict=("verdict", "max")
    )


def _planted(history: History, alerting: pd.DataFrame, hotel: str) -> pd.DataFrame:
    """Planted anomalies that began in the period, and whether an alert speaks about them."""
    if not history.has_labels:
        return pd.DataFrame({"entity": [], "at": [], "is_found": []})
    labels = history.labels
    began = labels["started_at"]
    inside = (began >= pd.Timestamp(history.since_on, tz="UTC")) & (
        began < pd.Timestamp(history.until_on + timedelta(days=1), tz="UTC")
    )
    found = np.isin(np.arange(len(labels)), alerting["label_row"].to_numpy())
    frame = pd.DataFrame({"entity": hotel + labels["id"].astype(str), "at": began, "is_found": found})
    wanted = inside if history.only is None else inside & (labels["metric_type"] == history.only)
    kept: pd.DataFrame = frame[wanted.to_numpy(dtype=bool)]
    return kept


def _tests(history: History) -> list[pd.DataFrame]:
    return [family.tests for families in history.families.values() for family in families]

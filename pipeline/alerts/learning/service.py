"""Learning from verdicts: thresholds once a night, and which rows are no example of what is normal (SPEC A6.3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import verdicts as queries
from db.session import Database
from pipeline.alerts.learning.effects import LearnedThreshold, VerdictEffect, effect
from pipeline.alerts.learning.margins import judged_margins
from pipeline.alerts.learning.shifts import Shift, learn
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import (
    EXTRA_EVIDENCE_RANGE,
    SEGMENT_EVIDENCE_RANGE,
    Change,
    DetectionSettings,
    FamilyRule,
    parse_segment,
)
from pipeline.detection.thresholds.versions import Version
from pipeline.metrics.registry import METRIC_TYPES

__all__ = ["ConfirmedAnomalies", "LearnedThreshold", "LearningService", "VerdictEffect"]

DAY, MEMORY = timedelta(days=1), timedelta(days=60)
SOURCE, ROLLBACK = "verdicts", "rollback"
REASON = "learning.reason"  # catalog key; its numbers are in the version's trace


@dataclass(frozen=True)
class Subject:
    """One metric type of a hotel: its settings in force, and its versions, newest first."""

    hotel_id: int
    current: DetectionSettings
    history: Sequence[Version]


@dataclass(frozen=True)
class LearningService:
    """Turns the verdicts of ``MEMORY`` into versions of the thresholds; nothing is written when nothing changes."""

    database: Database
    clock: Clock
    settings: Settings
    thresholds: ThresholdService

    def learn(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """One night's step of every metric type, each saved as a version with its numbers."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            judged = queries.judged(connection, hotel_id, at - MEMORY, at)
        decided = self.thresholds.replay(scope, [hotel_id], (at - MEMORY - DAY).date(), (at + DAY).date()).decided
        versions = _by_metric(self.thresholds.history(scope, hotel_id))
        current = self.thresholds.current(scope, hotel_id)
        changed: dict[str, Any] = {}
        for position, metric_type in enumerate(METRIC_TYPES):
            progress(position / len(METRIC_TYPES), f"metric.{metric_type}")
            subject = Subject(hotel_id, current[metric_type], versions.get(metric_type, []))
            shifts = self._learn(scope, subject, judged, decided)
            if shifts:
                changed[metric_type] = len(shifts)  # the values are thresholds, which stand sealed
        progress(1.0, "stage.done")
        return StageReport(len(judged), len(changed), changed)

    def learned(self, scope: Scope, hotel_id: int, metric_type: str | None = None) -> list[LearnedThreshold]:
        """The shifts in force that verdicts brought, with the number of verdicts behind each."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        histories = _by_metric(self.thresholds.history(scope, hotel_id, metric_type))
        in_force = {kind: shifts for kind, history in histories.items() if (shifts := _in_force(history))}
        if not in_force:
            return []
        with self.database.reading() as connection:
            names = queries.segment_names(connection, hotel_id)
        found: list[LearnedThreshold] = []
        for kind, shifts in in_force.items():
            newest = _last_learned(histories[kind])
            if newest is not None and newest.trace is not None:
                told = [entry for entry in newest.trace["shifts"] if entry["key"] in shifts]
                found += [_learned(kind, entry, shifts[entry["key"]], newest.created_at, names) for entry in told]
        return found

    def effect(self, scope: Scope, alert_id: int) -> VerdictEffect:
        """What the verdict on an alert did and will do, and what verdicts taught about tests like its own."""
        scope.require("alerts.read")
        with self.database.reading() as connection:
            facts = queries.facts(connection, alert_id)
        if facts is None:
            raise AppError("not_found", 404, params={"what": f"alert {alert_id}"})
        scope.require_row(facts["hotel_id"], f"alert {alert_id}")
        may_see = scope.allows("metrics.read") and facts["context_signature"]
        learned = self.learned(scope, facts["hotel_id"], facts["metric_type"]) if may_see else []
        return effect(facts, learned, self.clock.now())

    def _learn(self, scope: Scope, subject: Subject, judged: pd.DataFrame, decided: pd.DataFrame) -> list[Shift]:
        """The metric type's changed shifts, saved; nobody's verdicts and nothing learned before: nothing to do."""
        current, before, metric_type = subject.current, _in_force(subject.history), subject.current.metric_type
        mine = judged[judged["metric_type"] == metric_type]
        rolled_back = [version.created_at for version in subject.history if version.source == ROLLBACK]
        if rolled_back:  # who takes thresholds back does not want to see the same verdicts bring them again
            mine = mine[mine["verdict_at"] > max(rolled_back)]
        if mine.empty and not before:
            return []
        manual = {name: rule.extra_evidence - before.get(name, 0.0) for name, rule in current.families.items()}
        margins = judged_margins(mine, decided, manual)
        shifts = learn(margins, before, self.settings.accuracy_threshold, judged_margins(judged, decided, manual))
        changed = [shift for shift in shifts if shift.is_change]
        if changed:
            trace = {"shifts": [vars(shift) for shift in shifts], **_counts(margins)}
            change = _change(current, changed)
            self.thresholds.save(scope, subject.hotel_id, metric_type, change, REASON, source=SOURCE, trace=trace)
        return changed


@dataclass(frozen=True)
class ConfirmedAnomalies:
    """Rows that training leaves out: what people confirmed is no example of what is normal; false alarms stay in."""

    def excluded(
        self, connection: Any, hotel_id: int, metric_type: str, since: datetime, until: datetime
    ) -> pd.DataFrame:
        """metric_type, entity_id (of the metric rows), since, until: rows with ``since < timestamp ≤ until``."""
        own = METRIC_TYPES[metric_type].entity_type
        found = queries.confirmed(connection, hotel_id, metric_type, since, until, entity_type=own)
        return found.assign(metric_type=metric_type)


def _by_metric(history: Iterable[Version]) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for version in history:
        found.setdefault(version.settings.metric_type, []).append(version)
    return found


def _last_learned(history: Iterable[Version]) -> Version | None:
    """The newest version that verdicts made (``history``: newest first)."""
    return next((version for version in history if version.source == SOURCE), None)


def _in_force(history: Sequence[Version]) -> dict[str, float]:
    """The learned part of the active settings, by family and segment key: never more than what is in force now."""
    newest = _last_learned(history)
    active = next((version.settings for version in history if version.is_active), None)
    if newest is None or newest.trace is None or active is None:
        return {}
    now = {
        key: active.segments.get(key, 0.0) if "=" in key else active.rule(key).extra_evidence
        for key in (entry["key"] for entry in newest.trace["shifts"])
    }
    learned = {entry["key"]: entry["after"] for entry in newest.trace["shifts"]}
    return {
        key: round(min(learned[key], max(now[key], 0.0)), 2) for key in learned if learned[key] > 0 and now[key] > 0
    }


def _change(current: DetectionSettings, shifts: Iterable[Shift]) -> Change:
    """What people set stays; only the learned part of each value moves."""
    families: dict[str, FamilyRule] = {}
    segments: dict[str, float] = {}
    for shift in shifts:
        step = shift.after - shift.before
        if shift.is_segment:
            value = round(current.segments.get(shift.key, 0.0) + step, 2)
            segments[shift.key] = min(value, SEGMENT_EVIDENCE_RANGE[1])
        else:
            rule = current.rule(shift.key)
            value = round(min(rule.extra_evidence + step, EXTRA_EVIDENCE_RANGE[1]), 2)
            families[shift.key] = replace(rule, extra_evidence=value)
    return Change(families=families, segments=segments)


def _counts(margins: pd.DataFrame) -> dict[str, int]:
    confirmed = int(margins["is_true"].sum())
    return {"verdicts": len(margins), "confirmed": confirmed, "false": len(margins) - confirmed}


def _learned(
    metric_type: str, entry: dict[str, Any], shift: float, at: datetime, names: dict[tuple[str, int], str]
) -> LearnedThreshold:
    family, places = entry["key"], dict[str, str]()
    if "=" in family:
        family, dimensions = parse_segment(family)
        for name, value in dimensions.items():
            places[name] = names.get((name, int(value)), value) if value.isdecimal() else value
    return LearnedThreshold(
        metric_type, entry["key"], family, places, entry["before"], shift, entry["confirmed"], entry["false"], at
    )

"""The life of one incident: opened, updated while it lasts, closed when the data is normal again (SPEC A5.7)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.detection.anomaly import Anomaly
from pipeline.detection.suppression import SILENT_FOR
from pipeline.metrics.registry import METRIC_TYPES

SEVERITIES = ("dusuk", "orta", "yuksek", "kritik")  # ascending
REOPEN_WITHIN = timedelta(hours=24)
NORMALS_TO_CLOSE = 2  # hysteresis: one calm interval between two bad ones is no recovery
QUIET_FOR = timedelta(days=7)  # what is observed too seldom to be found normal (a count, a delivery) ends without it
# Facts: data that cannot be right, and a store that is filled again (its detector has a hysteresis of its own).
FACTS = frozenset(
    {metric.inconsistency_alert_type for metric in METRIC_TYPES.values() if metric.inconsistency_alert_type}
    | {metric.alert_type for metric in METRIC_TYPES.values() if metric.family == "run_out"}
)

Key = tuple[str, str, int]  # alert_type, entity_type, entity_id


@dataclass(frozen=True)
class Incident:
    """What the machine knows of an incident. What people wrote is not here, so that nothing here can overwrite it."""

    id: int | None  # None: not stored yet
    severity: str
    started_at: datetime
    last_seen_at: datetime
    occurrence_count: int = 1
    normal_count: int = 0
    closed_at: datetime | None = None
    closed_reason: str | None = None
    verdict: str | None = None  # read only

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True)
class Event:
    """One line of the timeline; ``details`` are the parameters of ``alert_event.<kind>``."""

    kind: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """What one detection result does to one incident; ``shown`` is the anomaly to show from now on, if any is new."""

    incident: Incident
    shown: Anomaly | None = None
    events: tuple[Event, ...] = ()


def worst(first: str, second: str) -> str:
    return max(first, second, key=SEVERITIES.index)


def normals_to_close(alert_type: str) -> int:
    """A fact that stopped being true needs no second look; a statistic does."""
    return 1 if alert_type in FACTS else NORMALS_TO_CLOSE


def advance(
    incident: Incident | None, anomalies: Sequence[Anomaly], is_normal: bool, at: datetime, needed_normals: int
) -> Step | None:
    """The step of one key through one result: anomalies in time order, then the calm of its newest interval, or quiet.

    ``incident`` is the key's open incident, else its newest closed one. None when there is nothing to store.
    """
    step = None if incident is None else Step(incident)
    for anomaly in sorted(anomalies, key=lambda one: one.timestamp):
        step = _fire(step, anomaly, at)
    if step is None:
        return None
    if is_normal and step.incident.is_open:
        step = _calm(step, at, needed_normals)
    if step.incident.is_open and at - step.incident.last_seen_at > QUIET_FOR:
        step = _close(step, at, "quiet")
    return None if step.incident == incident and step.shown is None else step


def _fire(step: Step | None, anomaly: Anomaly, at: datetime) -> Step:
    if step is None or _is_another(step.incident, anomaly, at):
        return _opened(anomaly)
    incident = step.incident
    is_newer = anomaly.timestamp > incident.last_seen_at
    is_rescored = anomaly.timestamp == incident.last_seen_at and incident.is_open
    if not is_newer and not is_rescored:
        return _late(step, anomaly)
    severity = worst(incident.severity, anomaly.severity)
    events = list(step.events)
    if not incident.is_open:
        events.append(Event("reopened", {}))
    if severity != incident.severity:
        events.append(Event("severity_raised", {"before": _word(incident.severity), "after": _word(severity)}))
    incident = replace(
        incident,
        severity=severity,
        last_seen_at=anomaly.timestamp,
        occurrence_count=incident.occurrence_count + is_newer,
        normal_count=0,
        closed_at=None,
        closed_reason=None,
    )
    return Step(incident, anomaly, tuple(events))


def _is_another(incident: Incident, anomaly: Anomaly, at: datetime) -> bool:
    """Whether an anomaly belongs to a new incident; a dismissed one is never revived by another situation."""
    if incident.closed_at is None or anomaly.timestamp <= incident.last_seen_at:
        return False
    return incident.verdict in SILENT_FOR or at - incident.closed_at > REOPEN_WITHIN


def _opened(anomaly: Anomaly) -> Step:
    incident = Incident(None, anomaly.severity, anomaly.interval_start, anomaly.timestamp)
    return Step(incident, anomaly, (Event("opened", {"severity": _word(anomaly.severity)}),))


def _late(step: Step, anomaly: Anomaly) -> Step:
    """An interval of the past: known already, or (late data) older than the incident, which then began earlier."""
    if anomaly.interval_start >= step.incident.started_at:
        return step
    began = replace(
        step.incident,
        started_at=anomaly.interval_start,
        occurrence_count=step.incident.occurrence_count + 1,
        severity=worst(step.incident.severity, anomaly.severity),
    )
    return Step(began, step.shown, (*step.events, Event("began_earlier", {})))


def _calm(step: Step, at: datetime, needed_normals: int) -> Step:
    counted = replace(step, incident=replace(step.incident, normal_count=step.incident.normal_count + 1))
    return counted if counted.incident.normal_count < needed_normals else _close(counted, at, "normal")


def _close(step: Step, at: datetime, reason: str) -> Step:
    closed = replace(step.incident, closed_at=at, closed_reason=reason)
    return Step(closed, step.shown, (*step.events, closing(reason)))


def closing(reason: str) -> Event:
    return Event("closed", {"reason": {"id": f"closed_reason.{reason}"}})


def _word(severity: str) -> dict[str, str]:
    return {"id": f"severity.{severity}"}

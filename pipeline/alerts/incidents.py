"""One detection result against the incidents of a hotel: which steps to take and which situations stay silent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from pipeline.alerts.lifecycle import Event, Incident, Key, Step, advance, normals_to_close
from pipeline.alerts.message import describe
from pipeline.detection.anomaly import Anomaly, DetectionResult
from pipeline.detection.suppression import Silences

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a result changes. ``silenced`` counts the anomalies that a verdict keeps silent, by the judged alert."""

    steps: dict[Key, Step]
    silenced: Counter[int]

    @property
    def visible(self) -> int:
        """Incidents of which a reader sees something new."""
        return sum(step.shown is not None or bool(step.events) for step in self.steps.values())


def key_of(row: Row | Anomaly) -> Key:
    if isinstance(row, Anomaly):
        return (row.alert_type, row.entity_type, row.entity_id)
    return (row["alert_type"], row["entity_type"], row["entity_id"])


def incident_of(row: Row) -> Incident:
    return Incident(**{one.name: row[one.name] for one in fields(Incident)})


def plan(result: DetectionResult, known: Mapping[Key, Incident], silences: Silences) -> Plan:
    """The steps of every key of the result. ``known``: the key's open incident, else its newest closed one."""
    fired: dict[Key, list[Anomaly]] = defaultdict(list)
    silenced: Counter[int] = Counter()
    for anomaly in result.anomalies:
        judged = silences.hides(anomaly)
        if judged is None:
            fired[key_of(anomaly)].append(anomaly)
        else:
            silenced[judged] += 1
    silent = sorted(key for key, incident in known.items() if incident.is_open and key not in fired)
    steps = {}
    for key in [*fired, *silent]:
        needed = normals_to_close(key[0])
        step = advance(known.get(key), fired.get(key, ()), key in result.normal, result.at, needed)
        if step is not None:
            steps[key] = step
    return Plan(steps, silenced)


def life_row(incident: Incident) -> dict[str, Any]:
    """The columns of an incident's state."""
    names = ("severity", "started_at", "last_seen_at", "occurrence_count", "normal_count", "closed_at", "closed_reason")
    return {name: getattr(incident, name) for name in names}


def shown_row(anomaly: Anomaly) -> dict[str, Any]:
    """The columns that show an anomaly."""
    message = describe(anomaly)
    return {
        "room_id": anomaly.room_id,
        "product_id": anomaly.product_id,
        "staff_id": anomaly.staff_id,
        "metric_value": anomaly.value,
        "expected": anomaly.expected,
        "lower": anomaly.lower,
        "upper": anomaly.upper,
        "deviation_ratio": anomaly.deviation_ratio,
        "score": anomaly.score,
        "message_id": message.message_id,
        "message_params": message.params,
        "reasons": list(message.reasons),
        "actions": list(message.actions),
        "context_signature": anomaly.context_signature,
        "model_id": anomaly.model_id,
    }


def identity_row(key: Key, metric_type: str) -> dict[str, Any]:
    return {"alert_type": key[0], "entity_type": key[1], "entity_id": key[2], "metric_type": metric_type}


def event_rows(alert_id: int, events: Iterable[Event], at: datetime) -> list[dict[str, Any]]:
    """The machine's timeline rows of one alert."""
    return [
        {"alert_id": alert_id, "occurred_at": at, "actor": "system", "kind": one.kind, "details": one.details}
        for one in events
    ]

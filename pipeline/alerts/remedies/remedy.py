"""What ended an incident by itself, and how long it took from its opening (SPEC A5.7).

An incident that detection found normal again was remedied: at the delivery, refill, count, issue or check that the
hotel recorded, where one can be named, else when it was found normal. What a person closed, what nobody saw again for
a week and what was judged no problem are no remedies.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.alerts.lifecycle import Event, Key, Step

# Which record of the hotel can end an alert of the type; of other types nobody can name one.
ENDED_BY = {
    "stok_tutarsizlik": "stock",
    "stok_bitiyor": "stock",
    "stok_sayim_farki": "count",
    "zimmet_tutarsizlik": "custody",
    "dolum_eksik": "refill",
    "kayit_yok": "record",
    "tuketim_anomali": "check",
    "bosta_tuketim_var": "check",
    "tuketim_artis": "check",
}
PLACES = {"check": ("room", "minibar_slot"), "record": ("room", "staff"), "refill": ("room", "floor")}
QUIET = "closed_reason.quiet"
REAL = (None, "dogru")  # verdicts under which there was something to remedy
NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Cause:
    """A record that ended an incident: a delivery, a count, a refill …; ``units`` and ``rooms`` where it has any."""

    kind: str
    at: datetime
    units: int = 0
    rooms: int = 0


@dataclass(frozen=True)
class Remedy:
    """When the cause was gone; ``reason`` names what ended it (a catalog key with its parameters)."""

    at: datetime
    reason: dict[str, Any]
    since_opening: timedelta
    since_acknowledgement: timedelta | None


def ended(steps: Mapping[Key, Step]) -> list[dict[str, Any]]:
    """The incidents that these steps close because the data is normal, with the kind of record that may have ended it.

    Each with its key, ``kind`` and ``since``: the end of the last anomalous interval.
    """
    return [
        {"alert_type": key[0], "entity_type": key[1], "entity_id": key[2], "kind": kind,
         "since": step.incident.last_seen_at}
        for key, step in steps.items()
        if step.incident.closed_reason == "normal" and (kind := _kind(key)) is not None
    ]  # fmt: skip


def _kind(key: Key) -> str | None:
    kind = ENDED_BY.get(key[0])
    return kind if kind is None or key[1] in PLACES.get(kind, (key[1],)) else None


def with_causes(steps: Mapping[Key, Step], causes: Mapping[Key, Cause]) -> dict[Key, Step]:
    """The same steps; the timeline says what ended the incident."""
    return {key: _told(step, causes[key]) if key in causes else step for key, step in steps.items()}


def _told(step: Step, cause: Cause) -> Step:
    at = cause.at.isoformat()
    params = {"at": {"instant": at}, "units": cause.units, "rooms": cause.rooms}
    details = {"reason": {"id": f"closed_reason.{cause.kind}", "params": params}, "remedied_at": at}
    return replace(step, events=(*step.events[:-1], Event("closed", details)))


def remedy_of(alert: Any, events: Iterable[Any]) -> Remedy | None:
    """The remedy of one alert (``db.queries.alerts.AlertRow``) by its timeline, newest first; None without one."""
    closing = next((event for event in events if event.kind == "closed"), None)
    if alert.closed_at is None or closing is None or closing.actor != "system" or alert.verdict not in REAL:
        return None
    reason = closing.details.get("reason")
    if not isinstance(reason, dict) or reason["id"] == QUIET:  # a command's reason is somebody's own words
        return None
    told = closing.details.get("remedied_at")
    at = datetime.fromisoformat(told) if told else closing.occurred_at
    seen = alert.acknowledged_at
    return Remedy(at, reason, max(at - alert.raised_at, NO_TIME), None if seen is None else max(at - seen, NO_TIME))

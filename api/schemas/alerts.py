"""Alerts, their timelines, and what was done with them."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, Asked, Faults, HotelNumber, Instant, Words
from core.i18n import Translator
from pipeline.alerts.service import AlertDetail, AlertFilters, AlertRow, EventRow

Severity = Literal["dusuk", "orta", "yuksek", "kritik"]
State = Literal[
    "open", "unread", "acknowledged", "unassigned", "snoozed", "silenced", "unjudged", "closed", "all"
]  # fmt: skip
Verdict = Literal["dogru", "yanlis_pozitif", "beklenen", "test"]


class Board(Asked):
    """Which alerts; what may be repeated matches any of its values, what is left out matches all."""

    hotel_id: list[HotelNumber] | None = Field(None, max_length=500)
    severity: list[Severity] = Field([], max_length=4)
    state: list[State] = Field(["open"], max_length=9)
    alert_type: list[Words] = Field([], max_length=50)
    since: Instant | None = Field(None, description="seen at or after")
    until: Instant | None = Field(None, description="began before")
    text: Words = Field("", description="in the names of rooms, products, people, floors, hotels")
    assignee: Words | None = None
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of the page before")

    def filters(self) -> AlertFilters:
        hotels = None if self.hotel_id is None else tuple(self.hotel_id)
        return AlertFilters(
            hotels, tuple(self.severity), tuple(self.state), tuple(self.alert_type), self.since, self.until,
            text=self.text, assignee=self.assignee,
        )  # fmt: skip


class Alert(Answer):
    """One incident. ``message`` and ``actions`` are sentences in the caller's language."""

    id: int
    hotel_id: int
    hotel_name: str
    alert_type: str = Field(examples=["tuketim_anomali"])
    metric_type: str = Field(examples=["tuketim_miktar"])
    entity_type: str = Field(examples=["minibar_slot"])
    entity_id: int
    room: str | None = Field(examples=["305"])
    floor: str | None
    product: str | None
    staff: str | None
    own_series: str | None
    severity: Severity
    metric_value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    deviation_ratio: float | None
    score: float | None
    message: str
    reasons: list[str]
    actions: list[str]
    occurrence_count: int
    started_at: datetime
    last_seen_at: datetime
    raised_at: datetime
    read_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assigned_to: str | None
    snoozed_until: datetime | None
    closed_at: datetime | None
    closed_reason: str | None
    verdict: Verdict | None
    verdict_by: str | None
    verdict_at: datetime | None
    verdict_note: str | None
    model_id: int | None


class AlertPage(Answer):
    """One page of the board, the most severe first, then the newest."""

    items: list[Alert]
    total: int
    next_cursor: str | None


class Event(Answer):
    """One line of a timeline; ``text`` says it in the caller's language."""

    occurred_at: datetime
    actor: str
    kind: str = Field(examples=["acknowledged"])
    text: str
    details: dict[str, Any]


class Timeline(Answer):
    items: list[Event]


class Peer(Answer):
    """How the like of the alert's entity did: four fifths lie between low and high."""

    segment: str
    count: int
    low: float | None
    median: float | None
    high: float | None


class Remedy(Answer):
    """What ended the cause, where the data did."""

    at: datetime
    text: str
    since_opening_seconds: float
    since_acknowledgement_seconds: float | None


class OneAlert(Answer):
    """An alert with everything that its page shows."""

    alert: Alert
    unit: str
    timeline: list[Event]
    peers: list[Peer]
    past_alerts: list[datetime]
    remedy: Remedy | None
    twin_id: int | None
    can_reopen: bool


class SeriesPoint(Answer):
    timestamp: datetime
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    severity: str | None
    is_anomaly: bool


class Series(Answer):
    items: list[SeriesPoint]
    faults: Faults


class Counts(Answer):
    """Open alerts by severity."""

    dusuk: int = 0
    orta: int = 0
    yuksek: int = 0
    kritik: int = 0


class Counted(Answer):
    severity: str
    alert_type: str
    raised: int
    raised_before: int
    closed: int
    closed_before: int
    closed_by_itself: int
    open: int


class Summary(Answer):
    """A period beside the period before it."""

    days: int
    everything: Counted
    by_severity: dict[str, Counted]
    by_type: list[Counted]


class Group(Answer):
    hotel_name: str
    alert_type: str
    floor: str | None
    shift: Literal["night", "morning", "evening"]
    product: str | None
    alerts: int
    rooms: int
    severity_rank: int
    started_at: datetime
    last_seen_at: datetime
    alert_ids: list[int]


class Groups(Answer):
    items: list[Group]


def alert_of(row: AlertRow, language: str) -> Alert:
    """The alert in words, its instants in its hotel's time zone."""
    t, money = Translator(language, row.time_zone), {"currency": row.currency}
    said = {
        "message": t.sentence(row.message_id, row.message_params),
        "reasons": [t.sentence(one["id"], (one.get("params") or {}) | money) for one in row.reasons],
        "actions": [t(one) for one in row.actions],
    }
    return Alert.model_validate(vars(row) | said)


def event_of(row: EventRow, t: Translator) -> Event:
    return Event(
        occurred_at=row.occurred_at, actor=row.actor, kind=row.kind,
        text=t.sentence(f"alert_event.{row.kind}", row.details), details=row.details,
    )  # fmt: skip


def detail_of(found: AlertDetail, language: str) -> OneAlert:
    t = Translator(language, found.alert.time_zone)
    remedy = found.remedy
    return OneAlert(
        alert=alert_of(found.alert, language), unit=t(found.unit),
        timeline=[event_of(event, t) for event in found.events],
        peers=[Peer.model_validate(peer) for peer in found.peers], past_alerts=list(found.series.past_alerts),
        remedy=None if remedy is None else Remedy(
            at=remedy.at, text=t.sentence(remedy.reason["id"], remedy.reason.get("params")),
            since_opening_seconds=remedy.since_opening.total_seconds(),
            since_acknowledgement_seconds=_seconds(remedy.since_acknowledgement),
        ),
        twin_id=found.twin_id, can_reopen=found.can_reopen,
    )  # fmt: skip


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()

"""Alerts as incidents, and their append-only timeline."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, Index, PrimaryKeyConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.activity import one_of
from db.models.base import Base, Code, HotelKey, Key, Now

SEVERITIES = ("dusuk", "orta", "yuksek", "kritik")
VERDICTS = ("dogru", "yanlis_pozitif", "beklenen", "test")


class Alert(Base):
    """One incident of one (hotel, entity, alert type); read, acknowledged, closed and verdict are separate."""

    __tablename__ = "ml_alerts"
    __table_args__ = (one_of("severity", SEVERITIES), one_of("verdict", VERDICTS))
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    alert_type: Mapped[Code]
    metric_type: Mapped[Code]
    entity_type: Mapped[Code]
    entity_id: Mapped[int]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    severity: Mapped[Code]
    metric_value: Mapped[float | None] = mapped_column(Float(53))
    expected: Mapped[float | None] = mapped_column(Float(53))
    lower: Mapped[float | None] = mapped_column(Float(53))
    upper: Mapped[float | None] = mapped_column(Float(53))
    deviation_ratio: Mapped[float | None] = mapped_column(Float(53))
    score: Mapped[float | None] = mapped_column(Float(53))
    message_id: Mapped[str]
    message_params: Mapped[dict[str, Any]]
    reasons: Mapped[list[Any]]  # [{"id": catalog key, "params": {...}}]
    actions: Mapped[list[Any]]  # catalog keys of what to do
    context_signature: Mapped[str | None]
    occurrence_count: Mapped[int] = mapped_column(server_default="1")
    started_at: Mapped[datetime]  # first anomalous interval
    last_seen_at: Mapped[datetime]  # last anomalous interval
    raised_at: Mapped[Now]
    read_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str | None]
    verdict: Mapped[str | None]
    verdict_by: Mapped[str | None]
    verdict_at: Mapped[datetime | None]
    verdict_note: Mapped[str | None]
    is_suppressed: Mapped[bool] = mapped_column(Boolean, server_default="false")
    normal_count: Mapped[int] = mapped_column(server_default="0")  # normal results since last_seen_at
    model_id: Mapped[int | None]
    assigned_to: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    triage_version: Mapped[int] = mapped_column(server_default="0")  # grows with every change by a person


Index(
    "uq_ml_alerts_open",
    Alert.hotel_id, Alert.alert_type, Alert.entity_type, Alert.entity_id,
    unique=True, postgresql_where=text("closed_at IS NULL"),
)  # fmt: skip
Index("ix_ml_alerts_board", Alert.hotel_id, Alert.last_seen_at, Alert.id)


class AlertEvent(Base):
    """The timeline: who changed what, when and why; never updated, never deleted."""

    __tablename__ = "ml_alert_events"
    id: Mapped[Key]
    alert_id: Mapped[int] = mapped_column(ForeignKey("ml_alerts.id", ondelete="CASCADE"), index=True)
    occurred_at: Mapped[Now]
    actor: Mapped[str]
    kind: Mapped[Code]
    details: Mapped[dict[str, Any] | None]


class Silence(Base):
    """Alerts of a hotel that are not shown while it lasts: of a type, a floor, an entity; it always ends.

    ``weekdays`` (ISO, 1 is Monday) and the minutes of the hotel-local day make it recur; ``until_minute`` before
    ``from_minute`` goes over midnight.
    """

    __tablename__ = "alert_silences"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    alert_type: Mapped[str | None] = mapped_column(String(64))
    floor_id: Mapped[int | None] = mapped_column(ForeignKey("floors.id", ondelete="CASCADE"))
    entity_type: Mapped[str | None] = mapped_column(String(64))
    entity_id: Mapped[int | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    weekdays: Mapped[list[Any] | None]
    from_minute: Mapped[int | None]
    until_minute: Mapped[int | None]
    reason: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[Now]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


class AlertAction(Base):
    """One command of a person over many alerts, which can be undone."""

    __tablename__ = "alert_actions"
    id: Mapped[Key]
    kind: Mapped[Code]
    actor: Mapped[str]
    done_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class AlertActionRow(Base):
    """What an alert was before the command; undone only if nobody changed it since."""

    __tablename__ = "alert_action_rows"
    __table_args__ = (PrimaryKeyConstraint("action_id", "alert_id"),)
    action_id: Mapped[int] = mapped_column(ForeignKey("alert_actions.id", ondelete="CASCADE"))
    alert_id: Mapped[int] = mapped_column(ForeignKey("ml_alerts.id", ondelete="CASCADE"), index=True)
    before: Mapped[dict[str, Any]]
    version_after: Mapped[int]

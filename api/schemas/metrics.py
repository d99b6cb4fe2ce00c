"""Metric types, their stored values, and points of a hotel's own series."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Id, Instant, Words
from db.queries.metric_values import Wanted


class MetricType(Answer):
    """One entry of the registry."""

    name: str = Field(examples=["tuketim_miktar"])
    title: str = Field(description="in the caller's language", examples=["Consumption"])
    entity_type: str = Field(examples=["minibar_slot"])
    unit: str
    cadence_minutes: int | None = Field(description="null: an interval closes with an event")
    effect_gate_ratio: float
    alert_type: str = Field(examples=["tuketim_anomali"])
    actions: list[str]


class MetricTypes(Answer):
    items: list[MetricType]


class Point(Asked):
    metric: Words = Field(min_length=1, max_length=64, examples=["fridge_temperature"])
    entity: Words = Field("", max_length=128, examples=["room 305"])
    occurred_at: Instant = Field(examples=["2026-03-02T05:00:00Z"])
    value: float = Field(examples=[4.6])
    unit: Words | None = Field(None, max_length=32, examples=["°C"])


class Points(Asked):
    hotel_id: HotelNumber
    points: list[Point] = Field(min_length=1, max_length=5_000)


class Stored(Answer):
    """What posting did; the same points again change nothing."""

    inserted: int
    updated: int
    unchanged: int


class AskedValues(Asked):
    """Values of one metric type whose intervals ended in a span of time."""

    hotel_id: HotelNumber
    metric_type: Words = Field(examples=["tuketim_miktar"])
    since: Instant = Field(examples=["2026-03-01T00:00:00Z"])
    until: Instant = Field(description="not in it any more", examples=["2026-03-02T00:00:00Z"])
    entity_id: Id | None = Field(None, description="all when left out")
    limit: int = Field(100, ge=1, le=1_000)
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of the page before")

    def wanted(self) -> Wanted:
        return Wanted(self.hotel_id, self.metric_type, self.since, self.until, self.entity_id)


class MetricValue(Answer):
    """One observed interval; an interval that nobody observed has no row, which is not zero."""

    entity_type: str = Field(examples=["minibar_slot"])
    entity_id: int
    interval_start: datetime
    timestamp: datetime = Field(description="the end of the interval")
    value: float | None
    exposure: float | None = Field(description="guest-nights, days … that the value is proportional to")
    extra: dict[str, Any] | None = Field(examples=[{"occupancy": "occupied"}])

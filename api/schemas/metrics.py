"""Metric types, and points of a hotel's own series."""

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Instant, Words


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

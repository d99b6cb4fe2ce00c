"""Silences, and what verdicts keep silent."""

from datetime import datetime

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Id, Instant, Note, Words


class NewSilence(Asked):
    """What it names is not shown until it ends; null means any."""

    hotel_id: HotelNumber
    starts_at: Instant = Field(examples=["2026-03-02T05:00:00Z"])
    ends_at: Instant = Field(examples=["2026-03-09T05:00:00Z"])
    reason: Note = Field(examples=["Kat 3 yenileniyor."])
    alert_type: Words | None = None
    floor_id: Id | None = None
    room_id: Id | None = None
    product_id: Id | None = None
    weekdays: list[int] = Field(default=[], max_length=7, description="ISO numbers, 1 Monday", examples=[[6, 7]])
    from_minute: int | None = Field(None, description="of the hotel-local day", examples=[1320])
    until_minute: int | None = Field(None, examples=[360])


class Silence(Answer):
    id: int
    hotel_id: int
    hotel_name: str
    alert_type: str | None
    floor: str | None
    room: str | None
    product: str | None
    starts_at: datetime
    ends_at: datetime
    weekdays: list[int] | None
    from_minute: int | None
    until_minute: int | None
    reason: str
    created_by: str
    lifted_at: datetime | None
    lifted_by: str | None
    hidden: int = Field(description="alerts that it hides")


class Suppression(Answer):
    """A situation that a verdict keeps silent."""

    alert_id: int
    hotel_id: int
    hotel_name: str
    alert_type: str
    entity_type: str
    entity_id: int
    room: str | None
    product: str | None
    staff: str | None
    deviation_ratio: float | None
    verdict: str
    verdict_by: str
    verdict_at: datetime
    verdict_note: str | None
    until_at: datetime

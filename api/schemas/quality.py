"""Quality figures and sources."""

from datetime import datetime

from pydantic import Field

from api.schemas.base import Answer


class Goal(Answer):
    limit: float
    at_least: bool
    unit: str = Field(examples=["ratio"])


class Kpi(Answer):
    """One figure, of one metric type or ('') of all; null and ``unknown`` where nothing was there to count."""

    name: str = Field(examples=["coverage"])
    metric_type: str
    value: float | None
    sample: int
    measured_at: datetime
    interval: tuple[float, float] | None
    goal: Goal
    state: str = Field(examples=["met"], description="met, missed, unknown")


class Kpis(Answer):
    items: list[Kpi]


class Source(Answer):
    """One source over the days asked for."""

    source: str = Field(examples=["stock"])
    rows: int
    missing: int
    cells: int
    duplicates: int
    days: int
    entities: int
    entities_known: int
    last_at: datetime | None
    recorded_at: datetime | None


class Unknown(Answer):
    """Alerts that cannot be raised, nor ruled out, because of what is missing in a source."""

    source: str
    metric_type: str
    alert_types: list[str]
    reason: str
    days: int | None
    of_days: int | None
    rooms: int | None
    of_rooms: int | None


class Sources(Answer):
    days: int
    sources: list[Source]
    unknowns: list[Unknown]

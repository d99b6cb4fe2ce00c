"""How much memory the processes hold."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas.base import Answer

Period = Literal["1h", "24h", "7d", "30d"]
Level = Literal["normal", "warn", "recycle", "refuse"]


class Process(Answer):
    """``growth_bytes`` since ``first_at``, a day ago or its begin; ``is_seen``: it told of itself lately."""

    service: str = Field(examples=["dashboard"])
    process_id: int
    host: str
    seen_at: datetime
    is_seen: bool
    rss_bytes: int
    uss_bytes: int | None = Field(description="what would become free if it ended")
    limit_bytes: int | None
    used_ratio: float = Field(description="of the nearest limit", examples=[0.42])
    level: Level
    peak_bytes: int
    first_at: datetime
    growth_bytes: int


class Processes(Answer):
    items: list[Process]


class Moment(Answer):
    """The most of a step."""

    at: datetime
    service: str
    rss_bytes: float | None
    uss_bytes: float | None


class Course(Answer):
    items: list[Moment]


class Event(Answer):
    """The level changed, or memory was given back."""

    at: datetime
    service: str
    process_id: int
    before: Level
    level: Level
    used_ratio: float
    rss_bytes: int
    given_back_bytes: int | None


class Events(Answer):
    items: list[Event]

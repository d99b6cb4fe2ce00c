"""The cache of read answers: how often it answers, its keys, and what is done with them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Answer, Asked, Words

Period = Literal["1h", "24h", "7d", "30d"]
Namespace = Literal["reports", "forecasts", "quality", "models"]
KeyName = Annotated[Words, Field(examples=["barometer:cache:reports:0c4e2b527a41"])]


class Reads(Answer):
    """How reads were answered; ``hit_ratio``: the share that cost the database nothing, null without reads."""

    reads: int
    hits: int
    stale: int = Field(description="kept answers given once more while they were made anew")
    shared: int = Field(description="waited for another caller's fill")
    misses: int
    degraded: int = Field(description="from the database, since Redis was slow or away")
    hit_ratio: float | None = Field(examples=[0.9])


class NamespaceReads(Reads):
    namespace: Namespace


class Stats(Answer):
    total: Reads
    items: list[NamespaceReads]
    measured_since: datetime | None


class Moment(Answer):
    """One namespace in one step of the period in which something was read."""

    at: datetime
    namespace: Namespace
    reads: int
    hit_ratio: float | None = Field(examples=[0.9])


class Course(Answer):
    items: list[Moment]


class Key(Answer):
    """``what``: the read that it answers; null for what this version cannot read."""

    name: str = Field(description="what cannot be shown is escaped", examples=["barometer:cache:reports:0c4e2b527a41"])
    namespace: str = Field(examples=["reports"])
    bytes: int
    ttl_seconds: float | None
    what: str | None = Field(examples=["/api/reports/stock?hotel_id=1 tr"])
    made_at: datetime | None


class Keys(Answer):
    """The largest first."""

    items: list[Key]
    bytes: int
    is_complete: bool


class Entry(Answer):
    """``body``: the JSON that is kept, as text."""

    key: Key
    fresh_until: datetime
    fill_seconds: float
    body: str


class AskedKey(Asked):
    key: KeyName


class AskedNamespace(Asked):
    namespace: Namespace = Field(examples=["reports"])


class Deleted(Answer):
    """How many keys are gone."""

    deleted: int

"""The Redis server: how it is, what it holds, how it was."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas.base import Answer

Period = Literal["1h", "24h", "7d", "14d"]
Ago = Literal["1h", "24h", "7d"]


class Figures(Answer):
    """What the server says of itself; counters are since its start."""

    product: str = Field(examples=["Valkey"])
    version: str = Field(examples=["9.1.2"])
    role: str = Field(examples=["master"])
    uptime_seconds: int
    used_bytes: int
    peak_bytes: int
    limit_bytes: int | None = Field(description="maxmemory; null when it is not set")
    used_ratio: float | None = Field(description="of the limit", examples=[0.25])
    machine_bytes: int | None
    policy: str | None = Field(examples=["allkeys-lru"])
    fragmentation_ratio: float | None
    keys: int
    keys_without_ttl: int
    databases: dict[str, int]
    hits: int
    misses: int
    hit_ratio: float | None = Field(description="null when nothing was looked up", examples=[0.93])
    evicted: int
    expired: int
    commands_per_second: int
    clients: int
    blocked_clients: int
    most_clients: int | None
    rejected_connections: int


class Forecast(Answer):
    """When memory reaches the limit; the last two are known of ``growing`` alone."""

    verdict: Literal["no_limit", "at_limit", "too_short", "steady", "growing"]
    bytes_per_day: float | None
    full_at: datetime | None


class Status(Answer):
    """``figures`` and what follows are null while the server is down."""

    state: Literal["up", "slow", "refusing", "down"]
    reason: str | None = Field(examples=["timeout"])
    since: datetime | None
    last_answer_at: datetime | None
    answer_seconds: float | None
    looked_with_reader: bool = Field(description="the account that looked could change nothing")
    figures: Figures | None
    hit_ratio_lately: float | None = Field(description="of about the last hour", examples=[0.9])
    forecast: Forecast | None


class Pattern(Answer):
    """Keys of one kind among those looked at."""

    pattern: str = Field(examples=["barometer:denied:*"])
    keys: int
    bytes: int
    without_ttl: int


class Keys(Answer):
    """``patterns``: the heaviest first; ``lasting``: some keys that live until somebody deletes them."""

    looked_at: int
    total: int
    is_complete: bool
    without_ttl: int
    patterns: list[Pattern]
    lasting: list[str]


class SlowCommand(Answer):
    """Name and first key; never a value."""

    id: int
    started_at: float = Field(description="seconds since 1970 by the server's clock")
    seconds: float
    command: str = Field(examples=["SET barometer:cache:x …"])
    client: str


class SlowCommands(Answer):
    items: list[SlowCommand]


class Client(Answer):
    """One connection."""

    name: str
    address: str = Field(examples=["127.0.0.1:42506"])
    user: str = Field(examples=["default"])
    age_seconds: int
    idle_seconds: int
    last_command: str = Field(examples=["get"])
    bytes: int


class Clients(Answer):
    items: list[Client]


class Moment(Answer):
    """One step; figures are null where the server did not answer or nobody looked."""

    at: datetime
    used_bytes: float | None
    limit_bytes: float | None
    keys: float | None
    was_down: bool | None = Field(description="null where nobody looked")


class Course(Answer):
    items: list[Moment]


class Change(Answer):
    """One pattern at two times."""

    pattern: str = Field(examples=["barometer:denied:*"])
    keys_before: int
    keys_now: int
    bytes_before: int
    bytes_now: int


class Comparison(Answer):
    """``before`` is null when no snapshot is that old; ``restarted``: counters began anew in between."""

    before_at: datetime | None
    oldest_at: datetime | None
    before: Figures | None
    now: Figures | None
    restarted: bool
    patterns: list[Change]

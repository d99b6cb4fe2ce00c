"""Profiles: what processes spend their time and memory on."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Words

Target = Literal["dashboard", "api", "scheduler", "job"]
Kind = Literal["time", "memory"]
By = Literal["cpu", "elapsed"]


class NewProfile(Asked):
    """Of a job its next run is measured; with ``hotel_id`` a run of it there is asked for at once."""

    target: Target = Field(examples=["api"])
    seconds: int = Field(ge=10, le=300, examples=[30])
    kind: Kind = "time"
    job_name: Words | None = Field(None, examples=[None])
    hotel_id: HotelNumber | None = Field(None, examples=[None])


class Started(Answer):
    id: int


class Usage(Answer):
    """One look; ``cpu_ratio`` of one core since the look before, bytes of disks since then too."""

    seconds: float
    cpu_ratio: float
    rss_bytes: int
    read_bytes: int | None
    written_bytes: int | None
    threads: int


class Profile(Answer):
    """``overhead_ratio``: of one core, what measuring itself took; ``usage``: one look a second, so far."""

    id: int
    target: Target
    job_name: str | None
    kind: Kind
    seconds: int
    state: Literal["requested", "running", "done", "failed"]
    error_code: str | None = Field(examples=["no_answer"])
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    process_id: int | None
    host: str | None
    version: str | None
    overhead_ratio: float | None
    usage: list[Usage] | None


class Profiles(Answer):
    items: list[Profile]


class Function(Answer):
    """``self_seconds`` in itself, ``total_seconds`` with what it called; ``calls``: at least so many."""

    name: str = Field(examples=["AlertService.board"])
    file: str = Field(examples=["pipeline/alerts/service.py"])
    line: int
    calls: int
    self_seconds: float
    total_seconds: float


class GrownLine(Answer):
    """A line of code that holds more than before; suspected when it grew in both halves of the time."""

    file: str
    line: int
    bytes: int
    grown_bytes: int
    grown_blocks: int
    first_bytes: int
    second_bytes: int
    is_suspect: bool


class Found(Answer):
    """A profile that has ended: ``functions`` of time, ``lines`` of memory."""

    profile: Profile
    elapsed_seconds: float | None
    functions: list[Function]
    lines: list[GrownLine]


class Change(Answer):
    """Shares of the own time in two profiles."""

    name: str
    file: str
    before_ratio: float
    after_ratio: float


class Changes(Answer):
    items: list[Change]


class Exported(Answer):
    """All that is kept: frames, and stacks as [[frame, …], elapsed seconds, processor seconds, samples]."""

    profile: Profile
    result: dict[str, Any] | None


class Speedscope(Answer):
    """speedscope's own file format: frames are shared, a sample is a list of their places, a weight its seconds."""

    format: str = Field(alias="$schema", serialization_alias="$schema")
    shared: dict[str, Any]
    profiles: list[dict[str, Any]]
    name: str
    active_profile: int = Field(alias="activeProfileIndex", serialization_alias="activeProfileIndex")
    exporter: str

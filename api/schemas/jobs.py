"""Job runs and requests."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Instant
from operations.jobs.definitions import JOB_NAMES

JobName = Literal[JOB_NAMES]  # type: ignore[valid-type]


class Run(Answer):
    """One run of one job in one hotel."""

    id: int
    job_name: str
    hotel_id: int | None
    trigger: str = Field(examples=["schedule"])
    requested_by: str | None
    state: Literal["running", "succeeded", "failed", "timed_out", "lost", "cancelled"]
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    progress_ratio: float | None
    progress_note: str | None
    rows_in: int | None
    rows_out: int | None
    error_code: str | None


class OneRun(Run):
    """A run with its result and, where it failed, what it said."""

    arguments: dict[str, Any] | None
    timeout_seconds: int | None
    process_id: int | None
    host: str | None
    result: dict[str, Any] | None
    error_text: str | None


class Request(Answer):
    """Work that was asked for."""

    id: int
    job_name: str
    hotel_id: int | None = Field(description="null: work of the installation, such as backups")
    requested_by: str
    requested_at: datetime
    state: str = Field(examples=["pending"])
    run_id: int | None


class JobState(Answer):
    """How far a job is in a hotel; ``is_served``: the sidecar, which runs jobs, has shown a sign of life lately."""

    request: Request | None
    running: Run | None
    last: Run | None
    is_served: bool


class Runs(Answer):
    items: list[Run]


class AskedRun(Asked):
    job: JobName = Field(examples=["collect"])
    hotel_id: HotelNumber | None = Field(None, examples=[1], description="every hotel of the caller's when left out")
    at: Instant | None = Field(None, description="as of when; now when left out")


class RequestIds(Answer):
    """One request a hotel."""

    request_ids: list[int]
